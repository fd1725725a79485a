/** Rows of semtimedop. */

import { semtimedop, type Timespec } from 'posix-ipc/syscalls';

import type { Result } from './result';
import { absent, different, type Row } from './row';
import { newSet, setObject } from './sets';

const moment: Timespec = { tv_sec: 0, tv_nsec: 10_000_000 };
const none: Timespec = { tv_sec: 0, tv_nsec: 0 };

const itsOwn = 'the class has a code of its own for that';
const noTime = 'a time in milliseconds is checked before the call';

function timed(digit: string, sem_op: number, timeout: Timespec | null): Result {
  semtimedop(newSet(digit), [{ sem_num: 0, sem_op, sem_flg: 0 }], 1, timeout);
  return undefined;
}

export const semopTimedRows: Row[] = [
  {
    id: 'semop02',
    what: 'nothing is given in time',
    expected: 'EAGAIN',
    c: 'semop-timed-take',
    sync: () => timed('0', -1, moment),
    promise: different('ETIMEDOUT', itsOwn, () => setObject().wait(0, { timeout: 10 })),
  },
  {
    id: 'semop02',
    what: 'it does not become 0 in time',
    expected: 'EAGAIN',
    c: 'semop-timed-zero',
    sync: () => timed('1', 0, moment),
    promise: different('ETIMEDOUT', itsOwn, () => setObject('1').waitForZero(0, { timeout: 10 })),
  },
  {
    id: 'own',
    what: 'no time, and it is possible at once',
    expected: 'done',
    c: 'semop-timed-at-once',
    sync: () => timed('1', -1, none),
    promise: () => setObject('1').wait(0, { timeout: 0 }),
  },
  {
    id: 'own',
    what: 'no time, and it is not possible at once',
    expected: 'EAGAIN',
    c: 'semop-timed-no-time',
    sync: () => timed('0', -1, none),
    promise: different('ETIMEDOUT', itsOwn, () => setObject().wait(0, { timeout: 0 })),
  },
  {
    id: 'own',
    what: 'no limit',
    expected: 'done',
    c: 'semop-timed-for-ever',
    sync: () => timed('1', -1, null),
    promise: () => setObject('1').wait(0, { timeout: Infinity }),
  },
  {
    id: 'own',
    what: 'negative seconds',
    expected: 'EINVAL',
    c: 'semop-timed-negative',
    sync: () => timed('1', -1, { tv_sec: -1, tv_nsec: 0 }),
    promise: different('ERR_OUT_OF_RANGE', noTime, () => setObject('1').wait(0, { timeout: -1 })),
  },
  {
    id: 'own',
    what: 'a whole second of nanoseconds',
    expected: 'EINVAL',
    c: 'semop-timed-nanoseconds',
    sync: () => timed('1', -1, { tv_sec: 0, tv_nsec: 1e9 }),
    promise: absent('the class counts milliseconds'),
  },
  {
    id: 'semop02',
    what: 'a time that is no memory',
    expected: 'EFAULT',
    c: 'semop-timed-no-memory',
    sync: different('ERR_INVALID_ARG_TYPE', 'the time is an object', () =>
      timed('1', -1, 5 as never),
    ),
    promise: different('ERR_INVALID_ARG_TYPE', noTime, () =>
      setObject('1').wait(0, { timeout: 'soon' as never }),
    ),
  },
];
