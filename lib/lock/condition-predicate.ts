/** Waits for something to be so, which is looked at again after each wake-up, with the mutex. */

import { deadlineAfter, remaining } from '../core/deadline';
import type { Limits } from '../core/lane';
import { boolean, callable } from '../core/options';
import { waits, type MutexGuard } from './mutex-guard';

/** Looks at data that a mutex guards. */
export type Predicate = () => boolean;

type Failure = { reason: unknown } | undefined;

/** The condition's own wait, and what it fails with when the time is over. */
export interface Waiting {
  wait: (limits: Limits) => Promise<void>;
  waitSync: (timeout: number) => void;
  expired: () => Error;
}

/** One who waits, with the mutex whenever a method is called. */
export class Lookout {
  readonly #guard: MutexGuard;
  readonly #predicate: Predicate;
  readonly #waiting: Waiting;
  readonly #deadline: number;

  constructor(guard: MutexGuard, predicate: Predicate, timeout: number, waiting: Waiting) {
    this.#guard = guard;
    this.#predicate = callable('predicate', predicate);
    this.#waiting = waiting;
    this.#deadline = deadlineAfter(timeout);
  }

  async until(signal: AbortSignal | undefined): Promise<boolean> {
    let failure: Failure;
    for (;;) {
      const seen = this.#look(failure);
      if (seen !== undefined) return seen;
      const left = remaining(this.#deadline);
      const isAborted = signal?.aborted === true;
      try {
        await this.#waiting.wait({ timeout: left, signal });
        failure = isAborted ? { reason: signal.reason } : this.#last(left);
      } catch (reason) {
        failure = { reason };
      }
    }
  }

  untilSync(): boolean {
    let failure: Failure;
    for (;;) {
      const seen = this.#look(failure);
      if (seen !== undefined) return seen;
      const left = remaining(this.#deadline);
      try {
        this.#waiting.waitSync(left);
        failure = this.#last(left);
      } catch (reason) {
        failure = { reason };
      }
    }
  }

  /** Whoever is notified again and again, although the time is over, looks once more only. */
  #last(left: number): Failure {
    return left === 0 ? { reason: this.#waiting.expired() } : undefined;
  }

  /** true: it is so; false: a death is to be settled first; undefined: it is to be waited for. */
  #look(failure: Failure): boolean | undefined {
    if (failure !== undefined && this.#guard.released) throw failure.reason;
    if (!waits.isConsistent(this.#guard)) return false;
    if (boolean('the result of predicate', this.#predicate())) return true;
    if (failure !== undefined) throw failure.reason;
    return undefined;
  }
}
