/** The rows of POSIX semaphores. */

import { randomInt } from 'node:crypto';

import { posix } from 'posix-ipc';
import { CLOCK_MONOTONIC, O_CREAT, sem_clockwait, sem_open, sem_wait } from 'posix-ipc/syscalls';

import type { Limits, Subject, WaitingOperation } from './waiting-operation';

type Semaphore = posix.Semaphore;

interface Row {
  name: string;
  form?: 'sync';
  takes?: readonly ('timeout' | 'signal')[];
  variant?: boolean;
  wait: (semaphore: Semaphore, limits: Limits) => Promise<unknown>;
}

/** The number at its end is what tests know the semaphore by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-${String(id)}`;
}

function subject(id: number, semaphore: Semaphore, { wait }: Row): Subject {
  return {
    id,
    object: semaphore,
    wait: (limits = {}) => wait(semaphore, limits),
    satisfy: () => {
      using own = posix.Semaphore.openSync(nameOf(id));
      own.post();
    },
    contents: () => {
      using own = posix.Semaphore.openSync(nameOf(id));
      return [String(own.value)];
    },
    close: () => {
      semaphore.close();
    },
    remove: () => {
      semaphore.unlinkSync();
    },
    unref: () => {
      semaphore.unref();
    },
  };
}

/** A wait for a semaphore that is 0. Its name may go: who has it open uses it on. */
function waiting(row: Row): WaitingOperation {
  const { name, form = 'promise', variant = false } = row;
  return {
    name,
    form,
    variant,
    takes: row.takes ?? (form === 'sync' ? ['timeout'] : ['timeout', 'signal']),
    gives: false,
    call: 'futex',
    removal: undefined,
    contents: { untouched: ['0'], unserved: ['1'], served: ['0'] },
    create: () => {
      const id = randomInt(2 ** 47);
      return subject(id, posix.Semaphore.createSync(nameOf(id)), row);
    },
    open: (id) => subject(id, posix.Semaphore.openSync(nameOf(id)), row),
  };
}

const done = Promise.resolve();
const plain = { form: 'sync', takes: [] } as const;

function sync(call: () => unknown): Promise<unknown> {
  call();
  return done;
}

export const posixSemaphore: readonly WaitingOperation[] = [
  waiting({ name: 'Semaphore.wait', wait: (semaphore, limits) => semaphore.wait(limits) }),
  waiting({
    name: 'Semaphore.acquire',
    variant: true,
    wait: (semaphore, limits) => semaphore.acquire(limits),
  }),
  waiting({
    name: 'Semaphore.waitSync',
    form: 'sync',
    wait: (semaphore, limits) =>
      sync(() => {
        semaphore.waitSync(limits);
      }),
  }),
  waiting({
    name: 'Semaphore.acquireSync',
    form: 'sync',
    variant: true,
    wait: (semaphore, limits) => sync(() => semaphore.acquireSync(limits)),
  }),
  waiting({
    name: 'sem_wait',
    variant: true,
    ...plain,
    wait: ({ name }) =>
      sync(() => {
        sem_wait(sem_open(name, O_CREAT, 0o600, 0));
      }),
  }),
  waiting({
    name: 'sem_clockwait',
    variant: true,
    ...plain,
    wait: ({ name }) =>
      sync(() => {
        sem_clockwait(sem_open(name, 0), CLOCK_MONOTONIC, { tv_sec: 2 ** 31, tv_nsec: 0 });
      }),
  }),
];
