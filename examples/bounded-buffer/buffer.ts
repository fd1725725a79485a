/**
 * The bounded buffer with two conditions, between processes: who puts waits while it is full, who
 * takes while it is empty. Any of them may be killed at any instant.
 */

import { lock, type memory } from 'posix-ipc';

/** A mutex, two conditions, two counters, and the numbers. */
const [MUTEX, NOT_FULL, NOT_EMPTY, COUNTERS, NUMBERS] = [0, 128, 256, 384, 448];
const capacity = 4;

export const bufferBytes = 4096;

export class BoundedBuffer {
  /** Which this keeps: a mapping that nobody refers to is closed. */
  readonly mapping: memory.Mapping;

  readonly #mutex: lock.Mutex;
  readonly #notFull: lock.Condition;
  readonly #notEmpty: lock.Condition;
  /** How many were put; how many were taken. */
  readonly #counters: Uint32Array;
  readonly #numbers: Float64Array;

  /** `create`: in memory that nobody else uses yet. */
  constructor(mapping: memory.Mapping, create = false) {
    this.mapping = mapping;
    this.#mutex = lock.Mutex.at(mapping, MUTEX, { create });
    this.#notFull = lock.Condition.at(mapping, NOT_FULL, { create });
    this.#notEmpty = lock.Condition.at(mapping, NOT_EMPTY, { create });
    this.#counters = mapping.view(Uint32Array, COUNTERS, 2);
    this.#numbers = mapping.view(Float64Array, NUMBERS, capacity);
  }

  async put(number: number, signal: AbortSignal): Promise<void> {
    using guard = await this.#mutex.lock({ signal });
    await this.#until(this.#notFull, guard, () => this.#held() < capacity, signal);
    this.#notEmpty.notify(guard); // first: who dies after it is noticed by the one that it woke
    this.#numbers[this.#read(0) % capacity] = number;
    this.#count(0); // the one store that changes the buffer: a death tears nothing
  }

  async take(signal: AbortSignal): Promise<number> {
    using guard = await this.#mutex.lock({ signal });
    await this.#until(this.#notEmpty, guard, () => this.#held() > 0, signal);
    this.#notFull.notify(guard);
    const number = this.#numbers[this.#read(1) % capacity] ?? NaN;
    this.#count(1);
    return number;
  }

  /** The dead may have had a notification for somebody else: all look again. */
  async #until(
    condition: lock.Condition,
    guard: lock.MutexGuard,
    predicate: () => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    while (!(await condition.waitFor(guard, predicate, { signal }))) {
      guard.markConsistent();
      this.#notFull.notifyAll(guard);
      this.#notEmpty.notifyAll(guard);
    }
  }

  #held(): number {
    return (this.#read(0) - this.#read(1)) >>> 0;
  }

  #read(counter: 0 | 1): number {
    return this.#counters[counter] ?? NaN;
  }

  #count(counter: 0 | 1): void {
    this.#counters[counter] = this.#read(counter) + 1;
  }
}
