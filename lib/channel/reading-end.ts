import type { ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import type { Keeper } from '../core/keeper';
import type { Limits } from '../core/lane';
import { laterLimitsOf, limitsOf } from '../core/limits';
import { iterate, iteration } from '../core/message-iterator';
import {
  callable,
  integer,
  optionsOf,
  timeoutOf,
  trueMemoryOf,
  type Data,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { countAnswers } from '../core/turn';
import type { Codec, InPlace } from './codec';
import type { Waits } from './waits';

/** How many messages at most. */
export interface LimitOption {
  /** Default: all that are there. */
  limit?: number | undefined;
}

/** How batches are received. */
export interface BatchOptions extends WaitOptions {
  /** Messages in one batch at most. Default 1000. */
  limit?: number | undefined;
}

const batchLimit = 1000;
const mostMessages = 2 ** 31 - 1;

/** How many messages at most, checked. */
function limitOf({ limit }: LimitOption, usual: number): number {
  return limit === undefined ? usual : integer('options.limit', limit, 1, mostMessages);
}

/** What is told of the messages: copied, copied into the caller's memory, decoded, in place. */
export interface Told {
  message: { type: number; data: Buffer };
  into: object;
  decoded: object;
  cursor: object;
}

/** Where messages come from; undefined: there is none. */
export interface Taking<T extends Told> {
  /** Throws where something keeps others out, or the memory is gone. */
  checkFree(): void;
  take(): T['message'] | undefined;
  takeInto(into: Uint8Array): T['into'] | undefined;
  takeMany(limit: number): T['message'][] | undefined;
  takeValue(read: InPlace['read']): T['decoded'] | undefined;
  each(callback: (message: T['cursor']) => void, limit: number, isClosed: () => boolean): number;
}

/** What an end reads with. */
export interface ReadingMeans<T extends Told> {
  reading: Taking<T>;
  codec: Codec | InPlace;
  waits: Waits;
  keeper: Keeper;
  /** A message as it is told, with a value in place of its bytes. */
  decoded: (message: T['message'], value: unknown) => T['decoded'];
}

/** The end of a ring that reads: a receiver, or a subscriber. */
export abstract class ReadingEnd<T extends Told>
  extends Handle
  implements AsyncIterable<T['message']>
{
  readonly #reading: Taking<T>;
  readonly #waits: Waits;
  readonly #take: () => T['message'] | undefined;
  readonly #decode: (message: T['message']) => T['decoded'];
  /** Where the codec does without a Buffer, and calls nobody: the next message, decoded. */
  readonly #takeInPlace: (() => T['decoded'] | undefined) | undefined;

  /** `what` it is, in the words of an error message. */
  constructor(what: string, { reading, codec, waits, keeper, decoded }: ReadingMeans<T>) {
    super(what, keeper);
    this.#reading = reading;
    this.#waits = waits;
    this.#take = () => reading.take();
    this.#decode = (message) => decoded(message, codec.decode(message.data));
    if ('read' in codec) {
      const read: InPlace['read'] = (bytes, at, length) => codec.read(bytes, at, length);
      this.#takeInPlace = () => reading.takeValue(read);
    }
  }

  // ---- copied

  /** The next message, in a Buffer, a piece of a pool: costs that, a copy and a promise. Errors: also ETIMEDOUT. */
  async receive(options?: WaitOptions): Promise<T['message']> {
    const limits = limitsOf(options);
    this.checkFree();
    return this.#waits.wait(this.#take, limits, methods.receive);
  }

  /** As `receive`, blocking the thread: no promise. */
  receiveSync(options?: TimeoutOptions): T['message'] {
    const timeout = timeoutOf(optionsOf(options));
    this.checkFree();
    const tries = !this.#waits.busy;
    const found = tries ? this.#reading.take() : undefined;
    return found ?? this.#waits.waitSync(this.#take, timeout, tries);
  }

  /** The next message if there is one now; else undefined. Costs a Buffer and a copy. */
  tryReceive(): T['message'] | undefined {
    this.checkOpen();
    return this.#waits.overtaking() ? undefined : this.#reading.take();
  }

  /**
   * The next message, copied into the caller's memory: costs the copy and a promise. Errors: also EMSGSIZE (it
   * is longer; it is still there), ETIMEDOUT.
   */
  async receiveInto(memory: Exclude<Data, string>, options?: WaitOptions): Promise<T['into']> {
    const into = trueMemoryOf('memory', memory);
    const limits = limitsOf(options);
    this.checkFree();
    return this.#waits.wait(() => this.#reading.takeInto(into), limits, methods.receiveInto);
  }

  /** As `receiveInto`, blocking the thread: no promise. */
  receiveIntoSync(memory: Exclude<Data, string>, options?: TimeoutOptions): T['into'] {
    const into = trueMemoryOf('memory', memory);
    const timeout = options === undefined ? Infinity : timeoutOf(optionsOf(options));
    this.checkFree();
    const tries = !this.#waits.busy;
    const found = tries ? this.#reading.takeInto(into) : undefined;
    return found ?? this.#waits.waitSync(() => this.#reading.takeInto(into), timeout, tries);
  }

  /** As `receiveInto` if there is a message now; else undefined. The quickest form that takes one message. */
  tryReceiveInto(memory: Exclude<Data, string>): T['into'] | undefined {
    const into = trueMemoryOf('memory', memory);
    this.checkOpen();
    return this.#waits.overtaking() ? undefined : this.#reading.takeInto(into);
  }

  // ---- decoded

  /** The next message as the `codec` decodes it: costs that, and what `receive` costs. Errors: also EBADMSG, with a cause. */
  async receiveValue(options?: WaitOptions): Promise<T['decoded']> {
    const take = this.#takeInPlace;
    if (take === undefined) return this.#decode(await this.receive(options));
    const limits = limitsOf(options);
    this.checkFree();
    return this.#waits.wait(take, limits, methods.receiveValue);
  }

  /** As `receiveValue`, blocking the thread. */
  receiveValueSync(options?: TimeoutOptions): T['decoded'] {
    const take = this.#takeInPlace;
    if (take === undefined) return this.#decode(this.receiveSync(options));
    const timeout = timeoutOf(optionsOf(options));
    this.checkFree();
    const tries = !this.#waits.busy;
    const found = tries ? take() : undefined;
    return found ?? this.#waits.waitSync(take, timeout, tries);
  }

  /** The next message, decoded, if there is one now; else undefined. */
  tryReceiveValue(): T['decoded'] | undefined {
    this.checkOpen();
    return this.#waits.overtaking() ? undefined : this.#takeValue();
  }

  #takeValue(): T['decoded'] | undefined {
    if (this.#takeInPlace !== undefined) return this.#takeInPlace();
    const message = this.#reading.take();
    return message && this.#decode(message);
  }

  // ---- in place

  /**
   * Calls a function with each message that is there when it is called, up to `limit`: the fastest
   * form: no copy, no object. It is always the same cursor, which shows the message only until the function returns.
   * Answers how many. What the function throws ends the loop; its message is received.
   *
   * ```js
   * receiver.forEach((message) => {
   *   total += message.view().readInt32LE();
   * });
   * ```
   */
  forEach(callback: (message: T['cursor']) => void, options?: LimitOption): number {
    const limit = limitOf(optionsOf(options), mostMessages);
    callable('callback', callback);
    this.checkFree();
    return this.#waits.overtaking() ? 0 : this.#reading.each(callback, limit, () => this.closed);
  }

  // ---- in turn

  /** The messages, one after the other, until this object is closed. Costs a Buffer and a promise each. */
  messages(options?: WaitOptions): AsyncIterableIterator<T['message']> {
    return this.#iterate(laterLimitsOf(options), nextOf(this.#waits, this.#take));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T['message']> {
    return this.messages();
  }

  /**
   * As `messages`, decoded.
   *
   * ```js
   * for await (const { value } of receiver.values()) handle(value);
   * ```
   */
  values(options?: WaitOptions): AsyncIterableIterator<T['decoded']> {
    const limits = laterLimitsOf(options);
    const take = this.#takeInPlace;
    if (take !== undefined) return this.#iterate(limits, nextOf(this.#waits, take));
    // Not in the line of those who wait: a codec of the caller's that receives would be given what is taken there.
    const next = nextOf(this.#waits, this.#take);
    return this.#iterate(limits, (own) => whenTaken(next(own), this.#decode));
  }

  /**
   * What is there, up to `limit` messages at a time, at least one, until this object is closed. Costs a Buffer
   * each, and a promise for all of them.
   *
   * ```js
   * for await (const batch of receiver.batches()) for (const { data } of batch) handle(data);
   * ```
   */
  batches(options?: BatchOptions): AsyncIterableIterator<T['message'][]> {
    const given = optionsOf(options);
    const limit = limitOf(given, batchLimit);
    const take = (): T['message'][] | undefined => {
      const batch = this.#reading.takeMany(limit);
      if (batch !== undefined) countAnswers(batch.length - 1);
      return batch;
    };
    return this.#iterate(laterLimitsOf(given), nextOf(this.#waits, take));
  }

  override ref(): this {
    this.#waits.holding = true;
    return super.ref();
  }

  override unref(): this {
    this.#waits.holding = false;
    return super.unref();
  }

  protected override release(reason: () => ClosedError): void {
    this.#waits.end(reason);
  }

  /** Whether it is open, and nothing keeps others out. */
  protected checkFree(): void {
    this.checkOpen();
    this.#reading.checkFree();
  }

  #iterate<R extends object>(
    limits: ReturnType<typeof laterLimitsOf>,
    receive: (own: Limits) => R | Promise<R>,
  ): AsyncIterableIterator<R> {
    const check = (): void => {
      this.checkFree();
    };
    if (!this.closed) check(); // else it ends at once, as a loop that has begun does
    return iterate(limits, check, receive);
  }
}

/** What an iteration asks for each time. A closure over what it needs: a method behind it takes a tenth of a message's time. */
function nextOf<R extends object>(
  waits: Waits,
  take: () => R | undefined,
): (own: Limits) => R | Promise<R> {
  return (own) => waits.wait(take, own, iteration.next);
}

function whenTaken<R, S>(taken: R | Promise<R>, told: (taken: R) => S): S | Promise<S> {
  return taken instanceof Promise ? taken.then(told) : told(taken);
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'receive' | 'receiveInto' | 'receiveValue', unknown> = ReadingEnd.prototype;
