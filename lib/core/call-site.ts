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
    try {
      error.stack = this.#stackOf(error);
    } catch {
      // The program's own Error.prepareStackTrace has thrown: the error is told all the same.
    }
    return error;
  }

  #stackOf({ name, message }: Error): string {
    const { stack = '' } = this.#site;
    // That function can make anything of it, such as a list of call sites.
    if (typeof (stack as unknown) !== 'string') return stack;
    const frames = stack.split('\n').slice(1);
    return [`${name}: ${message}`, ...frames].join('\n');
  }
}
