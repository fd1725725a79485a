/** Rows of room that does not hold the descriptors that come: MSG_CTRUNC. */

import { MSG_CTRUNC } from 'posix-ipc/syscalls';

import { closeNow } from './descriptors';
import { absent, different, gvisor, type Column, type Row } from './row';
import { onPair, type Head } from './socket-pairs';
import { letterFrom, letterOf, newPair, pairOf, Passed, post, rights } from './sockets';

/** Room as C counts it, with a header of 16 bytes and without padding. */
const roomFor = (fds: number): number => 16 + 4 * fds;

// ---- less room than it takes

const allOrNone = 'descriptors come all or not at all';
const wholeRoom = absent('an object has room for whole descriptors');

/** What an object takes that has room for so many. */
function takenBy(count: number, fds: number): () => Promise<string> {
  return async () => {
    const passed = new Passed(count);
    const [one, other] = pairOf('seqpacket', { fds });
    await one.send('x', { fds: passed.ends });
    const letter = letterOf(await other.receive());
    return `${letter.isCut ? 'cut' : 'whole'}, ${passed.seen(letter)}`;
  };
}

function into(row: Head, count: number, control: number, promise: Column): Row {
  const [c, what, expected, id = 'own'] = row;
  const sync = (): string => {
    const [one, other] = newPair('seqpacket');
    const passed = new Passed(count);
    post(one, 'x', rights(passed.ends));
    const letter = letterFrom(other, { control });
    return `${letter.isCut ? 'cut' : 'whole'}, ${passed.seen(letter)}`;
  };
  return gvisor(id, c, what, expected, sync, promise);
}

export const truncatedRows: Row[] = [
  into(
    ['ctrunc-no-space', 'room for a header', 'cut, x with 0', 'BasicFDPassNoSpaceMsgCtrunc'],
    1,
    16,
    wholeRoom,
  ),
  into(
    ['ctrunc-no-control', 'no room', 'cut, x with 0', 'BasicFDPassNullControlMsgCtrunc'],
    1,
    0,
    takenBy(1, 0),
  ),
  into(
    [
      'ctrunc-not-enough',
      'room for a header and a byte',
      'cut, x with 0',
      'BasicFDPassNotEnoughSpaceMsgCtrunc',
    ],
    1,
    17,
    wholeRoom,
  ),
  into(
    [
      'ctrunc-two-of-three',
      'room for two of three',
      'cut, x with 2 through through',
      'BasicThreeFDPassTruncationMsgCtrunc',
    ],
    3,
    roomFor(2),
    different('cut, x with 0', allOrNone, takenBy(3, 2)),
  ),
  into(
    [
      'ctrunc-exactly',
      'room for exactly one',
      'whole, x with 1 through',
      'BasicFDPassUnalignedRecvNoMsgTrunc',
    ],
    1,
    roomFor(1),
    takenBy(1, 1),
  ),
  into(
    [
      'ctrunc-one-of-two',
      'room for exactly one of two',
      'cut, x with 1 through',
      'BasicTwoFDPassUnalignedRecvTruncationMsgTrunc',
    ],
    2,
    roomFor(1),
    different('cut, x with 0', allOrNone, takenBy(2, 1)),
  ),
  onPair(
    ['ctrunc-asked', 'MSG_CTRUNC as a flag of the call', 'whole', 'MsgCtruncInputIsNoop'],
    { count: 1 },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      return letterFrom(other, { flags: MSG_CTRUNC }).isCut ? 'cut' : 'whole';
    },
    absent('a receive has no flags'),
  ),
  onPair(
    ['ctrunc-lost-are-closed', 'what does not fit is closed', 'end'],
    { count: 1 },
    (one, other, passed) => {
      post(one, 'x', rights(passed.ends));
      passed.ends.forEach(closeNow);
      letterFrom(other, { control: 0 });
      return passed.read(0);
    },
    async (_one, _other, passed) => {
      const [one, other] = pairOf('seqpacket');
      await one.send('x', { fds: passed.ends });
      passed.ends.forEach(closeNow);
      await other.receive();
      return passed.read(0);
    },
  ),
];
