/** The rows of the mutex: a thread that is none of ours holds it. */

import { randomInt } from 'node:crypto';

import { event, lock, posix } from 'posix-ipc';

import type { Limits, Subject, WaitingOperation } from './waiting-operation';

interface Row {
  name: string;
  form?: 'sync';
  variant?: boolean;
  wait: (mutex: lock.Mutex, limits: Limits) => Promise<unknown>;
}

/** FUTEX_WAITERS */
const WAITERS = 0x8000_0000 | 0;

/** The number at its end is what tests know the mutex by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-mutex-${String(id)}`;
}

function withWord<R>(id: number, use: (words: Int32Array, futex: event.Futex) => R): R {
  using memory = posix.SharedMemory.openSync(nameOf(id));
  return use(memory.mapping.view(Int32Array), new event.Futex(memory.mapping));
}

function subject(id: number, mutex: lock.Mutex, { wait }: Row): Subject {
  return {
    id,
    object: mutex,
    wait: (limits = {}) => wait(mutex, limits),
    satisfy: () => {
      withWord(id, (words, futex) => {
        Atomics.and(words, 0, WAITERS);
        futex.wake(1);
      });
    },
    contents: () => {
      using own = lock.Mutex.openSync(nameOf(id));
      return [own.statSync().state];
    },
    close: () => {
      mutex.close();
    },
    remove: () => {
      mutex.unlinkSync();
    },
    unref: () => {
      mutex.unref();
    },
  };
}

/** A wait for a mutex that the first process of the machine seems to have. */
function waiting(row: Row): WaitingOperation {
  const { name, form = 'promise', variant = false } = row;
  return {
    name,
    form,
    variant,
    takes: form === 'sync' ? ['timeout'] : ['timeout', 'signal'],
    gives: false,
    call: form === 'sync' ? 'futex' : 'futex_waitv',
    removal: undefined,
    contents: { untouched: ['held'], unserved: ['free'], served: ['free'] },
    create: () => {
      const id = randomInt(2 ** 47);
      const mutex = lock.Mutex.createSync(nameOf(id));
      withWord(id, (words) => Atomics.store(words, 0, 1));
      return subject(id, mutex, row);
    },
    open: (id) => subject(id, lock.Mutex.openSync(nameOf(id)), row),
  };
}

const done = Promise.resolve();

export const mutex: readonly WaitingOperation[] = [
  waiting({
    name: 'Mutex.lock',
    wait: async (one, limits) => {
      (await one.lock(limits)).release();
    },
  }),
  waiting({
    name: 'Mutex.use',
    variant: true,
    wait: (one, limits) => one.use(() => undefined, limits),
  }),
  waiting({
    name: 'Mutex.lockSync',
    form: 'sync',
    wait: (one, limits) => {
      one.lockSync(limits).release();
      return done;
    },
  }),
];
