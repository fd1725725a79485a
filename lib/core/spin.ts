import { availableParallelism } from 'node:os';

/**
 * Whether to try for some microseconds more before a thread is parked.
 *
 * Waking a sleeping thread takes longer than many peers take to answer. So a wait that ended soon
 * after it began earns the next ones a short spin; spins that find nothing use that up. It is never
 * worth while on one CPU, where the peer cannot run meanwhile.
 */
export class Spin {
  /** How long one spin may last, in milliseconds: about the time of two wake-ups. */
  static readonly duration = 0.025;

  static readonly #soon = 0.06;
  static readonly #most = 8;
  #credit = 0;
  #parkedAt = 0;

  get worthwhile(): boolean {
    return this.#credit > 0;
  }

  /** A spin found something, or did not. */
  ended(found: boolean): void {
    this.#credit = found ? Spin.#most : this.#credit - 1;
  }

  /** A wait is parked. */
  parked(): void {
    this.#parkedAt = performance.now();
  }

  /** A parked wait was answered. */
  answered(): void {
    const soon = performance.now() - this.#parkedAt < Spin.#soon;
    if (soon && availableParallelism() > 1) this.#credit = Spin.#most;
  }
}
