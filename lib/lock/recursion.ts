import { AsyncLocalStorage } from 'node:async_hooks';

import { holds, type Hold, type MutexGuard } from './mutex-guard';

/** A `use()` that something runs inside of, and those around it. */
interface Context {
  readonly mutex: Recursion;
  readonly hold: Hold;
  readonly outer: Context | undefined;
}

/** One for all, from the first recursive mutex on: each that there is slows down all promises. */
let contexts: AsyncLocalStorage<Context> | undefined;

/**
 * Who has locked a mutex with `use()`, by what it runs: the function, all that this calls, and the
 * promises that come of it. A thread is no such owner, because promises share it.
 */
export class Recursion {
  readonly #contexts: AsyncLocalStorage<Context>;

  constructor() {
    contexts ??= new AsyncLocalStorage();
    this.#contexts = contexts;
  }

  /** One more guard, if whoever asks runs inside of a `use()` that has the mutex. */
  again(): MutexGuard | undefined {
    for (let one = this.#contexts.getStore(); one !== undefined; one = one.outer) {
      const guard = one.mutex === this ? holds.again(one.hold) : undefined;
      if (guard !== undefined) return guard;
    }
    return undefined;
  }

  run<R>(guard: MutexGuard, fn: (guard: MutexGuard) => R | PromiseLike<R>): Promise<R> {
    let outer = this.#contexts.getStore();
    while (outer?.hold.size === 0) outer = outer.outer; // over: else a chain of them would grow
    const context = { mutex: this, hold: holds.of(guard), outer };
    return this.#contexts.run(context, async () => await fn(guard));
  }
}
