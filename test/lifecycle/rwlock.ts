/** The rows of the readers-writer lock: a thread that is none of ours writes, or reads. */

import { randomInt } from 'node:crypto';

import { event, lock, posix } from 'posix-ipc';

import type { Limits, Subject, WaitingOperation } from './waiting-operation';

interface Row {
  name: string;
  form?: 'sync';
  variant?: boolean;
  /** Which is in the way. Only the first writer that waits waits for a reader, the next for the first. */
  blocker: 'writer' | 'reader';
  wait: (rwlock: lock.RwLock, limits: Limits) => Promise<unknown>;
}

/** FUTEX_WAITERS */
const WAITERS = 0x8000_0000 | 0;
const WRITING = 2;

/** In words of four bytes: the state, and the words of the gate and of the first slot. */
const [STATE, GATE, SLOT] = [0, 64 / 4, 192 / 4];

/** The number at its end is what tests know the lock by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-rwlock-${String(id)}`;
}

function withWords<R>(
  id: number,
  use: (words: Int32Array, futex: (word: number) => event.Futex) => R,
): R {
  using memory = posix.SharedMemory.openSync(nameOf(id));
  const { mapping } = memory;
  return use(mapping.view(Int32Array), (word) => new event.Futex(mapping, 4 * word));
}

function subject(id: number, rwlock: lock.RwLock, { blocker, wait }: Row): Subject {
  return {
    id,
    object: rwlock,
    wait: (limits = {}) => wait(rwlock, limits),
    satisfy: () => {
      withWords(id, (words, futex) => {
        const word = blocker === 'writer' ? GATE : SLOT;
        if (blocker === 'writer') Atomics.store(words, STATE, 0);
        Atomics.and(words, word, WAITERS);
        futex(word).wake(1);
      });
    },
    contents: () => {
      using own = lock.RwLock.openSync(nameOf(id));
      const { state, readers } = own.statSync();
      return [state, String(readers)];
    },
    close: () => {
      rwlock.close();
    },
    remove: () => {
      rwlock.unlinkSync();
    },
    unref: () => {
      rwlock.unref();
    },
  };
}

/** A wait for a lock that the first process of the machine seems to have. */
function waiting(row: Row): WaitingOperation {
  const { name, form = 'promise', variant = false, blocker } = row;
  const untouched = blocker === 'writer' ? ['writing', '0'] : ['reading', '1'];
  return {
    name,
    form,
    variant,
    takes: form === 'sync' ? ['timeout'] : ['timeout', 'signal'],
    gives: false,
    call: form === 'sync' || blocker === 'reader' ? 'futex' : 'futex_waitv',
    removal: undefined,
    contents: { untouched, unserved: ['free', '0'], served: ['free', '0'] },
    create: () => {
      const id = randomInt(2 ** 47);
      lock.RwLock.createSync(nameOf(id), { slots: 2 }).close();
      const rwlock = lock.RwLock.openSync(nameOf(id)); // mapped under its name: see support/blocked.ts
      withWords(id, (words) => {
        if (blocker === 'writer') Atomics.store(words, STATE, WRITING);
        Atomics.store(words, blocker === 'writer' ? GATE : SLOT, 1);
      });
      return subject(id, rwlock, row);
    },
    open: (id) => subject(id, lock.RwLock.openSync(nameOf(id)), row),
  };
}

const done = Promise.resolve();

export const rwlock: readonly WaitingOperation[] = [
  waiting({
    name: 'RwLock.readLock',
    blocker: 'writer',
    wait: async (one, limits) => {
      (await one.readLock(limits)).release();
    },
  }),
  waiting({
    name: 'RwLock.writeLock',
    variant: true,
    blocker: 'writer',
    wait: async (one, limits) => {
      (await one.writeLock(limits)).release();
    },
  }),
  waiting({
    name: 'RwLock.useRead',
    variant: true,
    blocker: 'writer',
    wait: (one, limits) => one.useRead(() => undefined, limits),
  }),
  waiting({
    name: 'RwLock.useWrite',
    variant: true,
    blocker: 'reader',
    wait: (one, limits) => one.useWrite(() => undefined, limits),
  }),
  waiting({
    name: 'RwLock.readLockSync',
    variant: true,
    form: 'sync',
    blocker: 'writer',
    wait: (one, limits) => {
      one.readLockSync(limits).release();
      return done;
    },
  }),
  waiting({
    name: 'RwLock.writeLockSync',
    form: 'sync',
    blocker: 'reader',
    wait: (one, limits) => {
      one.writeLockSync(limits).release();
      return done;
    },
  }),
];
