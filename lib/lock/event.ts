import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import type { ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import type { Mapping } from '../core/mapping';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { opener, type EventAtOptions, type EventOptions } from './event-open';
import { eventFailure, EventWaiter } from './event-waiter';
import { unlinkLock, type LockHandle } from './lock-memory';

/**
 * An event in shared memory: processes wait until another one sets it.
 *
 * One with manual reset stays set, and lets all go on, until it is reset. One with automatic reset
 * (`autoReset`) lets one wait end for each time that it was set; set twice before somebody takes it,
 * it was set once. Whoever dies while it sets or waits, by SIGKILL too, at any instant, leaves
 * nobody asleep that was to be woken; a set that the dead have not taken is there for the next.
 *
 * What can wait has three forms: `wait()` gives a promise, `waitSync()` blocks the thread,
 * `tryWait()` answers at once. C programs use the same event with native/include/posix-ipc/event.h.
 *
 * Source: futex(2); the robust futexes of the kernel, get_robust_list(2).
 *
 * ```js
 * const ready = await lock.Event.openOrCreate('/ready');
 * await ready.wait({ timeout: 1000 });
 *
 * ready.set(); // in another process
 * ```
 */
export class Event extends Handle {
  /** The name, with its leading slash; empty for an event in a mapping. */
  readonly name: string;
  /** Whether each set lets one wait end, which resets it. */
  readonly autoReset: boolean;

  readonly #open: LockHandle;
  readonly #waiter: EventWaiter;

  private constructor(by: ByOpener, opened: LockHandle) {
    checkOpener(by, Event);
    const keeper = new Keeper();
    super('event', keeper);
    this.name = opened.name ?? '';
    this.autoReset = native.eventAutoReset(opened.number);
    this.#open = opened;
    this.#waiter = new EventWaiter(opened, keeper);
  }

  // ---- opening

  /**
   * Makes a new event; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode.
   * Errors: EEXIST, EACCES, ENOSPC, EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: EventOptions): Promise<Event> {
    return promised(() => Event.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: EventOptions): Event {
    return new Event(byOpener, opener.create(name, options));
  }

  /**
   * Opens the event of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is no event), EPROTO (it is one of another version). Source: shm_open(3).
   */
  static open(name: string): Promise<Event> {
    return promised(() => Event.openSync(name));
  }

  /** As `open`, at once. */
  static openSync(name: string): Event {
    return new Event(byOpener, opener.open(name));
  }

  /**
   * Opens the event of a name, or makes it. Options apply only to one that is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: EventOptions): Promise<Event> {
    return promised(() => Event.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: EventOptions): Event {
    return new Event(byOpener, opener.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the event open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Event.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlinkLock(name);
  }

  /**
   * The event in a mapping, 64 bytes from an offset that is a multiple of 64: made there with
   * `create`, or else the one that somebody has made.
   *
   * While the object is open the mapping cannot be resized or protected; when the mapping is closed,
   * the event goes on.
   * Errors: EINVAL (there is no event), EPROTO (one of another version), ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   */
  static at(mapping: Mapping, byteOffset = 0, options?: EventAtOptions): Event {
    return new Event(byOpener, opener.openAt(mapping, byteOffset, options));
  }

  // ---- setting

  /**
   * Lets all go on who wait, or, with automatic reset, one of them or the next one to come.
   *
   * Without anybody who waits it makes no system call. Errors: ERR_CLOSED, ENOSYS (not with this
   * libc).
   */
  set(): void {
    this.checkOpen();
    this.#check(native.eventSet(this.#open.number), 'event_set');
  }

  /** Who comes has to wait again. Whether it was set. Errors: ERR_CLOSED. */
  reset(): boolean {
    this.checkOpen();
    return this.#check(native.eventReset(this.#open.number), 'event_reset') === 1;
  }

  /** Whether it is set now. It may have changed when it is looked at. Errors: ERR_CLOSED. */
  get isSet(): boolean {
    this.checkOpen();
    return this.#check(native.eventIsSet(this.#open.number), 'event_look') === 1;
  }

  // ---- waiting

  /**
   * Waits until it is set. With manual reset, a set that is reset at once ends all waits that had
   * begun; with automatic reset, each set ends one.
   *
   * Errors: ETIMEDOUT, ERR_CLOSED, ENOSYS (not with this libc).
   */
  async wait(options?: WaitOptions): Promise<void> {
    this.checkOpen();
    const limits = limitsOf(options);
    this.checkOpen();
    await this.#waiter.wait(limits, methods.wait);
  }

  /** As `wait`, blocking the thread. */
  waitSync(options?: TimeoutOptions): void {
    this.checkOpen();
    const timeout = timeoutOf(optionsOf(options));
    this.checkOpen();
    this.#waiter.waitSync(timeout);
  }

  /** Whether it is set, and, with automatic reset, was taken by this. Errors: ERR_CLOSED. */
  tryWait(): boolean {
    this.checkOpen();
    return this.#waiter.try();
  }

  // ---- the object itself

  /** Removes the event's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Event.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Event.unlinkSync(this.name);
  }

  protected override release(reason: () => ClosedError): void {
    this.#waiter.end(reason);
    this.#open.letGo();
  }

  #check(result: number, syscall: string): number {
    if (result < 0) throw eventFailure(result, syscall, this.#open);
    return result;
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'wait', unknown> = Event.prototype;
