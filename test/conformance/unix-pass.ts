/** Rows of descriptors that go with messages: SCM_RIGHTS. */

import { unix } from 'posix-ipc';
import { MSG_CMSG_CLOEXEC, MSG_PEEK, O_CLOEXEC, SCM_RIGHTS, SOL_SOCKET } from 'posix-ipc/syscalls';

import { flagsOf } from '../support/pipes';
import { closing } from '../support/sockets';
import { closeNow, NOT_OPEN, textFrom } from './descriptors';
import { resultsOf } from './result';
import { absent, different, gvisor, own, type Column, type Row } from './row';
import { onPair, seenBy, type Head, type Plan } from './socket-pairs';
import {
  letterFrom,
  letterOf,
  MOST_FDS,
  newPair,
  nextWord,
  pairOf,
  Passed,
  post,
  rights,
  saidBy,
} from './sockets';

const checkedBefore = 'arguments are checked before the call';

/** Descriptors are passed, and used. */
function pass(row: Head, { kind, count = 1 }: Plan = {}): Row {
  return onPair(
    row,
    { ...(kind && { kind }), count },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      return passed.seen(letterFrom(other));
    },
    async (one, other, passed) => {
      await one.send('x', { fds: passed.ends });
      return seenBy(other, passed);
    },
  );
}

/** So many times standard input. */
const many = (count: number): number[] => Array.from({ length: count }, () => 0);

function passMany(count: number): () => number {
  return () => {
    const [one, other] = newPair('seqpacket');
    post(one, 'x', rights(many(count)));
    return letterFrom(other).fds.length;
  };
}

function passManyByClass(count: number): () => Promise<number> {
  return async () => {
    const [one, other] = pairOf('seqpacket', { fds: MOST_FDS });
    await one.send('x', { fds: many(count) });
    return letterOf(await other.receive()).fds.length;
  };
}

const passes: Row[] = [
  pass([
    'fdpass-one',
    'a descriptor is another one of its file',
    'x with 1 through',
    'BasicFDPass',
  ]),
  pass(['fdpass-one-over-stream', 'over a stream', 'x with 1 through', 'BasicFDPass'], {
    kind: 'stream',
  }),
  pass(['fdpass-one-by-datagram', 'by a datagram', 'x with 1 through', 'BasicFDPass'], {
    kind: 'datagram',
  }),
  pass(['fdpass-two', 'two, in order', 'x with 2 through through', 'BasicTwoFDPass'], {
    count: 2,
  }),
  pass(
    ['fdpass-three', 'three, in order', 'x with 3 through through through', 'BasicThreeFDPass'],
    { count: 3 },
  ),
  own('fdpass-most', 'the most', '253', passMany(MOST_FDS), passManyByClass(MOST_FDS)),
  own(
    'fdpass-too-many',
    'one more',
    'EINVAL',
    passMany(MOST_FDS + 1),
    different('ERR_OUT_OF_RANGE', checkedBefore, passManyByClass(MOST_FDS + 1)),
  ),
  onPair(
    ['fdpass-bad', '-1', 'EBADF', 'BadFDPass'],
    {},
    (one) => post(one, 'x', rights([-1])),
    different('ERR_OUT_OF_RANGE', checkedBefore, () =>
      pairOf('seqpacket')[0].send('x', { fds: [-1] }),
    ),
  ),
  onPair(
    ['fdpass-closed', 'a descriptor that is not open', 'EBADF'],
    {},
    (one) => post(one, 'x', rights([NOT_OPEN])),
    (one) => one.send('x', { fds: [NOT_OPEN] }),
  ),
  onPair(
    ['fdpass-short-control', 'a control message without room for itself', 'EINVAL', 'ShortCmsg'],
    {},
    (one) => post(one, 'x', header(1)),
    absent('the class makes control messages itself'),
  ),
  onPair(
    ['fdpass-sender-closes', 'the sender closes before it is taken', 'x with 1 through'],
    { count: 1 },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      for (const fd of [...passed.ends, one]) closeNow(fd);
      return passed.seen(letterFrom(other));
    },
    async (one, other, passed) => {
      await one.send('x', { fds: passed.ends });
      passed.ends.forEach(closeNow);
      one.close();
      return seenBy(other, passed);
    },
  ),
  onPair(
    ['fdpass-never-taken', 'the receiver closes before it takes it', 'end'],
    { count: 1 },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      for (const fd of [...passed.ends, other]) closeNow(fd);
      return passed.read(0);
    },
    async (one, other, passed) => {
      await one.send('x', { fds: passed.ends });
      passed.ends.forEach(closeNow);
      other.close();
      return passed.read(0);
    },
  ),
  onPair(
    ['fdpass-no-data', 'without a byte of a stream', '0'],
    { kind: 'stream', count: 1 },
    (one, _other, passed) => post(one, '', rights(passed.ends)),
    different('ERR_OUT_OF_RANGE', 'they would be lost', () =>
      pairOf('stream')[0].send('', { fds: [0] }),
    ),
  ),
  onPair(
    ['fdpass-empty-packet', 'with an empty packet', ' with 1 through'],
    { count: 1 },
    (one, other, passed) => {
      post(one, '', rights(passed.ends));
      return passed.seen(letterFrom(other));
    },
    async (one, other, passed) => {
      await one.send('', { fds: passed.ends });
      return seenBy(other, passed);
    },
  ),
  onPair(
    ['fdpass-itself', 'a socket over itself', 'through'],
    { count: 1 },
    (one, other) => {
      post(one, 'x', rights([other]));
      const [copy = -1] = letterFrom(other).fds;
      post(one, 'through');
      return nextWord(copy);
    },
    async (one, other) => {
      await one.send('x', { fds: [other] });
      const [copy] = (await other.receive())?.fds ?? [];
      await one.send('through');
      const again = closing(await unix.SeqPacket.fromFd(copy?.detach() ?? -1));
      return saidBy(await again.receive());
    },
  ),
];

