/** Rows of messages: their boundaries, empty ones, and the end. */

import type { unix } from 'posix-ipc';
import { MSG_PEEK, MSG_TRUNC, recvmsg, sendmsg, type Msghdr } from 'posix-ipc/syscalls';

import { closeNow } from './descriptors';
import { resultsOf } from './result';
import { absent, different, type Row } from './row';
import { next, nextNow, now, onPair } from './socket-pairs';
import { letterFrom, nextWord, pairOf, post, type AnySocket, type Kind } from './sockets';

/** How long a message is; nothing is taken for the end. */
function lengthOf(message: unix.Message | null): string | number {
  return message === null ? 'end' : message.data.length;
}

function sendTwo(c: string, what: string, expected: string, kind: Kind): Row {
  return onPair(
    [c, what, expected],
    { kind },
    (one, other) => {
      for (const text of ['one', 'two']) post(one, text);
      return resultsOf(
        () => nextWord(other),
        () => now(other),
      );
    },
    async (one, other) => {
      for (const text of ['one', 'two']) await one.send(text);
      return resultsOf(
        () => next(other),
        () => nextNow(other),
      );
    },
  );
}

function cutText(text: Buffer, length: number, isCut: boolean): string {
  return `${String(text)} of ${String(length)}, ${isCut ? 'cut' : 'whole'}`;
}

/** What two bytes of room hold of a message. */
function into(fd: number): string {
  const text = Buffer.alloc(2);
  const msg: Msghdr = { msg_iov: [text] };
  const length = recvmsg(fd, msg, MSG_TRUNC);
  return cutText(text, length, ((msg.msg_flags ?? 0) & MSG_TRUNC) !== 0);
}

async function intoByClass(socket: AnySocket): Promise<string> {
  const text = Buffer.alloc(2);
  const { fullLength = -1, truncated = false } = (await socket.receiveInto(text)) ?? {};
  return cutText(text, fullLength, truncated);
}

function cut(c: string, what: string, kind: Kind): Row {
  return onPair(
    [c, what, 'he of 5, cut, then two'],
    { kind },
    (one, other) => {
      for (const text of ['hello', 'two']) post(one, text);
      return `${into(other)}, then ${nextWord(other)}`;
    },
    async (one, other) => {
      for (const text of ['hello', 'two']) await one.send(text);
      return `${await intoByClass(other)}, then ${await next(other)}`;
    },
  );
}

const boundaries: Row[] = [
  sendTwo('message-datagrams', 'datagrams are not joined', 'one two', 'datagram'),
  sendTwo('message-packets', 'packets are not joined', 'one two', 'seqpacket'),
  sendTwo('message-stream', 'the bytes of a stream are', 'onetwo EAGAIN', 'stream'),
  onPair(
    ['message-gathered', 'one message of several pieces of memory', 'onetwo'],
    {},
    (one, other) => {
      sendmsg(one, { msg_iov: ['one', '', 'two'].map((text) => Buffer.from(text)) }, 0);
      return nextWord(other);
    },
    absent('the class sends one piece of memory'),
  ),
  cut('message-datagram-cut', 'what does not fit of a datagram is lost', 'datagram'),
  cut('message-packet-cut', 'what does not fit of a packet is lost', 'seqpacket'),
  onPair(
    ['message-exact', 'a packet that just fits', 'he of 2, whole'],
    {},
    (one, other) => {
      post(one, 'he');
      return into(other);
    },
    async (one, other) => {
      await one.send('he');
      return intoByClass(other);
    },
  ),
  onPair(
    ['message-peek', 'what is peeked at stays', 'hello hello'],
    {},
    (one, other) => {
      post(one, 'hello');
      return resultsOf(
        () => nextWord(other, MSG_PEEK),
        () => now(other),
      );
    },
    absent('the classes do not peek'),
  ),
];

// ---- nothing, and the end

