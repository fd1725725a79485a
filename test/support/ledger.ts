/** Data under a mutex that a death can tear: two counters that are equal whenever nobody holds it. */

import type { lock, memory } from 'posix-ipc';

/** As in test/fixtures/mutex-peer.c. */
const [MUTEX_BYTES, FIRST, SECOND, SEEN, TORN, COMMITTED, COUNTED] = [64, 0, 1, 2, 3, 8, 16];
const places = 8;

export class Ledger {
  readonly mutex: lock.Mutex;
  readonly #words: BigInt64Array;

  constructor(mapping: memory.Mapping, mutex: lock.Mutex) {
    this.mutex = mutex;
    this.#words = mapping.view(BigInt64Array, MUTEX_BYTES, COUNTED + places);
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

  /** By who is in a place, amid its turn. */
  commit(place: number): void {
    Atomics.add(this.#words, COMMITTED + place, 1n);
  }

  /** After it. */
  count(place: number): void {
    Atomics.add(this.#words, COUNTED + place, 1n);
  }

  /** Of all places. */
  get committed(): number {
    return this.#sum(COMMITTED);
  }

  get counted(): number {
    return this.#sum(COUNTED);
  }

  #sum(first: number): number {
    return this.#words
      .subarray(first, first + places)
      .reduce<number>((sum, one) => sum + Number(one), 0);
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
