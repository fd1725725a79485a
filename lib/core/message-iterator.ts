import { eitherOf } from './either';
import { ClosedError } from './error';
import type { Limits } from './lane';
import { throwIfAborted } from './options';
import { promised } from './promised';

/**
 * What is received, one after the other, until the end (null) or until the object is closed. Written
 * by hand: an async generator costs twice as much, and what is there already should cost one promise.
 */
export class MessageIterator<T extends object | string> implements AsyncIterableIterator<T> {
  readonly #receive: () => T | null | Promise<T | null>;
  readonly #fail: (error: unknown) => IteratorResult<T, undefined>;
  readonly #found: (value: T | null) => IteratorResult<T, undefined>;
  readonly #leaving: AbortController;
  #ended = false;

  /** `leaving` ends the wait of `receive` when the loop is left. */
  constructor(receive: () => T | null | Promise<T | null>, leaving: AbortController) {
    this.#receive = receive;
    this.#leaving = leaving;
    this.#found = (value) => {
      if (value !== null) return { value, done: false };
      this.#ended = true;
      return end();
    };
    this.#fail = (error) => {
      this.#ended = true;
      if (error instanceof ClosedError || this.#leaving.signal.aborted) return end();
      throw error;
    };
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return Promise.resolve(end());
    try {
      const received = this.#receive();
      if (received instanceof Promise) return received.then(this.#found, this.#fail);
      return Promise.resolve(this.#found(received));
    } catch (error) {
      return promised(() => this.#fail(error));
    }
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#ended = true;
    this.#leaving.abort();
    return Promise.resolve(end());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function end(): IteratorReturnResult<undefined> {
  return { value: undefined, done: true };
}

/**
 * Iterates over what `receive` gives within the limits. Leaving the loop ends its wait, through a
 * signal of its own. `check` throws where there is nothing to wait for any more.
 */
export function iterate<T extends object | string, L extends Limits>(
  limits: L,
  check: () => void,
  receive: (limits: L) => T | null | Promise<T | null>,
): MessageIterator<T> {
  const leaving = new AbortController();
  const { signal: given } = limits;
  const signal = given === undefined ? leaving.signal : eitherOf(given, leaving.signal);
  const own = { ...limits, signal };
  return new MessageIterator(() => {
    check();
    throwIfAborted(limits.signal);
    return receive(own);
  }, leaving);
}

/** Where the stack of an error begins: at the caller of this. */
export const iteration: Record<'next', unknown> = MessageIterator.prototype;
