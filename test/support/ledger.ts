/** Data under a mutex that a death can tear: two counters that are equal whenever nobody holds it. */

import type { lock, memory } from 'posix-ipc';

/** As in test/fixtures/mutex-peer.c. */
const [MUTEX_BYTES, FIRST, SECOND, SEEN, TORN, UNTOLD, COMMITTED, COUNTED] = [
  64, 0, 1, 2, 3, 4, 8, 16,
];
/** In the mutex: how often somebody was told, as it counts itself. */
const DEATHS = 60;
const places = 8;

export class Ledger {
  readonly mutex: lock.Mutex;
  readonly #words: BigInt64Array;
  readonly #deaths: Uint32Array;

  constructor(mapping: memory.Mapping, mutex: lock.Mutex) {
    this.mutex = mutex;
    this.#words = mapping.view(BigInt64Array, MUTEX_BYTES, COUNTED + places);
    this.#deaths = mapping.view(Uint32Array, DEATHS, 1);
  }

  /** What a new owner does first: repairs what the last one has left, or finds it whole. */
  settle(guard: lock.MutexGuard): void {
    const deaths = Number(this.#deaths[0]);
    if (guard.ownerDied) {
      if (deaths <= this.seen + this.untold) throw new Error('a death was told twice');
      this.#words[UNTOLD] = BigInt(deaths - this.seen - 1);
      Atomics.add(this.#words, SEEN, 1n);
      if (this.first !== this.second) Atomics.add(this.#words, TORN, 1n);
      this.#words[SECOND] = BigInt(this.first);
      guard.markConsistent();
    }
    if (this.first !== this.second) throw new Error('torn, and nobody was told');
    if (deaths !== this.seen + this.untold) throw new Error('a death was told to nobody');
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

  /** How often who was told was killed before that was written here: the next one is told, too. */
  get untold(): number {
    return Number(this.#words[UNTOLD]);
  }

  /** How often the counters then differed. */
  get torn(): number {
    return Number(this.#words[TORN]);
  }
}