/** The header of a control message that claims a length. */
function header(length: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.writeInt32LE(SOL_SOCKET, 8);
  bytes.writeInt32LE(SCM_RIGHTS, 12);
  return bytes;
}

// ---- with which message it comes

const order: Row[] = [
  onPair(
    ['fdpass-not-asked', 'who does not ask for it', 'x then y with 0', 'FDPassNoRecv'],
    { count: 1 },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      post(one, 'y');
      return `${textFrom(other)} then ${passed.seen(letterFrom(other))}`;
    },
    // An object that takes none.
    async (_one, _other, passed) => {
      const [sender, receiver] = pairOf('seqpacket');
      await sender.send('x', { fds: passed.ends });
      await sender.send('y');
      return `${saidBy(await receiver.receive())} then ${await seenBy(receiver, passed)}`;
    },
  ),
  onPair(
    ['fdpass-after', 'what was sent before it may come with it', 'firstx with 1 through'],
    { kind: 'stream', count: 1 },
    (one, other, passed) => {
      post(one, 'first');
      post(one, 'x', rights(passed.ends));
      return passed.seen(letterFrom(other));
    },
    async (one, other, passed) => {
      await one.send('first');
      await one.send('x', { fds: passed.ends });
      return seenBy(other, passed);
    },
  ),
  onPair(
    ['fdpass-before', 'what was sent after it comes alone', 'last with 0', 'FDPassInterspersed2'],
    { kind: 'stream', count: 1 },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      post(one, 'last');
      textFrom(other, 1);
      return passed.seen(letterFrom(other));
    },
    async (one, other, passed) => {
      await one.send('x', { fds: passed.ends });
      await one.send('last');
      textFrom(other.fd, 1);
      return seenBy(other, passed);
    },
  ),
  onPair(
    ['fdpass-not-joined', 'two are not joined', '1 x with 1 through', 'FDPassNotCoalesced'],
    { kind: 'stream', count: 1 },
    (one, other, passed) => {
      for (let i = 0; i < 2; i++) post(one, 'x', rights(passed.ends));
      return resultsOf(
        () => letterFrom(other).length,
        () => passed.seen(letterFrom(other)),
      );
    },
    async (one, other, passed) => {
      for (let i = 0; i < 2; i++) await one.send('x', { fds: passed.ends });
      return resultsOf(
        async () => letterOf(await other.receive()).length,
        () => seenBy(other, passed),
      );
    },
  ),
  onPair(
    ['fdpass-piece', 'it comes with the first byte', 'ong with 0'],
    { kind: 'stream', count: 1 },
    (one, other, passed) => {
      post(one, 'long', rights(passed.ends));
      letterFrom(other, { room: 1, control: 0 });
      return passed.seen(letterFrom(other));
    },
    async (_one, _other, passed) => {
      const [one, other] = pairOf('stream'); // it takes none
      await one.send('long', { fds: passed.ends });
      await other.receiveInto(Buffer.alloc(1));
      return seenBy(other, passed);
    },
  ),
  onPair(
    ['fdpass-peeked', 'peeking takes it too', '1 then x with 1 through', 'FDPassPeek'],
    { count: 1 },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      const peeked = letterFrom(other, { flags: MSG_PEEK }).fds.length;
      return `${String(peeked)} then ${passed.seen(letterFrom(other))}`;
    },
    absent('the classes do not peek'),
  ),
];

// ---- close-on-exec

const isSet = (fd: number): string => ((flagsOf(fd) & O_CLOEXEC) === 0 ? 'not set' : 'set');

async function receivedFlag(made: number): Promise<string> {
  const [one, other] = pairOf('seqpacket', { fds: 1 });
  await one.send('x', { fds: new Passed(1, made).ends });
  return isSet(letterOf(await other.receive()).fds[0] ?? -1);
}

function cloexec(row: Head, made: number, flags: number, promise: Column): Row {
  const [c, what, expected, id = 'own'] = row;
  const sync = (): string => {
    const [one, other] = newPair('seqpacket');
    post(one, 'x', rights(new Passed(1, made).ends));
    return isSet(letterFrom(other, { flags }).fds[0] ?? -1);
  };
  return gvisor(id, c, what, expected, sync, promise);
}

const flagRows: Row[] = [
  cloexec(
    ['fdpass-cloexec-dropped', 'O_CLOEXEC is not passed', 'not set', 'CloexecDroppedWhenFDPassed'],
    O_CLOEXEC,
    0,
    different('set', 'objects never pass on their descriptors by chance', () =>
      receivedFlag(O_CLOEXEC),
    ),
  ),
  cloexec(
    ['fdpass-cloexec', 'MSG_CMSG_CLOEXEC', 'set', 'CloexecRecvFDPass'],
    0,
    MSG_CMSG_CLOEXEC,
    () => receivedFlag(0),
  ),
];

export const fdpassRows: Row[] = [...passes, ...order, ...flagRows];
