/**
 * What was acquired, until it is released: what `acquire()` of a semaphore gives.
 *
 * `release()`, the end of a `using` block and `Symbol.dispose` do the same, and only once. It
 * works after the object that gave the guard was closed. Nothing is released when the guard is
 * forgotten, or when the process ends.
 *
 * ```js
 * {
 *   using guard = semaphore.acquireSync();
 *   work();
 * } // released here, also if work() throws
 * ```
 */
export abstract class Guard implements Disposable, AsyncDisposable {
  /** Whether it was released. */
  abstract get released(): boolean;

  /** Gives back what was acquired. Idempotent. Errors: what the object's `post` fails with. */
  abstract release(): void;

  [Symbol.dispose](): void {
    this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      this.release();
      resolve();
    });
  }
}

/** One that gives back by a call. */
export class CallingGuard extends Guard {
  #release: (() => void) | undefined;

  /** `release` gives back what was acquired; it is called once, unless it throws. */
  constructor(release: () => void) {
    super();
    this.#release = release;
  }

  override get released(): boolean {
    return this.#release === undefined;
  }

  override release(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

/**
 * Runs a function, which is given the guard, while that is held, and releases the guard however the function ends.
 *
 * If the release fails too, an AggregateError has both errors, the function's first.
 */
export async function useGuard<G extends Disposable, R>(
  acquiring: G | Promise<G>,
  fn: (guard: G) => R | PromiseLike<R>,
): Promise<R> {
  const guard = await acquiring;
  let result: R;
  try {
    result = await fn(guard);
  } catch (error) {
    throw afterRelease(guard, error);
  }
  guard[Symbol.dispose]();
  return result;
}

/** Releases a guard after an error, which is answered, with the release's own if that fails too. */
function afterRelease(guard: Disposable, error: unknown): unknown {
  try {
    guard[Symbol.dispose]();
    return error;
  } catch (second) {
    return new AggregateError([error, second], 'The function failed, and so did the release');
  }
}
