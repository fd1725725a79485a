/** The rows of what is done once: a thread that is none of ours is at it. */

import { randomInt } from 'node:crypto';

import { event, lock, posix } from 'posix-ipc';

import { operationOf, type Kind, type Row } from './operation-of';
import type { WaitingOperation } from './waiting-operation';

/** FUTEX_WAITERS */
const WAITERS = 0x8000_0000 | 0;

/** Where the word of the gate is, in words of four bytes. */
const GATE = 64 / 4;

/** The number at its end is what tests know it by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-once-${String(id)}`;
}

function withWords<R>(id: number, use: (words: Int32Array, futex: event.Futex) => R): R {
  using memory = posix.SharedMemory.openSync(nameOf(id));
  return use(memory.mapping.view(Int32Array), new event.Futex(memory.mapping, 4 * GATE));
}

const kind: Kind<lock.Once> = {
  gives: false,
  contents: {
    untouched: ['false', 'held'],
    unserved: ['false', 'free'],
    served: ['true', 'free'],
  },
  call: 'futex_waitv',
  syncCall: 'futex',
  create: () => {
    const id = randomInt(2 ** 47);
    lock.Once.createSync(nameOf(id)).close();
    withWords(id, (words) => Atomics.store(words, GATE, 1));
    return id;
  },
  open: (id) => lock.Once.openSync(nameOf(id)), // mapped under its name: see support/blocked.ts
  satisfy: (id) => {
    withWords(id, (words, futex) => {
      Atomics.and(words, GATE, WAITERS);
      futex.wake(1);
    });
  },
  contentsOf: (id) => {
    using own = lock.Once.openSync(nameOf(id));
    const isHeld = withWords(id, (words) => (Atomics.load(words, GATE) & ~WAITERS) !== 0);
    return [String(own.isDone), isHeld ? 'held' : 'free'];
  },
  remove: (id) => {
    lock.Once.unlinkSync(nameOf(id));
  },
};

const rows: Row<lock.Once>[] = [
  { name: 'Once.run', wait: (one, limits) => one.run(() => undefined, limits) },
  {
    name: 'Once.runSync',
    form: 'sync',
    variant: true,
    wait: (one, limits) => one.runSync(() => undefined, limits),
  },
];

export const once: readonly WaitingOperation[] = rows.map((row) => operationOf(kind, row));
