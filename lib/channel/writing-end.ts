import type { ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import type { Keeper } from '../core/keeper';
import type { Limits } from '../core/lane';
import { limitsOf } from '../core/limits';
import {
  bytesOf,
  copyOf,
  integer,
  listOf,
  optionsOf,
  restOf,
  timeoutOf,
  type Data,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { countAnswers } from '../core/turn';
import type { MutexGuard } from '../lock/mutex-guard';
import type { Codec, InPlace } from './codec';
import { highestType } from './layout';
import { channelFailure, type RingPlace } from './place';
import type { RingWriter, Written } from './ring-writer';
import { leave, leaveWith } from './role';
import type { Waits } from './waits';

/** What a message is sent with. */
export interface TypeOption {
  /** 0 to 2,147,483,647, as the programs agree. Default 0. */
  type?: number | undefined;
}

/** How a message is sent: a promise that may wait. */
export interface SendOptions extends TypeOption, WaitOptions {}

/** How a message is sent: blocking. */
export interface SendSyncOptions extends TypeOption, TimeoutOptions {}

/** The type of a message, checked. */
export function typeOf({ type }: TypeOption): number {
  return type === undefined ? 0 : integer('options.type', type, 0, highestType);
}

/** What an end writes with. */
export interface Means {
  place: RingPlace;
  /** `'channel'` or `'broadcast'`: in the words of an error message. */
  medium: string;
  role: MutexGuard;
  codec: Codec | InPlace;
  writing: RingWriter;
  waits: Waits;
  keeper: Keeper;
  /** Where there is no room, what could wait fails. */
  fails: boolean;
  /** The longest message, in bytes. */
  maxLength: number;
}

/** For a link: sends memory that nobody changes, and calls `written` as soon as it is in the ring, not when the promise says so. */
export let sendLater: (
  end: WritingEnd,
  own: Uint8Array,
  type: number,
  limits: Limits,
  written: () => void,
) => Promise<void>;

/** The end of a ring that writes: a sender, or a publisher. */
export abstract class WritingEnd extends Handle {
  /** The longest message, in bytes: the capacity less 8, of a broadcast less 32. */
  readonly maxLength: number;

  readonly #means: Means;
  readonly #writing: RingWriter;
  readonly #waits: Waits;

  static {
    sendLater = (end, own, type, limits, written) => end.#putLater(own, type, limits, written);
  }

  /** `what` it is, in the words of an error message. */
  constructor(what: string, means: Means) {
    super(what, means.keeper);
    this.#means = means;
    this.#writing = means.writing;
    this.#waits = means.waits;
    this.maxLength = means.maxLength;
    leaveWith(means.writing, means.role);
  }

  // ---- copied. `method`: where the stack of an error begins, at its caller; `isValue`: it is to be encoded

  protected async put(
    data: unknown,
    options: SendOptions | undefined,
    method: unknown,
    isValue = false,
  ): Promise<void> {
    const type = typeOf(optionsOf(options));
    const limits = limitsOf(options);
    const from = this.#bytesOf(data, isValue);
    this.#checkFree();
    if (this.#waits.mayTry && this.#writing.putNow(from, type)) return;
    const copy = copyOf(from); // the caller may change it while this waits
    const attempt = (): true | undefined => this.#writing.offer(copy, type) || this.#noRoom<true>();
    const soFar = (): true | undefined => (this.#writing.withdraw(copy) ? undefined : true);
    await this.#waits.wait(attempt, limits, method, soFar);
  }

  async #putLater(
    own: Uint8Array,
    type: number,
    limits: Limits,
    written: () => void,
  ): Promise<void> {
    this.#checkFree();
    const attempt = (): true | undefined => {
      if (!this.#writing.offer(own, type)) return this.#noRoom<true>();
      written();
      return true;
    };
    await this.#waits.wait(attempt, limits, undefined);
  }

  protected putSync(data: unknown, options: SendSyncOptions | undefined, isValue = false): void {
    const type = options === undefined ? 0 : typeOf(optionsOf(options));
    const timeout = options === undefined ? Infinity : timeoutOf(optionsOf(options));
    const from = this.#bytesOf(data, isValue);
    this.#checkFree();
    if (!this.#waits.busy && this.#writing.putNow(from, type)) return;
    const own = restOf(from, 0); // what others offer may be the same object
    const attempt = (): true | undefined => this.#writing.offer(own, type) || this.#noRoom<true>();
    try {
      this.#waits.waitSync(attempt, timeout);
    } catch (error) {
      if (this.#writing.withdraw(own)) throw error;
    }
  }

  protected tryPut(data: unknown, options: TypeOption | undefined, isValue = false): boolean {
    const type = options === undefined ? 0 : typeOf(optionsOf(options));
    const from = this.#bytesOf(data, isValue);
    this.#checkFree();
    return !this.#waits.overtaking() && this.#writing.put(from, type);
  }

  protected async putMany(
    messages: Iterable<Data>,
    options: SendOptions | undefined,
    method: unknown,
  ): Promise<number> {
    const type = typeOf(optionsOf(options));
    const limits = limitsOf(options);
    const list = this.#list(messages, true);
    this.#checkFree();
    const written: Written = { count: 0 };
    const attempt = (): number | undefined => {
      const before = written.count;
      const answer = this.#offer(list, type, written);
      countAnswers(written.count - before);
      return answer;
    };
    return this.#waits.wait(attempt, limits, method, () => this.#soFar(list, written));
  }

  protected putManySync(messages: Iterable<Data>, options: SendSyncOptions | undefined): number {
    const given = optionsOf(options);
    const type = typeOf(given);
    const timeout = timeoutOf(given);
    const list = this.#list(messages, false);
    this.#checkFree();
    const written: Written = { count: 0 };
    const attempt = (): number | undefined => this.#offer(list, type, written);
    try {
      return this.#waits.waitSync(attempt, timeout);
    } catch (error) {
      const soFar = this.#soFar(list, written);
      if (soFar === undefined) throw error;
      return soFar;
    }
  }

  protected tryPutMany(messages: Iterable<Data>, options: TypeOption | undefined): number {
    const type = typeOf(optionsOf(options));
    const list = this.#list(messages, false);
    this.#checkFree();
    if (this.#waits.overtaking()) return 0;
    const written: Written = { count: 0 };
    try {
      this.#writing.putMany(list, type, written);
    } catch (error) {
      if (written.count === 0) throw error;
    }
    return written.count;
  }

  /** Writes those that there is room for; answers how many are written where none is left, or one fails. */
  #offer(list: readonly Uint8Array[], type: number, written: Written): number | undefined {
    try {
      this.#writing.offerMany(list, type, written);
    } catch (error) {
      const soFar = this.#soFar(list, written);
      if (soFar === undefined) throw error;
      return soFar;
    }
    return written.count === list.length ? list.length : this.#noRoom(written.count || undefined);
  }

  /** How many are written, and will not be taken back; undefined: none. */
  #soFar(list: readonly Uint8Array[], written: Written): number | undefined {
    if (!this.#writing.withdraw(list[written.count])) written.count++;
    return written.count || undefined;
  }

  /** A value as the bytes of a message, which are good only until the next one. */
  #encode(value: unknown): Data {
    const { codec } = this.#means;
    return 'lend' in codec ? codec.lend(value, this.maxLength) : codec.encode(value);
  }

  // ---- in place

  /**
   * Room for a message of that many bytes, to be filled in place; waits for it. Costs a view and a promise, and no copy,
   * however long it is. Then `commit()` or `abort()`. After that the view must not be written any more: who receives has it.
   *
   * ```js
   * const view = await sender.claim(1 << 16);
   * render(view);
   * sender.commit();
   * ```
   */
  async claim(length: number, options?: SendOptions): Promise<Buffer> {
    const bytes = this.#checkedLength(length);
    const type = typeOf(optionsOf(options));
    const limits = limitsOf(options);
    this.#checkFree();
    const attempt = (): Buffer | undefined =>
      this.#writing.claim(bytes, type) ?? this.#noRoom<Buffer>();
    return this.#waits.wait(attempt, limits, methods.claim);
  }

  /** As `claim`, blocking the thread: no promise. */
  claimSync(length: number, options?: SendSyncOptions): Buffer {
    const bytes = this.#checkedLength(length);
    const given = optionsOf(options);
    const type = typeOf(given);
    const timeout = timeoutOf(given);
    this.#checkFree();
    const attempt = (): Buffer | undefined =>
      this.#writing.claim(bytes, type) ?? this.#noRoom<Buffer>();
    const tries = !this.#waits.busy;
    const found = tries ? attempt() : undefined;
    return found ?? this.#waits.waitSync(attempt, timeout, tries);
  }

  /** As `claim` if there is room now; else undefined. No promise. */
  tryClaim(length: number, options?: TypeOption): Buffer | undefined {
    const bytes = this.#checkedLength(length);
    const type = options === undefined ? 0 : typeOf(optionsOf(options));
    this.#checkFree();
    return this.#waits.overtaking() ? undefined : this.#writing.claim(bytes, type);
  }

  /** Sends the claimed message, or only its first `length` bytes. Errors: EINVAL (none is claimed). */
  commit(length?: number): void {
    this.checkOpen();
    const most = this.#writing.claimed();
    this.#writing.commit(length === undefined ? most : integer('length', length, 0, most));
  }

  /** Gives the claimed room back, unsent. Errors: EINVAL (none is claimed). */
  abort(): void {
    this.checkOpen();
    this.#writing.claimed();
    this.#writing.abort();
  }

  /** Publishes at once what was sent: costs a store that other CPUs see, and a system call where the other end sleeps. */
  flush(): void {
    this.checkOpen();
    this.#writing.publish();
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
    this.#writing.end();
    leave(this.#means.role);
  }

  // ---- checks

  /** Asked for last: a getter of the options may detach it, or encode something in its place. */
  #bytesOf(data: unknown, isValue: boolean): Uint8Array {
    return this.#checked(bytesOf('data', isValue ? this.#encode(data) : data));
  }

  #checked(from: Uint8Array): Uint8Array {
    if (from.length > this.maxLength) throw this.#tooLong(from.length);
    return from;
  }

  #checkedLength(length: number): number {
    const bytes = integer('length', length, 0, highestType);
    if (bytes > this.maxLength) throw this.#tooLong(bytes);
    return bytes;
  }

  #list(messages: Iterable<Data>, copied: boolean): Uint8Array[] {
    const list: Uint8Array[] = [];
    const isCopied = copied || !Array.isArray(messages); // a generator may fill the same memory again
    for (const one of listOf('messages', messages)) {
      const from = this.#checked(bytesOf('messages', one));
      list.push(isCopied ? copyOf(from) : from);
    }
    return list;
  }

  /** Whether it is open, and nothing is claimed. */
  #checkFree(): void {
    this.checkOpen();
    this.#writing.checkFree();
  }

  /** What a form that waits does where there is no room. `soFar`: what it answers rather than fail. */
  #noRoom<R>(soFar?: R): R | undefined {
    const { fails, place, medium } = this.#means;
    if (!fails) return undefined;
    if (soFar !== undefined) return soFar;
    throw channelFailure('EAGAIN', place.name, `the ${medium} is full`);
  }

  #tooLong(length: number): Error {
    const { place, medium } = this.#means;
    const hint = `${String(length)} bytes; this ${medium} takes at most ${String(this.maxLength)}`;
    return channelFailure('EMSGSIZE', place.name, hint);
  }
}

/** Where the stack of an error begins: at the caller of it. */
const methods: Record<'claim', unknown> = WritingEnd.prototype;
