/** The rows of connections of Unix sockets: to accept one, to make one. */

import { randomInt } from 'node:crypto';

import { unix } from 'posix-ipc';
import {
  accept4,
  AF_UNIX,
  bind,
  connect,
  getsockname,
  listen,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_un,
  socket,
} from 'posix-ipc/syscalls';
import { closeSync } from 'node:fs';

import { socketId } from '../support/descriptor-info';
import { descriptorsOf, hold } from './held';
import { operationOf, type Kind } from './operation-of';
import { pending } from './socket-contents';
import type { WaitingOperation } from './waiting-operation';

function nameOf(number: number): string {
  return `posix-ipc-lifecycle-${String(number)}`;
}

function newSocket(type: number): number {
  return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

function listening(type: number, backlog: number): { name: string; fd: number } {
  const [name, fd] = [nameOf(randomInt(2 ** 47)), newSocket(type)];
  bind(fd, sockaddr_un(`\0${name}`));
  listen(fd, backlog);
  return { name, fd };
}

/** The abstract name of a socket, without its null byte. */
function nameOfSocket(fd: number): string {
  const address = Buffer.alloc(110);
  return address.toString('latin1', 3, getsockname(fd, address));
}

/** Connects, and goes away: the connection waits to be accepted all the same. */
function visit(type: number, name: string): void {
  const fd = newSocket(type);
  connect(fd, sockaddr_un(`\0${name}`));
  closeSync(fd);
}

// ---- accept

/** A wait until somebody connects. */
function accepting<S extends { close(): void; unref(): unknown }>(
  type: number,
  open: (fd: number) => S,
): Kind<S> {
  return {
    gives: false,
    contents: { untouched: ['0 pending'], unserved: ['1 pending'], served: ['0 pending'] },
    create: () => {
      const { fd } = listening(type, 5);
      const id = socketId(fd);
      hold(id, [fd]);
      return id;
    },
    open: (id) => open(descriptorsOf(id)[0]),
    satisfy: (id) => {
      visit(type, nameOfSocket(descriptorsOf(id)[0]));
    },
    contentsOf: (id) => pending(nameOfSocket(descriptorsOf(id)[0])),
  };
}

const copy = { own: false };
const seqpackets = accepting(SOCK_SEQPACKET, (fd) => unix.SeqPacketServer.fromFdSync(fd, copy));
const streams = accepting(SOCK_STREAM, (fd) => unix.StreamServer.fromFdSync(fd, copy));

// ---- connect

/** What connects has no object. */
class Nobody {
  close(): void {
    // Nothing is open.
  }

  unref(): this {
    return this;
  }
}

/** A wait until one of those who wait to be accepted is. */
function connecting(type: number): Kind<Nobody> {
  const full = ['1 pending'];
  return {
    gives: true,
    contents: { untouched: full, unserved: ['0 pending'], served: full },
    call: 'connect',
    syncCall: 'connect',
    create: () => {
      const { name, fd } = listening(type, 0);
      const id = Number(name.split('-').at(-1));
      hold(id, [fd]);
      visit(type, name);
      return id;
    },
    open: () => new Nobody(),
    satisfy: (id) => {
      closeSync(accept4(descriptorsOf(id)[0], SOCK_CLOEXEC));
    },
    contentsOf: (id) => pending(nameOf(id)),
  };
}

const toSeqpackets = connecting(SOCK_SEQPACKET);
const toStreams = connecting(SOCK_STREAM);

export const unixConnection: readonly WaitingOperation[] = [
  operationOf(seqpackets, {
    name: 'SeqPacketServer.accept',
    wait: async (server, limits) => {
      (await server.accept(limits)).close();
    },
  }),
  operationOf(seqpackets, {
    name: 'SeqPacketServer iteration',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: (server, limits) => server.connections(limits).next(),
  }),
  operationOf(streams, {
    name: 'StreamServer.accept',
    variant: true,
    wait: async (server, limits) => {
      (await server.accept(limits)).close();
    },
  }),
  operationOf(toSeqpackets, {
    name: 'SeqPacket.connect',
    belongsToNothing: true,
    wait: async (_nobody, limits, id) => {
      (await unix.SeqPacket.connect(`\0${nameOf(id)}`, limits)).close();
    },
  }),
  operationOf(toStreams, {
    name: 'Stream.connect',
    variant: true,
    belongsToNothing: true,
    wait: async (_nobody, limits, id) => {
      (await unix.Stream.connect(`\0${nameOf(id)}`, limits)).close();
    },
  }),
  operationOf(seqpackets, {
    name: 'SeqPacketServer.acceptSync',
    form: 'sync',
    variant: true,
    wait: (server, limits) => {
      server.acceptSync(limits).close();
    },
  }),
  operationOf(toSeqpackets, {
    name: 'SeqPacket.connectSync',
    variant: true,
    form: 'sync',
    belongsToNothing: true,
    wait: (_nobody, limits, id) => {
      unix.SeqPacket.connectSync(`\0${nameOf(id)}`, limits).close();
    },
  }),
];
