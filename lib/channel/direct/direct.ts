import { setMaxListeners } from 'node:events';

import { byOpener, checkOpener, type ByOpener } from '../../core/by-opener';
import { Closable } from '../../core/closable';
import { deadlineAfter, remaining } from '../../core/deadline';
import { eitherOf } from '../../core/either';
import { ClosedError, SystemError } from '../../core/error';
import type { Limits } from '../../core/lane';
import { laterLimitsOf, limitsOf } from '../../core/limits';
import { iterate } from '../../core/message-iterator';
import {
  bytesOf,
  callable,
  optionsOf,
  timeoutOf,
  type Data,
  type TimeoutOptions,
  type WaitOptions,
} from '../../core/options';
import type { Codec } from '../codec';
import type { Message } from '../reading';
import { ETIMEDOUT } from '../place';
import { serveWaiting, type Receiver } from '../receiver';
import type { ChannelPeer } from '../role';
import type { Sender } from '../sender';
import { typeOf, type SendOptions, type SendSyncOptions, type TypeOption } from '../writing-end';
import { Answers, type RequestHandler } from './answers';
import { atExit } from './exit';
import { ERROR, REPLY, type Frame } from './frame';
import { directFailure, type Link } from './link';
import type { Seat } from './meeting';
import { located, Pending } from './pending';
import { Requests } from './requests';
import { byValues, type ValueRequestHandler } from './values';

/** Milliseconds that a blocked thread sleeps at most before it looks whether the other end is gone. */
const longestBlock = 100;

/** For the openers: the two have met. */
export function directOf(seat: Seat, link: Link, codec: Codec): Direct {
  return new Direct(byOpener, seat, link, codec);
}

/**
 * A duplex between exactly two processes, or threads: messages in both directions, and requests with
 * replies. It ends when either end is closed, or dies.
 *
 * What fails because the other end is gone is EPIPE where that was closed, ECONNRESET where it has
 * died; what it had sent before can still be received. Errors of all forms: these, EBADMSG (somebody
 * has overwritten the memory), EMSGSIZE, ERR_CLOSED. Source: docs/direct.md.
 *
 * ```js
 * const direct = await channel.direct('/calculator'); // in both processes
 *
 * direct.onRequest(({ data }) => String(Number(data) ** 2)); // there
 *
 * const reply = await direct.request('12'); // here: <Buffer '144'>
 * direct.close(); // the end of both
 * ```
 */
export class Direct extends Closable implements AsyncIterable<Message> {
  /** Under which the two have met, with its leading slash. */
  readonly name: string;
  /** Who has the other end, when they met; undefined if it was gone by then. */
  readonly peer: ChannelPeer | undefined;
  /** Bytes of each of its four rings. */
  readonly capacity: number;
  /** How many requests of each end may be unanswered. More wait, in the order in which they were made. */
  readonly window: number;
  /**
   * The ends of the channels of its messages, with all their forms: in place, in batches, as streams.
   * Waits of their own methods do not end when the other end is gone.
   */
  readonly sender: Sender;
  /** As `sender`. */
  readonly receiver: Receiver;

  readonly #seat: Seat;
  readonly #link: Link;
  readonly #codec: Codec;
  readonly #requests: Requests;
  readonly #answers: Answers;
  /** Aborted when the other end is gone. */
  readonly #gone = new AbortController();
  readonly #stay: () => void;
  readonly #endings = new Set<Pending<undefined>>();

