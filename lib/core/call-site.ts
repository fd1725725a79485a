/**
 * Errors that are made when a wait ends carry the stack of the event loop, which tells nobody
 * anything. They get the stack of the call that waited.
 */
export class CallSite {
  readonly #site: { stack?: string } = {};

  /** `method` is the public method; the stack begins at its caller. Without one it may be taken later. */
  constructor(method?: unknown) {
    this.take(method);
  }

  /**
   * Takes the stack, which costs microseconds. Where an async function that the caller awaits has been
   * resumed, and calls this with itself, it begins at the caller, too.
   */
  take(method: unknown): void {
    if (typeof method === 'function') Error.captureStackTrace(this.#site, method);
  }

  /** The error, with the caller's stack. */
  mark<E extends Error>(error: E): E {
    const frames = (this.#site.stack ?? '').split('\n').slice(1);
    error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
    return error;
  }
}
