/** The rows of the condition: under a mutex, who waits takes what somebody puts into a word. */

import { randomInt } from 'node:crypto';

import { lock, posix } from 'posix-ipc';

import { operationOf, type Kind, type Row } from './operation-of';
import type { Limits, WaitingOperation } from './waiting-operation';

const CONDITION = 128;
const WORD = 256 / 4;

interface Parts {
  mutex: lock.Mutex;
  words: Int32Array;
}

const partsOf = new WeakMap<lock.Condition, Parts>();

/** The number at its end is what tests know the condition by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-condition-${String(id)}`;
}

function open(id: number, create = false): lock.Condition {
  const name = nameOf(id);
  const memory = create
    ? posix.SharedMemory.createSync(name, { size: 4096 })
    : posix.SharedMemory.openSync(name);
  const { mapping } = memory;
  const condition = lock.Condition.at(mapping, CONDITION, { create });
  const mutex = lock.Mutex.at(mapping, 0, { create, recover: () => undefined });
  partsOf.set(condition, { mutex, words: mapping.view(Int32Array) });
  return condition;
}

function parts(condition: lock.Condition): Parts {
  const found = partsOf.get(condition);
  if (found === undefined) throw new Error('not one of these');
  return found;
}

async function take(condition: lock.Condition, limits: Limits): Promise<void> {
  const { mutex, words } = parts(condition);
  await Promise.resolve(); // who serves it at once locks in this thread, and cannot wait for it
  using guard = await mutex.lock();
  while (words[WORD] === 0) await condition.wait(guard, limits);
  words[WORD] = 0;
}

function takeSync(condition: lock.Condition, limits: Limits): void {
  const { mutex, words } = parts(condition);
  using guard = mutex.lockSync();
  while (words[WORD] === 0) condition.waitSync(guard, limits);
  words[WORD] = 0;
}

const kind: Kind<lock.Condition> = {
  gives: false,
  contents: { untouched: ['0'], unserved: ['1'], served: ['0'] },
  call: 'futex',
  syncCall: 'futex',
  create: () => {
    const id = randomInt(2 ** 47);
    open(id, true).close();
    return id;
  },
  open,
  satisfy: (id) => {
    using own = open(id);
    const { mutex, words } = parts(own);
    using guard = mutex.lockSync();
    own.notify(guard);
    words[WORD] = 1;
  },
  contentsOf: (id) => {
    using own = open(id);
    const { mutex, words } = parts(own);
    const guard = mutex.lockSync();
    guard.release();
    return [String(words[WORD])];
  },
  remove: (id) => {
    posix.SharedMemory.unlinkSync(nameOf(id));
  },
};

const rows: Row<lock.Condition>[] = [
  { name: 'Condition.wait', wait: take },
  { name: 'Condition.waitSync', form: 'sync', variant: true, wait: takeSync },
];

export const conditions: readonly WaitingOperation[] = rows.map((row) => operationOf(kind, row));
