/** Data under a readers-writer lock: two counters that differ only while somebody writes. */

import type { lock, memory } from 'posix-ipc';

/** As in test/fixtures/rwlock-peer.c. */
const OFFSET = 2048;
const [FIRST, SECOND, SEEN, TORN] = [0, 1, 2, 3];

/** So many slots and the lock lie before it. */
export const ledgerSlots = 16;

export class RwLedger {
  readonly rwlock: lock.RwLock;
  readonly #words: BigInt64Array;

  constructor(mapping: memory.Mapping, rwlock: lock.RwLock) {
    this.rwlock = rwlock;
    this.#words = mapping.view(BigInt64Array, OFFSET, 4);
  }

  /** What a new holder does first: repairs what the last one has left, or finds it whole. */
  settle(guard: lock.RwLockGuard): void {
    if (guard.ownerDied) {
      Atomics.add(this.#words, SEEN, 1n);
      if (this.first !== this.second) Atomics.add(this.#words, TORN, 1n);
      this.#words[SECOND] = BigInt(this.first);
      guard.markConsistent();
    }
    this.look();
  }

  look(): void {
    if (this.first !== this.second) throw new Error('torn, and nobody was told');
  }

  raise(counter: 0 | 1): void {
    Atomics.add(this.#words, counter, 1n);
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

  /** How often the counters then differed. */
  get torn(): number {
    return Number(this.#words[TORN]);
  }
}
