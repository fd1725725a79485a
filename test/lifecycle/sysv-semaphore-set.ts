/** The rows of System V semaphore sets. */

import { sysv } from 'posix-ipc';
import { semop, semtimedop } from 'posix-ipc/syscalls';

import type { Contents, Limits, Subject, WaitingOperation } from './waiting-operation';

type Set = sysv.SemaphoreSet;

interface Row {
  name: string;
  form?: 'sync';
  takes?: readonly ('timeout' | 'signal')[];
  variant?: boolean;
  wait: (set: Set, limits: Limits) => Promise<unknown>;
}

/** What a row waits for in a set of two semaphores. */
interface Kind {
  values: [number, number];
  contents: Contents;
  satisfy: (set: Set) => void;
}

/** Units of the first semaphore, which has none. */
const units: Kind = {
  values: [0, 3],
  contents: { untouched: ['0', '3'], unserved: ['1', '3'], served: ['0', '3'] },
  satisfy: (set) => {
    set.postSync();
  },
};

/** One of each semaphore. */
const pairs: Kind = { ...units, contents: { ...units.contents, served: ['0', '2'] } };

/** That the first semaphore, which is 1, be 0. */
const zero: Kind = {
  values: [1, 3],
  contents: { untouched: ['1', '3'], unserved: ['0', '3'], served: ['0', '3'] },
  satisfy: (set) => {
    set.waitSync();
  },
};

function subject(set: Set, { wait }: Row, { satisfy }: Kind): Subject {
  const other = (): Set => sysv.SemaphoreSet.fromIdSync(set.id);
  return {
    id: set.id,
    object: set,
    wait: (limits = {}) => wait(set, limits),
    satisfy: () => {
      satisfy(other());
    },
    contents: () => other().valuesSync().map(String),
    close: () => {
      set.close();
    },
    remove: () => {
      set.removeSync();
    },
    unref: () => {
      set.unref();
    },
  };
}

function waiting(kind: Kind, row: Row): WaitingOperation {
  const { name, form = 'promise', variant = false } = row;
  return {
    name: `SemaphoreSet ${name}`,
    form,
    variant,
    takes: row.takes ?? (form === 'sync' ? ['timeout'] : ['timeout', 'signal']),
    gives: false,
    call: 'semop',
    removal: 'EIDRM',
    contents: kind.contents,
    create: () => {
      const { values } = kind;
      return subject(sysv.SemaphoreSet.createSync('random', { values }), row, kind);
    },
    open: (id) => subject(sysv.SemaphoreSet.fromIdSync(id), row, kind),
  };
}

const done = Promise.resolve();
/** What the calls under their man-page names have: nothing that bounds them. */
const plain = { form: 'sync', takes: [] } as const;
const takeOne = { sem_num: 0, sem_op: -1, sem_flg: 0 };
const bothOnce: sysv.SemaphoreOperation[] = [{ by: -1 }, { index: 1, by: -1 }];

function sync(call: () => unknown): Promise<unknown> {
  call();
  return done;
}

export const sysvSemaphoreSet: readonly WaitingOperation[] = [
  waiting(units, { name: 'wait', variant: true, wait: (set, limits) => set.wait(0, limits) }),
  waiting(units, {
    name: 'acquire',
    variant: true,
    wait: (set, limits) => set.acquire(limits),
  }),
  waiting(pairs, { name: 'operate', wait: (set, limits) => set.operate(bothOnce, limits) }),
  waiting(zero, {
    name: 'waitForZero',
    variant: true,
    wait: (set, limits) => set.waitForZero(0, limits),
  }),
  waiting(units, {
    name: 'waitSync',
    variant: true,
    form: 'sync',
    wait: (set, limits) =>
      sync(() => {
        set.waitSync(0, limits);
      }),
  }),
  waiting(pairs, {
    name: 'operateSync',
    variant: true,
    form: 'sync',
    wait: (set, limits) =>
      sync(() => {
        set.operateSync(bothOnce, limits);
      }),
  }),
  waiting(units, {
    name: 'semop',
    ...plain,
    wait: ({ id }) =>
      sync(() => {
        semop(id, [takeOne], 1);
      }),
  }),
  waiting(units, {
    name: 'semtimedop',
    variant: true,
    ...plain,
    wait: ({ id }) =>
      sync(() => {
        semtimedop(id, [takeOne], 1, { tv_sec: 3600, tv_nsec: 0 });
      }),
  }),
];
