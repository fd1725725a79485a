/** Rows of messages: after shutdown(2), to and from addresses, and the room that they need. */

import { unix } from 'posix-ipc';
import {
  MSG_DONTWAIT,
  recvmsg,
  sendmsg,
  setsockopt,
  SHUT_RD,
  SHUT_WR,
  shutdown,
  SO_SNDBUF,
  sockaddr_un,
  SOL_SOCKET,
  type Msghdr,
} from 'posix-ipc/syscalls';

import { abstractName, closing, socketPath } from '../support/sockets';
import { closeNow } from './descriptors';
import { orEagain, resultsOf } from './result';
import { absent, different, own, type Column, type Row } from './row';
import { next, onPair } from './socket-pairs';
import {
  bound,
  fill,
  listening,
  newSocket,
  nextWord,
  pairOf,
  post,
  type Kind,
  type MessageSocket,
} from './sockets';

// ---- shutdown

const shutdowns: Row[] = [
  onPair(
    ['message-shut-write', 'after SHUT_WR', 'EPIPE end'],
    {},
    (one, other) => {
      shutdown(one, SHUT_WR);
      return resultsOf(
        () => post(one, 'x'),
        () => nextWord(other),
      );
    },
    async (one, other) => {
      await one.shutdown('write');
      return resultsOf(
        () => one.send('x'),
        () => next(other),
      );
    },
  ),
  onPair(
    ['message-shut-read', 'after SHUT_RD of the peer', 'EPIPE end'],
    {},
    (one, other) => {
      shutdown(other, SHUT_RD);
      return resultsOf(
        () => post(one, 'x'),
        () => nextWord(other),
      );
    },
    async (one, other) => {
      await other.shutdown('read');
      return resultsOf(
        () => one.send('x'),
        () => next(other),
      );
    },
  ),
  onPair(
    ['message-after-shutdown', 'what was sent before comes', 'before end'],
    { kind: 'stream' },
    (one, other) => {
      post(one, 'before');
      shutdown(one, SHUT_WR);
      return resultsOf(
        () => nextWord(other),
        () => nextWord(other),
      );
    },
    async (one, other) => {
      await one.send('before');
      await one.shutdown('write');
      return resultsOf(
        () => next(other),
        () => next(other),
      );
    },
  ),
  onPair(
    ['message-shut-other-way', 'the other direction stays open', 'back'],
    { kind: 'stream' },
    (one, other) => {
      shutdown(one, SHUT_WR);
      post(other, 'back');
      return nextWord(one);
    },
    async (one, other) => {
      await one.shutdown('write');
      await other.send('back');
      return next(one);
    },
  ),
  onPair(
    ['message-shut-wrong', 'a direction that there is not', 'EINVAL'],
    { kind: 'stream' },
    (one) => {
      shutdown(one, 3);
    },
    different('ERR_OUT_OF_RANGE', 'arguments are checked before the call', () =>
      pairOf('stream')[0].shutdown('sideways' as never),
    ),
  ),
];

// ---- who is not connected, and addresses

function datagram(address?: string): unix.Datagram {
  return closing(unix.Datagram.createSync(address));
}

const alwaysConnected = absent('an object is connected');

function unconnected(c: string, what: string, kind: Kind, promise: Column): Row {
  return own(c, what, 'ENOTCONN', () => post(newSocket(kind), 'x'), promise);
}

function sendTo(fd: number, address: string): number {
  return sendmsg(fd, { msg_name: sockaddr_un(address), msg_iov: [Buffer.from('x')] }, 0);
}

/** A datagram to an address, when something has been done to it. */
function toAddress(
  c: string,
  what: string,
  expected: string,
  address: () => string,
  before: (address: string) => unknown = () => undefined,
): Row {
  const made = (): string => {
    const name = address();
    before(name);
    return name;
  };
  return own(
    c,
    what,
    expected,
    () => sendTo(newSocket('datagram'), made()),
    () => datagram().sendTo(made(), 'x'),
  );
}

/** The name that a datagram comes from, in bytes, and as the class says it. */
function senderOf(receiver: number): Buffer {
  const [name, text] = [Buffer.alloc(110), Buffer.alloc(8)];
  const msg: Msghdr = { msg_name: name, msg_iov: [text] };
  recvmsg(receiver, msg, 0);
  return name.subarray(0, msg.msg_namelen);
}

