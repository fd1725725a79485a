/** Rows of semop about what the end of a process undoes, and about several processes. */

import { GETVAL, semctl, semop, SETVAL } from 'posix-ipc/syscalls';

import { inOther, start } from './elsewhere';
import type { Row } from './row';
import { setObject } from './sets';

interface Undone {
  expected: string;
  digits: string;
  /** The end of the names of the calls. */
  name: string;
}

/** Another process operates with SEM_UNDO and ends; the value afterwards. */
function undone(id: string, what: string, { expected, digits, name }: Undone): Row {
  const after = async (call: string): Promise<number> => {
    const set = setObject(digits);
    await inOther(call, set.key);
    return semctl(set.id, 0, GETVAL);
  };
  return {
    id,
    what,
    expected,
    c: `semop-${name}`,
    sync: () => after(`semop-${name}`),
    promise: () => after(`set-${name}`),
  };
}

async function ofWorker(call: string): Promise<string> {
  const set = setObject('1');
  const during = await inOther(call, set.key);
  return `${during} then ${String(semctl(set.id, 0, GETVAL))}`;
}

function countUnderGuard(id: number): void {
  for (let i = 0; i < 50; i++) {
    semop(id, [{ sem_num: 0, sem_op: -1, sem_flg: 0 }], 1);
    semctl(id, 1, SETVAL, semctl(id, 1, GETVAL) + 1);
    semop(id, [{ sem_num: 0, sem_op: 1, sem_flg: 0 }], 1);
  }
}

export const semopUndoRows: Row[] = [
  undone('semop05', 'the end of the process gives back what it took with SEM_UNDO', {
    expected: '1',
    digits: '1',
    name: 'undo',
  }),
  undone('own', 'what is to be undone ends at 0', {
    expected: '0',
    digits: '0',
    name: 'undo-ends-at-zero',
  }),
  undone('own', 'taking and giving with SEM_UNDO leaves nothing to undo', {
    expected: '1',
    digits: '1',
    name: 'undo-cancels',
  }),
  undone('own', 'SETVAL makes forget what was to be undone', {
    expected: '5',
    digits: '1',
    name: 'undo-forgotten',
  }),
  {
    id: 'semop05',
    what: 'the end of a thread undoes nothing, that of the process does',
    expected: '0 then 1',
    c: 'semop-undo-of-process',
    sync: () => ofWorker('semop-undo-of-process'),
    promise: () => ofWorker('set-undo-of-process'),
  },
  {
    id: 'semop04',
    what: 'two processes count under one guard',
    expected: '100',
    c: 'semop-contention',
    sync: async () => {
      const set = setObject('10');
      const other = start('semop-count', set);
      countUnderGuard(set.id);
      await other.success();
      return semctl(set.id, 1, GETVAL);
    },
    promise: async () => {
      const set = setObject('10');
      const other = start('set-count', set);
      for (let i = 0; i < 50; i++) {
        await set.use(async () => {
          await set.setValue(1, (await set.value(1)) + 1);
        });
      }
      await other.success();
      return set.value(1);
    },
  },
];