  constructor(by: ByOpener, seat: Seat, link: Link, codec: Codec) {
    checkOpener(by, Direct);
    super('direct channel');
    this.name = seat.name;
    this.capacity = seat.capacity;
    this.window = seat.window;
    this.sender = seat.sender;
    this.receiver = seat.receiver;
    this.peer = seat.peer();
    this.#seat = seat;
    this.#link = link;
    this.#codec = codec;
    this.#requests = new Requests(link, seat.window, seat.name);
    this.#answers = new Answers(link, seat.window, seat.name);
    setMaxListeners(0, this.#gone.signal);
    link.start({
      take: (frame) => {
        this.#take(frame);
      },
      end: (reason) => {
        this.#end(reason);
      },
    });
    this.#stay = atExit(() => {
      this.close();
    });
  }

  // ---- messages

  /** As of a `Sender`; fails when the other end is gone. */
  async send(data: Data, options?: SendOptions): Promise<void> {
    const given = optionsOf(options);
    const limits = limitsOf(given);
    this.#check();
    await this.sender.send(data, { type: given.type, ...this.#within(limits) });
  }

  /** As `send`, blocking the thread. */
  sendSync(data: Data, options?: SendSyncOptions): void {
    const given = optionsOf(options);
    const type = typeOf(given);
    this.#untilGone(timeoutOf(given), (timeout) => {
      this.#check();
      this.sender.sendSync(data, { type, timeout });
    });
  }

  /** Sends a message if there is room now; else false. */
  trySend(data: Data, options?: TypeOption): boolean {
    this.#check();
    return this.sender.trySend(data, options);
  }

  /** As of a `Receiver`; fails when the other end is gone, and all that it has sent was received. */
  async receive(options?: WaitOptions): Promise<Message> {
    return this.#receive(limitsOf(options));
  }

  /** As `receive`, blocking the thread. */
  receiveSync(options?: TimeoutOptions): Message {
    return this.#untilGone(timeoutOf(optionsOf(options)), (timeout) => {
      this.checkOpen();
      const { gone } = this.#link;
      const found = this.receiver.tryReceive();
      if (found !== undefined) return found;
      if (gone !== undefined) throw gone;
      return this.receiver.receiveSync({ timeout });
    });
  }

  /** The next message if there is one now; else undefined. */
  tryReceive(): Message | undefined {
    this.checkOpen();
    const { gone } = this.#link;
    const found = this.receiver.tryReceive();
    if (found === undefined && gone !== undefined) throw gone;
    return found;
  }

  /** The messages, one after the other, until either end is closed. */
  messages(options?: WaitOptions): AsyncIterableIterator<Message> {
    const limits = laterLimitsOf(options);
    const check = (): void => {
      this.checkOpen();
    };
    return iterate(limits, check, (own) => this.#receive(own).catch(nullAtEnd));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.messages();
  }

  // ---- requests

  /**
   * Asks the other end: the bytes of its reply. Replies come in any order.
   *
   * At its timeout, or abort, the other end's handler is told, and a late reply is dropped. Errors:
   * also RemoteError (what the handler has thrown), ETIMEDOUT.
   *
   * ```js
   * const reply = await direct.request('12', { type: SQUARE, timeout: 1000 });
   * ```
   */
  async request(data: Data, options?: SendOptions): Promise<Buffer> {
    const type = typeOf(optionsOf(options));
    const limits = limitsOf(options);
    const bytes = this.#checked(data);
    try {
      return await this.#requests.send(bytes, type, limits);
    } catch (error) {
      throw located(error, methods.request);
    }
  }

  /**
   * As `request`, blocking the thread, which answers nobody meanwhile: two that ask each other so
   * wait for ever.
   */
  requestSync(data: Data, options?: SendSyncOptions): Buffer {
    const given = optionsOf(options);
    const type = typeOf(given);
    const timeout = timeoutOf(given);
    return this.#requests.sendSync(this.#checked(data), type, timeout);
  }

  /** As `request`, with a value that the `codec` encodes. Errors: also ERR_INVALID_ARG_TYPE. */
  async requestValue(value: unknown, options?: SendOptions): Promise<unknown> {
    return this.#codec.decode(await this.request(this.#codec.encode(value), options));
  }

  /** As `requestValue`, blocking the thread. */
  requestValueSync(value: unknown, options?: SendSyncOptions): unknown {
    return this.#codec.decode(this.requestSync(this.#codec.encode(value), options));
  }

  /**
   * Answers the requests of the other end, with the bytes that the function gives, or a promise of
   * them; what it throws is the RemoteError of who asks. It takes the place of the last one.
   * Requests that have come before the first one wait for it.
   *
   * ```js
   * direct.onRequest(async ({ type, data, signal }) => fetchPrice(data.toString(), { signal }));
   * ```
   */
  onRequest(handler: RequestHandler): this {
    callable('handler', handler);
    this.checkOpen();
    this.#answers.handle(handler);
    return this;
  }

  /** As `onRequest`, with values, which the `codec` encodes. */
  onRequestValue(handler: ValueRequestHandler): this {
    return this.onRequest(byValues(this.#codec, callable('handler', handler)));
  }

  // ---- the other end

  /** Waits until the other end is gone: closed, or dead. Errors: ETIMEDOUT, ERR_CLOSED. */
  async ended(options?: WaitOptions): Promise<void> {
    const limits = limitsOf(options);
    this.checkOpen();
    if (this.tryEnded()) return;
    const expired = (): SystemError => directFailure('ETIMEDOUT', this.name);
    let entry: Pending<undefined> | undefined;
    const ending = new Pending<undefined>(limits, expired, () => {
      if (entry !== undefined) this.#endings.delete(entry);
    });
    if (!ending.settled) this.#endings.add((entry = ending));
    try {
      await ending.promise;
    } catch (error) {
      throw located(error, methods.ended);
    }
  }

  /** As `ended`, blocking the thread. */
  endedSync(options?: TimeoutOptions): void {
    const timeout = timeoutOf(optionsOf(options));
    this.checkOpen();
    try {
      this.#link.waitSync(() => undefined, timeout);
    } catch (error) {
      if (!this.tryEnded()) throw error;
    }
  }

  /** Whether the other end is gone. */
  tryEnded(): boolean {
    this.checkOpen();
    return this.#link.gone !== undefined;
  }

  // ---- the object itself

  /** It keeps the process alive, as by default: until either end is gone. */
  ref(): this {
    return this.#hold(true);
  }

  /** It does not keep the process alive. */
  unref(): this {
    return this.#hold(false);
  }

  protected override release(): void {
    const reason = (): ClosedError => new ClosedError('direct channel');
    this.#stay();
    this.#link.close(reason);
    this.#requests.end(reason);
    this.#answers.end(reason);
    for (const ending of this.#endings) ending.reject(reason());
    this.#endings.clear();
    this.#seat.leave();
  }

  #hold(holding: boolean): this {
    this.#link.hold(holding);
    const change = holding ? 'ref' : 'unref';
    for (const end of [this.sender, this.receiver, this.#seat.calls]) end[change]();
    return this;
  }

  #take(frame: Frame): void {
    if (frame.kind === REPLY || frame.kind === ERROR) this.#requests.answer(frame);
    else this.#answers.take(frame);
  }

  /** Nothing comes any more, and all that came was taken. */
  #end(reason: unknown): void {
    if (this.closed) return;
    const why = (): unknown => this.#link.gone ?? reason;
    this.#requests.end(why);
    serveWaiting(this.receiver);
    this.#gone.abort(reason);
    for (const ending of this.#endings) ending.resolve(undefined);
    this.#endings.clear();
    this.#seat.forgetName();
    this.#answers.end(why); // last: who listens to the signals of requests may close this
  }

  async #receive(limits: Limits): Promise<Message> {
    this.checkOpen();
    if (this.#gone.signal.aborted) {
      const found = this.receiver.tryReceive();
      if (found !== undefined) return found;
    }
    return this.receiver.receive(this.#within(limits));
  }

  /** The same, ended when the other end is gone. */
  #within({ timeout, signal }: Limits): WaitOptions {
    const { signal: gone } = this.#gone;
    return { timeout, signal: signal === undefined ? gone : eitherOf(signal, gone) };
  }

  /** Calls what blocks the thread in slices, and looks in between. */
  #untilGone<R>(timeout: number, call: (timeout: number) => R): R {
    const deadline = deadlineAfter(timeout);
    for (;;) {
      const left = remaining(deadline);
      const slice = Math.min(left, longestBlock);
      try {
        return call(slice);
      } catch (error) {
        const isTimeout = error instanceof SystemError && error.errno === ETIMEDOUT;
        if (!isTimeout || slice === left) throw error;
      }
    }
  }

  #checked(data: Data): Uint8Array {
    const bytes = bytesOf('data', data); // last: a getter may have detached it
    this.#check();
    const { maxLength } = this.#link;
    if (bytes.length <= maxLength) return bytes;
    const hint = `${String(bytes.length)} bytes; a request takes at most ${String(maxLength)}`;
    throw directFailure('EMSGSIZE', this.name, hint);
  }

  #check(): void {
    this.checkOpen();
    const { gone } = this.#link;
    if (gone !== undefined) throw gone;
  }
}

/** The other end was closed: so ends an iteration. Its death is an error. */
function nullAtEnd(error: unknown): null {
  if (error instanceof SystemError && error.code === 'EPIPE') return null;
  throw error;
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'request' | 'ended', unknown> = Direct.prototype;
