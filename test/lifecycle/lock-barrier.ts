/** The rows of the barrier: of two, of whom the other one may be there by hand, without a slot. */

import { randomInt } from 'node:crypto';

import { lock, posix } from 'posix-ipc';

import { operationOf, type Kind, type Row } from './operation-of';
import type { WaitingOperation } from './waiting-operation';

/** Where it counts who has come, in words of four bytes; the generation follows. */
const ARRIVED = 40 / 4;

/** The number at its end is what tests know the barrier by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-barrier-${String(id)}`;
}

function withWords<R>(id: number, use: (words: Int32Array) => R): R {
  using memory = posix.SharedMemory.openSync(nameOf(id));
  return use(memory.mapping.view(Int32Array));
}

/** Comes, and waits, if nobody does; else lets both go on. */
function come(id: number): void {
  using own = lock.Barrier.openSync(nameOf(id));
  withWords(id, (words) => {
    while (!own.tryWait() && Atomics.compareExchange(words, ARRIVED, 0, 1) !== 0);
  });
}

const kind: Kind<lock.Barrier> = {
  gives: true, // an arrival; nobody can take it back when all have gone on
  contents: {
    untouched: ['0', 'generation 2'],
    unserved: ['1', 'generation 2'],
    served: ['0', 'generation 4'],
  },
  call: 'futex_waitv',
  syncCall: 'futex_waitv',
  create: () => {
    const id = randomInt(2 ** 47);
    lock.Barrier.createSync(nameOf(id)).close();
    return id;
  },
  open: (id) => lock.Barrier.openSync(nameOf(id)), // mapped under its name: see support/blocked.ts
  satisfy: come,
  contentsOf: (id) =>
    withWords(id, (words) => {
      const generation = Atomics.load(words, ARRIVED + 1);
      return [String(Atomics.load(words, ARRIVED)), `generation ${String(generation)}`];
    }),
  remove: (id) => {
    lock.Barrier.unlinkSync(nameOf(id));
  },
};

const rows: Row<lock.Barrier>[] = [
  { name: 'Barrier.wait', isMutual: true, wait: (one, limits) => one.wait(limits) },
  {
    name: 'Barrier.waitSync',
    form: 'sync',
    variant: true,
    isMutual: true,
    wait: (one, limits) => one.waitSync(limits),
  },
];

export const barriers: readonly WaitingOperation[] = rows.map((row) => operationOf(kind, row));
