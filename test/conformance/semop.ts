import { GETPID, IPC_INFO, IPC_STAT, SEM_UNDO, semctl, semop } from 'posix-ipc/syscalls';

import { asNobody } from './elsewhere';
import { root } from './needs';
import { orEagain, type Result } from './result';
import { absent, different, type Row } from './row';
import { semopBlockedRows } from './semop-blocked';
import { semopTimedRows } from './semop-timed';
import { semopUndoRows } from './semop-undo';
import {
  listOf,
  newSet,
  NO_ID,
  operate,
  removedObject,
  removedSet,
  setObject,
  valuesOf,
  withValues,
  type Operation,
} from './sets';

const largest = 0x7fff;

interface Performed {
  c: string;
  expected: string;
  /** The values that the set begins with. */
  digits: string;
  operations: Operation[];
}

/** Some operations in one call, and what the values are afterwards. */
function performed(id: string, what: string, row: Performed): Row {
  const { c, expected, digits, operations } = row;
  return {
    id,
    what,
    expected,
    c,
    sync: () => {
      const set = newSet(digits);
      return withValues(set, () => operate(set, ...operations));
    },
    promise: () => {
      const set = setObject(digits);
      return withValues(set.id, () => orEagain(set.tryOperate(listOf(...operations))));
    },
  };
}

