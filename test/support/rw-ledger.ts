/** Data under a readers-writer lock: two counters that differ only while somebody writes. */

import type { lock, memory } from 'posix-ipc';

/** As in test/fixtures/rwlock-peer.c. */
const OFFSET = 2048;
const [FIRST, SECOND, SEEN, TORN, UNTOLD] = [0, 1, 2, 3, 4];
/** In the lock: how often somebody was told, as it counts itself. */
const DEATHS = 32;

/** So many slots and the lock lie before it. */
export const ledgerSlots = 16;

export class RwLedger {
  readonly rwlock: lock.RwLock;
  readonly #words: BigInt64Array;
  readonly #deaths: Uint32Array;

  constructor(mapping: memory.Mapping, rwlock: lock.RwLock) {
    this.rwlock = rwlock;
    this.#words = mapping.view(BigInt64Array, OFFSET, 5);
    this.#deaths = mapping.view(Uint32Array, DEATHS, 1);
  }

  /** What a new holder does first: repairs what the last one has left, or finds it whole. */
  settle(guard: lock.RwLockGuard): void {
    if (guard.ownerDied) {
      this.repair();
      guard.markConsistent();
    }
    this.look();
    if (this.#told !== this.seen + this.untold) throw new Error('a death was told to nobody');
  }

  /** By who was told. */
  repair(): void {
    if (this.#told <= this.seen + this.untold) throw new Error('a death was told twice');
    this.#words[UNTOLD] = BigInt(this.#told - this.seen - 1);
    Atomics.add(this.#words, SEEN, 1n);
    if (this.first !== this.second) Atomics.add(this.#words, TORN, 1n);
    this.#words[SECOND] = BigInt(this.first);
  }

  look(): void {
    if (this.first !== this.second) throw new Error('torn, and nobody was told');
  }

  raise(counter: 0 | 1): void {
    Atomics.add(this.#words, counter, 1n);
  }

  get #told(): number {
    return Number(this.#deaths[0]);
  }

  get first(): number {
    return Number(Atomics.load(this.#words, FIRST));
  }

  get second(): number {
    return Number(Atomics.load(this.#words, SECOND));
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