const addresses: Row[] = [
  unconnected('message-unconnected-datagram', 'a datagram to nobody', 'datagram', () =>
    datagram().send('x'),
  ),
  unconnected(
    'message-unconnected-packet',
    'a packet, not connected',
    'seqpacket',
    alwaysConnected,
  ),
  unconnected('message-unconnected-stream', 'bytes, not connected', 'stream', alwaysConnected),
  own(
    'message-unconnected-receive',
    'receiving, not connected',
    'ENOTCONN',
    () => nextWord(newSocket('seqpacket')),
    alwaysConnected,
  ),
  own(
    'message-to-address',
    'a datagram to an address',
    'x',
    () => {
      const name = abstractName();
      const receiver = bound('datagram', name);
      sendTo(newSocket('datagram'), name);
      return nextWord(receiver);
    },
    async () => {
      const receiver = datagram(abstractName());
      await datagram().sendTo(receiver.address as string, 'x');
      return next(receiver);
    },
  ),
  toAddress('message-to-absent', 'to a path of nothing', 'ENOENT', socketPath),
  toAddress(
    'message-to-abstract-absent',
    'to an abstract name of nobody',
    'ECONNREFUSED',
    abstractName,
  ),
  toAddress('message-to-stale', 'to who has closed', 'ECONNREFUSED', socketPath, (path) => {
    closeNow(bound('datagram', path));
  }),
  toAddress('message-to-stream', 'to a stream socket', 'EPROTOTYPE', socketPath, (path) =>
    listening('stream', path),
  ),
  toAddress('message-to-taken', 'to who has another peer', 'EPERM', abstractName, (name) => {
    datagram(name).connectSync(boundName());
  }),
  own(
    'message-from',
    'who has sent it, exactly',
    'same',
    () => {
      const [to, from] = [abstractName(), abstractName()];
      const receiver = bound('datagram', to);
      sendTo(bound('datagram', from), to);
      return senderOf(receiver).equals(sockaddr_un(from)) ? 'same' : 'different';
    },
    async () => {
      const receiver = datagram(abstractName());
      const sender = datagram(abstractName());
      await sender.sendTo(receiver.address as string, 'x');
      return (await receiver.receive())?.from === sender.address ? 'same' : 'different';
    },
  ),
  own(
    'message-from-nobody',
    'who has sent it has no name',
    '0 bytes',
    () => {
      const name = abstractName();
      const receiver = bound('datagram', name);
      sendTo(newSocket('datagram'), name);
      return `${String(senderOf(receiver).length)} bytes`;
    },
    async () => {
      const receiver = datagram(abstractName());
      await datagram().sendTo(receiver.address as string, 'x');
      const { from = '' } = (await receiver.receive()) ?? {};
      return `${String(from.length)} bytes`;
    },
  ),
];

function boundName(): string {
  const name = abstractName();
  bound('datagram', name);
  return name;
}

// ---- room

const large = Buffer.alloc(65_536);

function tooLong(c: string, what: string, kind: 'datagram' | 'seqpacket'): Row {
  return onPair(
    [c, what, 'EMSGSIZE'],
    { kind },
    (one) => {
      setsockopt(one, SOL_SOCKET, SO_SNDBUF, 4096);
      return sendmsg(one, { msg_iov: [large] }, MSG_DONTWAIT);
    },
    (one) => {
      (one as MessageSocket).sendBuffer = 4096;
      return one.send(large);
    },
  );
}

function full(c: string, what: string, kind: 'datagram' | 'seqpacket'): Row {
  const message = Buffer.alloc(4096);
  return onPair(
    [c, what, 'EAGAIN'],
    { kind },
    (one) => {
      fill(one);
      return sendmsg(one, { msg_iov: [message] }, MSG_DONTWAIT);
    },
    (one) => {
      fill(one.fd);
      return orEagain((one as MessageSocket).trySend(message));
    },
  );
}

const room: Row[] = [
  tooLong('message-too-long', 'a datagram that the buffer never holds', 'datagram'),
  tooLong('message-packet-too-long', 'a packet that it never holds', 'seqpacket'),
  full('message-full-datagram', 'no room for a datagram, without waiting', 'datagram'),
  full('message-full-packet', 'no room for a packet, without waiting', 'seqpacket'),
];

export const messageRows: Row[] = [...shutdowns, ...addresses, ...room];