const done: Row[] = [
  performed('semop01', 'each semaphore gets something', {
    c: 'semop-adds',
    expected: 'done, values 1 2 3',
    digits: '000',
    operations: [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
  }),
  performed('own', 'something is taken from each', {
    c: 'semop-takes',
    expected: 'done, values 1 0',
    digits: '31',
    operations: [
      [0, -2],
      [1, -1],
    ],
  }),
  {
    id: 'own',
    what: 'waiting for 0 of a semaphore that is 0',
    expected: 'done',
    c: 'semop-zero',
    sync: () => operate(newSet(), [0, 0]),
    promise: () => setObject().waitForZero(),
  },
  performed('SemOpMultiNoBlock', 'operations see what those before them have done', {
    c: 'semop-one-after-the-other',
    expected: 'done, values 1',
    digits: '0',
    operations: [
      [0, 3],
      [0, -2],
      [0, -1],
      [0, 0],
      [0, 1],
    ],
  }),
  performed('own', 'where one is not possible, none is performed', {
    c: 'semop-all-or-none',
    expected: 'EAGAIN, values 1 0',
    digits: '10',
    operations: [
      [0, -1],
      [1, -1],
    ],
  }),
  performed('own', 'taking first and giving afterwards', {
    c: 'semop-order-counts',
    expected: 'EAGAIN, values 0',
    digits: '0',
    operations: [
      [0, -1],
      [0, 1],
    ],
  }),
  {
    id: 'own',
    what: 'only the operation that cannot be done has IPC_NOWAIT',
    expected: 'EAGAIN, values 1 0',
    c: 'semop-one-without-waiting',
    sync: () => {
      const id = newSet('10');
      return withValues(id, () => operate(id, [0, -1, 0], [1, -1]));
    },
    promise: () => {
      const set = setObject('10');
      return withValues(set.id, () => set.operate(listOf([0, -1, 0], [1, -1])));
    },
  },
  {
    id: 'own',
    what: 'the largest operation gives the largest value',
    expected: '32767',
    c: 'semop-largest',
    sync: () => {
      const id = newSet();
      operate(id, [0, largest]);
      return valuesOf(id);
    },
    promise: async () => {
      const set = setObject();
      await set.post(0, { by: largest });
      return set.value();
    },
  },
  {
    id: 'own',
    what: 'the set tells who operated, and when',
    expected: 'pid self, time set',
    c: 'semop-pid',
    sync: () => {
      const id = newSet();
      operate(id, [0, 1]);
      return told(semctl(id, 0, GETPID), semctl(id, 0, IPC_STAT).sem_otime > 0);
    },
    promise: async () => {
      const set = setObject();
      await set.post();
      return told(await set.pid(), (await set.stat()).operatedAt !== undefined);
    },
  },
];

function told(pid: number, isTimeSet: boolean): string {
  return `pid ${pid === process.pid ? 'self' : 'other'}, time ${isTimeSet ? 'set' : 'unset'}`;
}

const noNumber = 'a semaphore has no such number';
const noObject = 'no object is made of such an id';
const noMemory = 'the operations are objects';

function adding(id: number): Result {
  return operate(id, [0, 1]);
}

const permission: Row[] = [
  {
    id: 'semop02',
    what: 'no permission at all',
    expected: 'EACCES',
    c: 'semop-denied',
    sync: () => asNobody('semop-add-nowait', setObject('0', 0o600).key),
    promise: () => asNobody('set-post', setObject('0', 0o600).key),
    needs: root,
  },
  {
    id: 'own',
    what: 'permission to read is not enough to add',
    expected: 'EACCES',
    c: 'semop-denied-alter',
    sync: () => asNobody('semop-add-nowait', setObject('0', 0o644).key),
    promise: () => asNobody('set-post', setObject('0', 0o644).key),
    needs: root,
  },
  {
    id: 'own',
    what: 'permission to read is enough to wait for 0',
    expected: 'done',
    c: 'semop-zero-reads-only',
    sync: () => asNobody('semop-zero-nowait', setObject('0', 0o644).key),
    promise: () => asNobody('set-try-zero', setObject('0', 0o644).key),
    needs: root,
  },
];

function manyTimes<T>(one: T): T[] {
  return Array.from({ length: semctl(0, 0, IPC_INFO).semopm + 1 }, () => one);
}

const refused: Row[] = [
  {
    id: 'semop02',
    what: 'more operations than SEMOPM',
    expected: 'E2BIG',
    c: 'semop-too-many',
    sync: () => operate(newSet(), ...manyTimes<Operation>([0, 1])),
    promise: () => setObject().operate(manyTimes({ by: 1 })),
  },
  {
    id: 'semop02',
    what: 'operations that are no memory',
    expected: 'EFAULT',
    c: 'semop-no-memory',
    sync: different('ERR_INVALID_ARG_TYPE', noMemory, () => {
      semop(newSet(), null as never, 1);
    }),
    promise: different('ERR_INVALID_ARG_TYPE', noMemory, () => setObject().operate(null as never)),
  },
  {
    id: 'semop02',
    what: 'no operation',
    expected: 'EINVAL',
    c: 'semop-none',
    sync: () => operate(newSet()),
    promise: different('ERR_OUT_OF_RANGE', 'the list is looked at before the call', () =>
      setObject().operate([]),
    ),
  },
  {
    id: 'semop02',
    what: 'an id that no set can have',
    expected: 'EINVAL',
    c: 'semop-no-such-id',
    sync: () => adding(NO_ID),
    promise: absent(noObject),
  },
  {
    id: 'own',
    what: 'the id of a removed set',
    expected: 'EINVAL',
    c: 'semop-removed-id',
    sync: () => adding(removedSet()),
    promise: () => removedObject().post(),
  },
  performed('semop02', 'a value above SEMVMX', {
    c: 'semop-too-high',
    expected: 'ERANGE, values 1',
    digits: '1',
    operations: [[0, largest]],
  }),
  {
    id: 'own',
    what: 'more to be undone than SEMAEM',
    expected: 'ERANGE, values 0',
    c: 'semop-undo-too-high',
    sync: () => {
      const id = newSet();
      operate(id, [0, largest, SEM_UNDO]);
      operate(id, [0, -largest]);
      return withValues(id, () => operate(id, [0, 2, SEM_UNDO]));
    },
    promise: async () => {
      const set = setObject();
      await set.post(0, { by: largest, undo: true });
      await set.wait(0, { by: largest });
      return withValues(set.id, () => set.post(0, { by: 2, undo: true }));
    },
  },
  {
    id: 'semop02',
    what: 'a negative number of a semaphore',
    expected: 'EFBIG',
    c: 'semop-number-negative',
    sync: different('ERR_OUT_OF_RANGE', noNumber, () => operate(newSet(), [-1, 1])),
    promise: different('ERR_OUT_OF_RANGE', noNumber, () => setObject().post(-1)),
  },
  {
    id: 'semop02',
    what: 'a semaphore that the set does not have',
    expected: 'EFBIG',
    c: 'semop-number-too-high',
    sync: () => operate(newSet(), [1, 1]),
    promise: () => setObject().post(1),
  },
  {
    id: 'semop02',
    what: 'waiting for 0 of a semaphore that is not, with IPC_NOWAIT',
    expected: 'EAGAIN',
    c: 'semop-not-zero',
    sync: () => operate(newSet('1'), [0, 0]),
    promise: () => orEagain(setObject('1').tryWaitForZero()),
  },
  {
    id: 'semop02',
    what: 'taking more than there is, with IPC_NOWAIT',
    expected: 'EAGAIN',
    c: 'semop-not-enough',
    sync: () => operate(newSet('1'), [0, -2]),
    promise: () => orEagain(setObject('1').tryWait(0, { by: 2 })),
  },
];

export const semopRows: Row[] = [
  ...done,
  ...permission,
  ...refused,
  ...semopTimedRows,
  ...semopBlockedRows,
  ...semopUndoRows,
];
