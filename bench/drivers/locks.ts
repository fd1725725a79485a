/** posix-ipc: the other locks in shared memory. The address is the memory's name. */

import type { Driver, Repeats, Works } from '../core/driver';
import { Locks, WORD } from '../core/locks';
import { Slots } from '../core/slots';

/** What two programs count that meet at a barrier. */
class Rounds {
  readonly #words: Int32Array;
  readonly #mine: number;
  readonly #other: number;
  #round = 0;

  constructor(words: Int32Array) {
    this.#words = words;
    const program = Atomics.add(words, WORD.programs, 1);
    this.#mine = WORD.round + program;
    this.#other = WORD.round + 1 - program;
  }

  /** Before the barrier. */
  come(): void {
    this.#words[this.#mine] = ++this.#round;
  }

  /** After it: the other one has come, too. The last of them counts the round. */
  go(wasLast: boolean): void {
    if ((this.#words[this.#other] as number) < this.#round)
      throw new Error('the other has not come');
    if (wasLast) this.#words[WORD.total] = (this.#words[WORD.total] as number) + 1;
  }
}

function readersWriter({ rwlock }: Locks): Record<string, Repeats> {
  return {
    'rwlock: readLockSync + release': () => (count) => {
      for (let i = 0; i < count; i++) rwlock.readLockSync().release();
    },
    'rwlock: await readLock + release': () => async (count) => {
      for (let i = 0; i < count; i++) (await rwlock.readLock()).release();
    },
    'rwlock: writeLockSync + release': () => (count) => {
      for (let i = 0; i < count; i++) rwlock.writeLockSync().release();
    },
    'rwlock: await writeLock + release': () => async (count) => {
      for (let i = 0; i < count; i++) (await rwlock.writeLock()).release();
    },
  };
}

function meeting({ barrier, words }: Locks): Record<string, Repeats> {
  return {
    'barrier: waitSync': () => {
      const rounds = new Rounds(words);
      return (count) => {
        for (let i = 0; i < count; i++) {
          rounds.come();
          rounds.go(barrier.waitSync());
        }
      };
    },
    'barrier: await wait': () => {
      const rounds = new Rounds(words);
      return async (count) => {
        for (let i = 0; i < count; i++) {
          rounds.come();
          rounds.go(await barrier.wait());
        }
      };
    },
  };
}

function done({ once }: Locks): Record<string, Repeats> {
  const first = (work: (run: () => void) => Works): Works => {
    let runs = 0;
    const run = (): void => {
      runs++;
    };
    once.runSync(run);
    const works = work(run);
    return async (count) => {
      await works(count);
      if (runs !== 1) throw new Error(`it ran ${String(runs)} times`);
    };
  };
  return {
    'once: runSync': () =>
      first((run) => (count) => {
        for (let i = 0; i < count; i++) once.runSync(run);
      }),
    'once: await run': () =>
      first((run) => async (count) => {
        for (let i = 0; i < count; i++) await once.run(run);
      }),
  };
}

export const open: Driver['open'] = (address) => {
  const locks = new Locks(Slots.open(address).mapping);
  return { repeat: { ...readersWriter(locks), ...meeting(locks), ...done(locks) } };
};
