/** Data under a mutex that a death can tear: two counters that are equal whenever nobody holds it. */

import type { lock, memory } from 'posix-ipc';

/** As in test/fixtures/mutex-peer.c. */
const [MUTEX_BYTES, FIRST, SECOND, SEEN, TORN] = [64, 0, 1, 2, 3];

export class Ledger {
  readonly mutex: lock.Mutex;
  readonly #words: BigInt64Array;

  constructor(mapping: memory.Mapping, mutex: lock.Mutex) {
    this.mutex = mutex;
    this.#words = mapping.view(BigInt64Array, MUTEX_BYTES, 4);
  }

  /** What a new owner does first: repairs what the last one has left, or finds it whole. */
  settle(guard: lock.MutexGuard): void {
    if (guard.ownerDied) {
      Atomics.add(this.#words, SEEN, 1n);
      if (this.first !== this.second) Atomics.add(this.#words, TORN, 1n);
      this.#words[SECOND] = BigInt(this.first);
      guard.markConsistent();
    }
    if (this.first !== this.second) throw new Error('torn, and nobody was told');
  }

  raise(counter: 0 | 1): void {
    Atomics.add(this.#words, counter, 1n);
  }

  get first(): number {
    return Number(this.#words[FIRST]);
  }

  get second(): number {
    return Number(this.#words[SECOND]);
  }

  /** How often somebody was told of a death. */
  get seen(): number {
    return Number(this.#words[SEEN]);
  }

  /** How often the counters then differed. */
  get torn(): number {
    return Number(this.#words[TORN]);
  }
}
