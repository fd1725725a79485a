/** The rows of the futex: a word of a file that both sides have mapped. */

import { randomInt } from 'node:crypto';
import { unlinkSync, writeFileSync } from 'node:fs';

import { event } from 'posix-ipc';

import { mapFile, withOneWord } from '../support/words';
import type { Limits, Subject, WaitingOperation } from './waiting-operation';

interface Row {
  name: string;
  form?: 'sync';
  wait: (futex: event.Futex, limits: Limits) => Promise<unknown>;
}

/** The number at its end is what tests know the word by; see support/blocked.ts. */
function fileOf(id: number): string {
  return `/dev/shm/posix-ipc-futex-${String(id)}`;
}

function subject(id: number, { wait }: Row): Subject {
  const futex = new event.Futex(mapFile(fileOf(id)));
  return {
    id,
    object: futex,
    wait: (limits = {}) => wait(futex, limits),
    satisfy: () => {
      withOneWord(fileOf(id), (own, words) => {
        Atomics.add(words, 0, 1);
        own.wake(1);
      });
    },
    contents: () => withOneWord(fileOf(id), (_own, words) => [String(Atomics.load(words, 0))]),
    close: () => {
      futex.close();
      futex.mapping.close();
    },
    remove: () => {
      unlinkSync(fileOf(id));
    },
    unref: () => {
      futex.unref();
    },
  };
}

/** A wait for a word that is 0 to change. Nothing is taken: what was changed stays so. */
function waiting(row: Row): WaitingOperation {
  const { name, form = 'promise' } = row;
  return {
    name,
    form,
    variant: false,
    takes: form === 'sync' ? ['timeout'] : ['timeout', 'signal'],
    gives: false,
    call: form === 'sync' ? 'futex' : 'futex_waitv',
    removal: undefined,
    contents: { untouched: ['0'], unserved: ['1'], served: ['1'] },
    create: () => {
      const id = randomInt(2 ** 47);
      writeFileSync(fileOf(id), Buffer.alloc(4096));
      return subject(id, row);
    },
    open: (id) => subject(id, row),
  };
}

const done = Promise.resolve();

export const futex: readonly WaitingOperation[] = [
  waiting({ name: 'Futex.wait', wait: (word, limits) => word.wait(0, limits) }),
  waiting({
    name: 'Futex.waitSync',
    form: 'sync',
    wait: (word, limits) => {
      word.waitSync(0, limits);
      return done;
    },
  }),
];
