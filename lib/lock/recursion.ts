import { AsyncLocalStorage } from 'node:async_hooks';

import { again, type MutexGuard } from './mutex-guard';

/**
 * Who has locked a mutex with `use()`, by what it runs: the function, all that this calls, and the
 * promises that come of it. A thread is no such owner, because promises share it.
 */
export class Recursion {
  readonly #guards = new AsyncLocalStorage<MutexGuard>();

  /** One more guard, if whoever asks runs inside of a `use()` that has the mutex. */
  again(): MutexGuard | undefined {
    const guard = this.#guards.getStore();
    return guard && again(guard);
  }

  run<R>(guard: MutexGuard, fn: (guard: MutexGuard) => R): R {
    return this.#guards.run(guard, fn, guard);
  }
}
