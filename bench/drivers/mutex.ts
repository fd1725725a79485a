/** posix-ipc: the mutex in shared memory. The address is the memory's name. */

import type { lock } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { exchange, type Wakes } from '../core/exchange';
import { Locks, WORD } from '../core/locks';
import { Slots } from '../core/slots';

/** What two programs do together under one mutex: so many sections, whoever does them. */
class Sections {
  readonly #locks: Locks;
  readonly #words: Int32Array;
  #goal = 0;
  #mine = 0;

  /** Waits for the other program. */
  constructor(locks: Locks) {
    this.#locks = locks;
    this.#words = locks.words;
    locks.meet();
  }

  begin(count: number): void {
    this.#goal += count;
    this.#mine = 0;
  }

  /** The work of a section, and whether there was any left. */
  work(): boolean {
    const words = this.#words;
    const done = words[WORD.first] as number;
    if (done >= this.#goal) return false;
    words[WORD.first] = done + 1;
    words[WORD.second] = (words[WORD.second] as number) + 1;
    this.#mine++;
    return true;
  }

  /** Both have ended. */
  end(): void {
    Atomics.add(this.#words, WORD.total, this.#mine);
    this.#locks.meet();
  }
}

/** Of three mutexes who asks has two, from the second one on, and who answers has the first one. */
const [ASKS, ANSWERS] = [
  { first: 1, has: 2 },
  { first: 0, has: 1 },
];

/**
 * The programs take the three mutexes in turn. Who has a message releases what it has had longest,
 * for which the other one waits; and then waits for what the other one releases when it has got that.
 * With two mutexes one could take again what it has just released.
 */
class HandOver implements Wakes {
  readonly #locks: Locks;
  #guards: lock.MutexGuard[] | undefined;
  #next = 0;

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  send(): void {
    (this.#begun(ASKS).shift() as lock.MutexGuard).release();
  }

  receiveSync(): void {
    this.#begun(ANSWERS).push(this.#turn().lockSync());
  }

  async receive(): Promise<void> {
    const guards = this.#begun(ANSWERS);
    guards.push(await this.#turn().lock());
  }

  end(): void {
    for (const guard of this.#guards ?? []) guard.release();
  }

  #turn(): lock.Mutex {
    const { mutexes } = this.#locks;
    const mutex = mutexes[this.#next] as lock.Mutex;
    this.#next = (this.#next + 1) % mutexes.length;
    return mutex;
  }

  /** Waits for the other program, until each has what it is to have; `begins`: if this is how it begins. */
  #begun(begins: { first: number; has: number }): lock.MutexGuard[] {
    if (this.#guards === undefined) {
      this.#next = begins.first;
      this.#guards = Array.from({ length: begins.has }, () => this.#turn().lockSync());
      this.#locks.meet();
    }
    return this.#guards;
  }
}

export const open: Driver['open'] = (address) => {
  const slots = Slots.open(address);
  const locks = new Locks(slots.mapping);
  const handOver = new HandOver(locks);
  const { mutex } = locks;
  return {
    ...exchange(slots, handOver),
    repeat: {
      'lockSync + release': () => (count) => {
        for (let i = 0; i < count; i++) mutex.lockSync().release();
      },
      'tryLock + release': () => (count) => {
        for (let i = 0; i < count; i++) mutex.tryLock()?.release();
      },
      'await lock + release': () => async (count) => {
        for (let i = 0; i < count; i++) (await mutex.lock()).release();
      },
      'contended, lockSync + release': () => {
        const sections = new Sections(locks);
        return (count) => {
          sections.begin(count);
          for (let more = true; more;) {
            const guard = mutex.lockSync();
            more = sections.work();
            guard.release();
          }
          sections.end();
        };
      },
      'contended, await lock + release': () => {
        const sections = new Sections(locks);
        return async (count) => {
          sections.begin(count);
          for (let more = true; more;) {
            const guard = await mutex.lock();
            more = sections.work();
            guard.release();
          }
          sections.end();
        };
      },
    },
    end: () => {
      handOver.end();
    },
  };
};
