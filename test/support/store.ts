/** What test/fixtures/condition-peer.c puts into and takes out of. */

import { lock, type memory, type WaitOptions } from 'posix-ipc';

/** So that one lost notification stops all. */
const CAPACITY = 1;
const [HOLDS, PUT, TAKEN, TOLD, TORN, UNTOLD] = [0, 1, 2, 3, 4, 5];
/** In the mutex: how often somebody was told, as it counts itself. */
const DEATHS = 60;

export class Store {
  readonly mutex: lock.Mutex;
  readonly filled: lock.Condition;
  readonly emptied: lock.Condition;
  readonly words: Int32Array;
  readonly #deaths: Uint32Array;
  readonly #linger: () => void;

  /** `linger`: spends time with numbers that do not agree. */
  constructor(
    mapping: memory.Mapping,
    { create = false, linger }: { create?: boolean; linger?: (() => void) | undefined } = {},
  ) {
    this.mutex = lock.Mutex.at(mapping, 0, { create });
    this.filled = lock.Condition.at(mapping, 128, { create });
    this.emptied = lock.Condition.at(mapping, 256, { create });
    this.#linger = linger ?? (() => undefined);
    this.words = mapping.view(Int32Array, 384, 6);
    this.#deaths = mapping.view(Uint32Array, DEATHS, 1);
  }

  get holds(): number {
    return this.#read(HOLDS);
  }

  get taken(): number {
    return this.#read(TAKEN);
  }

  /** How often somebody was told of a death. */
  get told(): number {
    return this.#read(TOLD);
  }

  /** How often who was told was killed before that was written here: the next one is told, too. */
  get untold(): number {
    return this.#read(UNTOLD);
  }

  /** How often the numbers then did not agree. */
  get torn(): number {
    return this.#read(TORN);
  }

  /** What lies there, was put, and was taken. */
  get counts(): number[] {
    return [...this.words.subarray(HOLDS, TAKEN + 1)];
  }

  get agrees(): boolean {
    return this.#read(PUT) - this.taken === this.holds;
  }

  /** Who is told of a death tells all. */
  settle(guard: lock.MutexGuard): void {
    const deaths = this.#deaths[0] ?? NaN;
    if (guard.ownerDied) {
      if (deaths <= this.told + this.untold) throw new Error('a death was told twice');
      this.words[UNTOLD] = deaths - this.told - 1;
      this.#add(TOLD, 1);
      if (!this.agrees) this.#add(TORN, 1);
      this.words[PUT] = this.taken + this.holds;
      guard.markConsistent();
      this.filled.notifyAll(guard);
      this.emptied.notifyAll(guard);
    }
    if (!this.agrees) throw new Error('torn, and nobody was told');
    if (deaths !== this.told + this.untold) throw new Error('a death was told to nobody');
  }

  async put(options?: WaitOptions): Promise<void> {
    using guard = await this.mutex.lock();
    this.settle(guard);
    while (this.holds === CAPACITY) {
      await this.emptied.wait(guard, options);
      this.settle(guard);
    }
    this.#putIn(guard);
  }

  putSync(): void {
    using guard = this.mutex.lockSync();
    this.settle(guard);
    while (this.holds === CAPACITY) {
      this.emptied.waitSync(guard);
      this.settle(guard);
    }
    this.#putIn(guard);
  }

  async take(options?: WaitOptions, woken?: (died: boolean) => void): Promise<void> {
    using guard = await this.mutex.lock();
    this.settle(guard);
    while (this.holds === 0) {
      await this.filled.wait(guard, options);
      woken?.(guard.ownerDied);
      this.settle(guard);
    }
    this.#takeOut(guard);
  }

  takeSync(): void {
    using guard = this.mutex.lockSync();
    this.settle(guard);
    while (this.holds === 0) {
      this.filled.waitSync(guard);
      this.settle(guard);
    }
    this.#takeOut(guard);
  }

  #putIn(guard: lock.MutexGuard): void {
    this.filled.notify(guard);
    this.#add(HOLDS, 1);
    this.#linger();
    this.#add(PUT, 1);
  }

  #takeOut(guard: lock.MutexGuard): void {
    this.emptied.notify(guard);
    this.#add(HOLDS, -1);
    this.#linger();
    this.#add(TAKEN, 1);
  }

  #read(word: number): number {
    return this.words[word] ?? NaN;
  }

  #add(word: number, by: number): void {
    Atomics.add(this.words, word, by);
  }
}
