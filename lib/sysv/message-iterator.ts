import { ClosedError } from '../core/error';
import { promised } from '../core/promised';
import type { Message } from './message';

type Result = IteratorResult<Message, undefined>;

/**
 * Messages one by one. Written by hand: an async generator costs twice as much per message, and a
 * message that is there already should cost one promise.
 */
export class MessageIterator implements AsyncIterableIterator<Message> {
  readonly #receive: () => Message | Promise<Message>;
  readonly #fail: (error: unknown) => Result;
  #ended = false;

  constructor(receive: () => Message | Promise<Message>) {
    this.#receive = receive;
    this.#fail = (error) => {
      this.#ended = true;
      if (error instanceof ClosedError) return end();
      throw error;
    };
  }

  next(): Promise<Result> {
    if (this.#ended) return Promise.resolve(end());
    try {
      const message = this.#receive();
      if (message instanceof Promise) return message.then(found, this.#fail);
      return Promise.resolve(found(message));
    } catch (error) {
      return promised(() => this.#fail(error));
    }
  }

  return(): Promise<Result> {
    this.#ended = true;
    return Promise.resolve(end());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function found(value: Message): Result {
  return { value, done: false };
}

function end(): Result {
  return { value: undefined, done: true };
}
