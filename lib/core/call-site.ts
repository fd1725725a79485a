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

  /**
   * The error, with the caller's stack. It is put together when somebody looks at it, as V8's own: that takes
   * longer than most calls, and thousands may end at once.
   */
  mark<E extends Error>(error: E): E {
    const head = `${error.name}: ${error.message}`;
    delete error.stack; // to define what is there V8 would put it together first
    const settle = (stack: unknown): void => {
      Object.defineProperty(error, 'stack', { value: stack, writable: true, ...hidden });
    };
    const get = (): unknown => {
      const stack = this.#stackUnder(head);
      settle(stack);
      return stack;
    };
    Object.defineProperty(error, 'stack', { get, set: settle, ...hidden });
    return error;
  }

  #stackUnder(head: string): unknown {
    try {
      const stack = this.#site.stack ?? '';
      // The program's own Error.prepareStackTrace can make anything of it, such as a list of call sites.
      if (typeof (stack as unknown) !== 'string') return stack;
      return [head, ...stack.split('\n').slice(1)].join('\n');
    } catch {
      return head; // that function has thrown
    }
  }
}

const hidden = { configurable: true, enumerable: false };