function empty(c: string, what: string, kind: Kind): Row {
  return onPair(
    [c, what, '0 next'],
    { kind },
    (one, other) => {
      for (const text of ['', 'next']) post(one, text);
      return resultsOf(
        () => letterFrom(other).length,
        () => nextWord(other),
      );
    },
    async (one, other) => {
      for (const text of ['', 'next']) await one.send(text);
      return resultsOf(
        async () => lengthOf(await other.receive()),
        () => next(other),
      );
    },
  );
}

function reset(c: string, what: string, expected: string, kind: Kind): Row {
  return onPair(
    [c, what, expected],
    { kind },
    (one, other) => {
      post(other, 'unread');
      post(one, 'there');
      closeNow(one);
      const take = (): string => nextWord(other);
      return resultsOf(take, take, take);
    },
    async (one, other) => {
      await other.send('unread');
      await one.send('there');
      one.close();
      const take = (): Promise<string> => next(other);
      return resultsOf(take, take, take);
    },
  );
}

function toClosed(c: string, what: string, expected: string, kind: Kind): Row {
  return onPair(
    [c, what, expected],
    { kind },
    (one, other) => {
      closeNow(other);
      return post(one, 'x');
    },
    (one, other) => {
      other.close();
      return one.send('x');
    },
  );
}

const ends: Row[] = [
  empty('message-empty-datagram', 'an empty datagram is one', 'datagram'),
  empty('message-empty-packet', 'an empty packet is one', 'seqpacket'),
  onPair(
    ['message-empty-or-end', 'an empty packet, and the end', '0 0'],
    {},
    (one, other) => {
      post(one, '');
      closeNow(one);
      const length = (): number => letterFrom(other).length;
      return resultsOf(length, length);
    },
    different('0 end', 'the class tells them apart', async () => {
      const [one, other] = pairOf('seqpacket');
      await one.send('');
      one.close();
      const length = async (): Promise<unknown> => lengthOf(await other.receive());
      return resultsOf(length, length);
    }),
  ),
  onPair(
    ['message-empty-of-stream', 'no bytes of a stream are nothing', 'EAGAIN'],
    { kind: 'stream' },
    (one, other) => {
      post(one, '');
      return now(other);
    },
    async (one, other) => {
      await one.send('');
      return nextNow(other);
    },
  ),
  onPair(
    ['message-none', 'there is none, without waiting', 'EAGAIN'],
    {},
    (_one, other) => now(other),
    (_one, other) => nextNow(other),
  ),
  onPair(
    ['message-end', 'the peer has closed', 'last end'],
    {},
    (one, other) => {
      post(one, 'last');
      closeNow(one);
      return resultsOf(
        () => nextWord(other),
        () => nextWord(other),
      );
    },
    async (one, other) => {
      await one.send('last');
      one.close();
      return resultsOf(
        () => next(other),
        () => next(other),
      );
    },
  ),
  onPair(
    ['message-stream-end', 'the peer of a stream has', 'end'],
    { kind: 'stream' },
    (one, other) => {
      closeNow(one);
      return nextWord(other);
    },
    (one, other) => {
      one.close();
      return next(other);
    },
  ),
  onPair(
    ['message-datagram-no-end', 'the peer of a datagram socket has: nobody is told', 'EAGAIN'],
    { kind: 'datagram' },
    (one, other) => {
      closeNow(one);
      return now(other);
    },
    (one, other) => {
      one.close();
      return nextNow(other);
    },
  ),
  reset(
    'message-reset',
    'the peer of packets has closed, and not read all',
    'ECONNRESET there end',
    'seqpacket',
  ),
  reset('message-stream-reset', 'so has that of a stream', 'there ECONNRESET end', 'stream'),
  toClosed('message-to-closed', 'a packet to who has closed', 'EPIPE', 'seqpacket'),
  toClosed('message-to-closed-stream', 'bytes to who has closed', 'EPIPE', 'stream'),
  toClosed('message-to-closed-datagram', 'a datagram to who has', 'ECONNREFUSED', 'datagram'),
];

export const boundaryRows: Row[] = [...boundaries, ...ends];
