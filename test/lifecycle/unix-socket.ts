/** The rows of messages and bytes of Unix sockets: pairs, and datagrams to an address. */

import { randomInt } from 'node:crypto';

import { unix } from 'posix-ipc';
import {
  AF_UNIX,
  bind,
  setsockopt,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_un,
  socket,
  socketpair,
  SOL_SOCKET,
} from 'posix-ipc/syscalls';

import { socketId } from '../support/descriptor-info';
import { descriptorsOf, hold } from './held';
import { operationOf, type Kind } from './operation-of';
import { contentsOf, drain, fill, put } from './socket-contents';
import type { WaitingOperation } from './waiting-operation';

interface Pair<S> {
  type: number;
  open: (fd: number) => S;
}

const copy = { own: false };
const seqpacket: Pair<unix.SeqPacket> = {
  type: SOCK_SEQPACKET,
  open: (fd) => unix.SeqPacket.fromFdSync(fd, copy),
};
const datagram: Pair<unix.Datagram> = {
  type: SOCK_DGRAM,
  open: (fd) => unix.Datagram.fromFdSync(fd, copy),
};
const stream: Pair<unix.Stream> = {
  type: SOCK_STREAM,
  open: (fd) => unix.Stream.fromFdSync(fd, copy),
};

/** Two sockets that are held; the first one is waited with. */
function newPair(type: number): number {
  const [one, other] = socketpair(AF_UNIX, type | SOCK_CLOEXEC);
  setsockopt(one, SOL_SOCKET, SO_SNDBUF, 4096); // it is soon full
  const id = socketId(one);
  hold(id, [one, other]);
  return id;
}

type AnySocket = unix.SeqPacket | unix.Datagram | unix.Stream;

/** A wait until something comes. */
function receiving<S extends AnySocket>({ type, open }: Pair<S>): Kind<S> {
  return {
    gives: false,
    contents: { untouched: [], unserved: ['x'], served: [] },
    create: () => newPair(type),
    open: (id) => open(descriptorsOf(id)[0]),
    satisfy: (id) => {
      put(descriptorsOf(id)[1], 'x');
    },
    contentsOf: (id) => contentsOf(descriptorsOf(id)[0]),
  };
}

/** A wait until there is room; the peer takes all at once, because few bytes wake nobody. */
function sending<S extends AnySocket>({ type, open }: Pair<S>): Kind<S> {
  return {
    gives: true,
    contents: { untouched: ['full'], unserved: [], served: ['x'] },
    create: () => {
      const id = newPair(type);
      fill(descriptorsOf(id)[0]);
      return id;
    },
    open: (id) => open(descriptorsOf(id)[0]),
    satisfy: (id) => {
      drain(descriptorsOf(id)[1]);
    },
    contentsOf: (id) => contentsOf(descriptorsOf(id)[1]),
  };
}

function addressOf(id: number): string {
  return `\0posix-ipc-lifecycle-${String(id)}`;
}

/** The same, where the room is that of a receiver which the sender is not connected to. */
const sendingTo: Kind<unix.Datagram> = {
  ...sending(datagram),
  call: 'epoll_any', // a second socket is watched
  create: () => {
    const id = randomInt(2 ** 47);
    const address = sockaddr_un(addressOf(id));
    const [receiver, sender] = [0, 0].map(() => socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC)) as [
      number,
      number,
    ];
    bind(receiver, address);
    fill(sender, address);
    hold(id, [sender, receiver]);
    return id;
  },
  open: () => unix.Datagram.createSync(),
};

const ended = { value: undefined, done: true };
const kinds = {
  'seqpacket receive': receiving(seqpacket),
  'seqpacket send': sending(seqpacket),
  'datagram receive': receiving(datagram),
  'datagram send': sending(datagram),
  'stream receive': receiving(stream),
  'stream send': sending(stream),
};

export const unixSocket: readonly WaitingOperation[] = [
  operationOf(kinds['seqpacket receive'], {
    name: 'SeqPacket.receive',
    wait: (one, limits) => one.receive(limits),
  }),
  operationOf(kinds['seqpacket receive'], {
    name: 'SeqPacket.receiveInto',
    variant: true,
    wait: (one, limits) => one.receiveInto(Buffer.alloc(8), limits),
  }),
  operationOf(kinds['seqpacket receive'], {
    name: 'SeqPacket iteration',
    variant: true,
    closedValue: ended,
    wait: (one, limits) => one.messages(limits).next(),
  }),
  operationOf(kinds['seqpacket send'], {
    name: 'SeqPacket.send',
    variant: true,
    wait: (one, limits) => one.send('x', limits),
  }),
  operationOf(kinds['datagram receive'], {
    name: 'Datagram.receive',
    variant: true,
    wait: (one, limits) => one.receive(limits),
  }),
  operationOf(kinds['datagram send'], {
    name: 'Datagram.send',
    variant: true,
    wait: (one, limits) => one.send('x', limits),
  }),
  operationOf(kinds['stream receive'], {
    name: 'Stream.receive',
    variant: true,
    wait: (one, limits) => one.receive(limits),
  }),
  operationOf(kinds['stream send'], {
    name: 'Stream.send',
    variant: true,
    wait: (one, limits) => one.send('x', limits),
  }),
  operationOf(sendingTo, {
    name: 'Datagram.sendTo',
    wait: (one, limits, id) => one.sendTo(addressOf(id), 'x', limits),
  }),
  operationOf(kinds['seqpacket receive'], {
    name: 'SeqPacket.receiveSync',
    form: 'sync',
    variant: true,
    wait: (one, limits) => one.receiveSync(limits),
  }),
  operationOf(kinds['seqpacket send'], {
    name: 'SeqPacket.sendSync',
    form: 'sync',
    variant: true,
    wait: (one, limits) => {
      one.sendSync('x', limits);
    },
  }),
  operationOf(kinds['stream send'], {
    name: 'Stream.sendSync',
    form: 'sync',
    variant: true,
    wait: (one, limits) => one.sendSync('x', limits),
  }),
  operationOf(sendingTo, {
    name: 'Datagram.sendToSync',
    form: 'sync',
    variant: true,
    wait: (one, limits, id) => {
      one.sendToSync(addressOf(id), 'x', limits);
    },
  }),
];
