import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, errnoOf, invalidType, SystemError, type ClosedError } from '../core/error';
import { CallingGuard, useGuard, type Guard } from '../core/guard';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import {
  integer,
  optionsOf,
  signalOf,
  throwIfAborted,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import type { Mapping } from '../core/mapping';
import { promised } from '../core/promised';
import { native } from '../native';
import { SEM_VALUE_MAX } from './constants';
import { SemaphoreHandle } from './semaphore-handle';
import {
  create,
  open,
  openAt,
  openOrCreate,
  semaphoreName,
  type OpenedSemaphore,
  type SemaphoreOptions,
} from './semaphore-open';
import { SemaphoreWaiter } from './semaphore-waiter';

const forEver = { timeout: Infinity, signal: undefined };
const EOVERFLOW = -errnoOf('EOVERFLOW');

/**
 * A POSIX semaphore: a number in shared memory that is never below 0. `wait` takes one from it,
 * and waits while it is 0; `post` adds one.
 *
 * A semaphore of the same name made by C (with the same libc) is the same semaphore. What can wait
 * has three forms: `wait()` gives a promise, `waitSync()` blocks the thread, `tryWait()` answers at
 * once. Waits of one object are answered in the order in which they were made.
 *
 * A wait that is aborted, timed out or killed with its process before it was answered has taken
 * nothing. Nobody owns a semaphore: what a process took and did not post when it died stays taken.
 *
 * Source: sem_overview(7).
 *
 * ```js
 * const semaphore = await posix.Semaphore.openOrCreate('/jobs', { value: 2 });
 * await semaphore.wait({ timeout: 1000 });
 * semaphore.post();
 * semaphore.close(); // the semaphore stays; unlink() removes its name
 * ```
 */
export class Semaphore extends Handle {
  /** The name, with its leading slash; empty for a semaphore in a mapping. */
  readonly name: string;

  readonly #open: SemaphoreHandle;
  readonly #handle: number;
  readonly #waiter: SemaphoreWaiter;

  private constructor(by: ByOpener, opened: OpenedSemaphore) {
    checkOpener(by, Semaphore);
    const { handle, name } = opened;
    const keeper = new Keeper();
    super('semaphore', keeper);
    this.name = name;
    this.#handle = handle;
    this.#open = new SemaphoreHandle(handle);
    this.#waiter = new SemaphoreWaiter(this.#open, name, keeper);
  }

  // ---- opening

  /**
   * Makes a new semaphore; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 251 bytes; 'x' is '/x'. It appears with its value and its exact mode at once.
   * Errors: EEXIST, EACCES, ENOSPC (/dev/shm is full), EMFILE, ENFILE, ERR_OUT_OF_RANGE (name,
   * value or mode). Source: sem_open(3) with O_CREAT | O_EXCL.
   */
  static create(name?: string, options?: SemaphoreOptions): Promise<Semaphore> {
    return promised(() => Semaphore.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: SemaphoreOptions): Semaphore {
    return new Semaphore(byOpener, create(name, options));
  }

  /**
   * Opens the semaphore of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the file of that
   * name holds no semaphore). Source: sem_open(3).
   */
  static open(name: string): Promise<Semaphore> {
    return promised(() => Semaphore.openSync(name));
  }

  /** As `open`, at once. */
  static openSync(name: string): Semaphore {
    return new Semaphore(byOpener, open(name));
  }

  /**
   * Opens the semaphore of a name, or makes it. Options apply only to a semaphore that is made.
   *
   * Errors: as `create` and `open`. Source: sem_open(3) with O_CREAT.
   */
  static openOrCreate(name?: string, options?: SemaphoreOptions): Promise<Semaphore> {
    return promised(() => Semaphore.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: SemaphoreOptions): Semaphore {
    return new Semaphore(byOpener, openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the semaphore open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES (/dev/shm is sticky: the owner only). Source: sem_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Semaphore.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    const path = semaphoreName(name);
    check(native.semUnlink(path), 'sem_unlink', { path });
  }

  /**
   * The semaphore in a mapping, 32 bytes from an offset that is a multiple of 8: made there with a
   * `value`, or else the one that somebody has made, such as a C program with sem_init(3).
   *
   * Make it once, before others use it. It has no name: what `unlink` is to others, the end of the
   * memory is to this one. While the object is open, the mapping cannot be resized or protected;
   * when the mapping is closed, it goes on.
   * Errors: EINVAL (nobody has made a semaphore there), ERR_CLOSED, ERR_OUT_OF_RANGE (offset, value,
   * or a mapping without access 'write'). Source: sem_init(3).
   *
   * ```js
   * const free = posix.Semaphore.at(mapping, 0, { value: 8 });
   * const same = posix.Semaphore.at(mapping, 0); // in another process
   * ```
   */
  static at(
    mapping: Mapping,
    byteOffset = 0,
    options?: Pick<SemaphoreOptions, 'value'>,
  ): Semaphore {
    return new Semaphore(byOpener, openAt(mapping, byteOffset, options));
  }

  // ---- taking and giving

  /**
   * Takes one from the value; waits while it is 0.
   *
   * Errors: ETIMEDOUT, ERR_CLOSED. Source: sem_wait(3), with a timeout in milliseconds, monotonic.
   */
  async wait(options?: WaitOptions): Promise<void> {
    this.checkOpen();
    const limits = options === undefined ? forEver : limitsOf(options);
    throwIfAborted(limits.signal);
    const waiting = this.#waiter.wait(limits, methods.wait);
    if (waiting !== undefined) await waiting;
  }

  /** As `wait`, blocking the thread. */
  waitSync(options?: TimeoutOptions): void {
    this.checkOpen();
    this.#waiter.waitSync(options === undefined ? Infinity : timeoutOf(optionsOf(options)));
  }

  /** Takes one if the value is above 0 now; tells whether it was. */
  tryWait(): boolean {
    this.checkOpen();
    return this.#waiter.try();
  }

  /**
   * Adds to the value, and wakes as many as wait. Never waits, so that it has this form only.
   *
   * `count` is 1 to 2^31 - 1. Errors: EOVERFLOW (the value would exceed 2^31 - 1; nothing was
   * added). Source: sem_post(3), as many times.
   */
  post(count?: number): void {
    this.checkOpen();
    const result =
      count === undefined || count === 1
        ? this.#open.post()
        : native.semPostMany(this.#handle, integer('count', count, 1, SEM_VALUE_MAX));
    if (result < 0) throw postFailure(result, this.name);
  }

  // ---- taking for a while

  /**
   * As `wait`; answers a guard that posts once, when it is released or its `using` block ends.
   *
   * The guard works after `close()`, too.
   *
   * ```js
   * using guard = await semaphore.acquire({ timeout: 1000 });
   * ```
   */
  async acquire(options?: WaitOptions): Promise<Guard> {
    this.checkOpen();
    const limits = options === undefined ? forEver : limitsOf(options);
    throwIfAborted(limits.signal);
    this.checkOpen(); // again: what was read may have closed it
    this.#open.keep();
    try {
      const waiting = this.#waiter.wait(limits, methods.acquire);
      if (waiting !== undefined) await waiting;
    } catch (error) {
      this.#open.letGo();
      throw error;
    }
    return this.#guard();
  }

  /** As `acquire`, blocking the thread. */
  acquireSync(options?: TimeoutOptions): Guard {
    this.waitSync(options);
    this.#open.keep();
    return this.#guard();
  }

  /** As `tryWait`; answers a guard, or undefined. */
  tryAcquire(): Guard | undefined {
    if (!this.tryWait()) return undefined;
    this.#open.keep();
    return this.#guard();
  }

  /**
   * Takes one, runs a function, which is given the guard, and posts when the function has ended, well or not.
   *
   * Answers what the function answers. Errors: those of `wait`, of the function, and of `post`; where
   * both of these fail, an AggregateError.
   *
   * ```js
   * await semaphore.use(async () => writeTheFile());
   * ```
   */
  use<R>(fn: (guard: Guard) => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    if (typeof fn !== 'function') return Promise.reject(invalidType('fn', 'a function', fn));
    return useGuard(this.acquire(options), fn);
  }

  /** The value now; it may have changed when it is looked at. Source: sem_getvalue(3). */
  get value(): number {
    this.checkOpen();
    return check(native.semGetvalue(this.#handle), 'sem_getvalue', { path: pathOf(this.name) });
  }

  // ---- the object itself

  /** Removes the semaphore's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Semaphore.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Semaphore.unlinkSync(this.name);
  }

  protected override release(reason: () => ClosedError): void {
    this.#waiter.end(reason);
    this.#open.letGo();
  }

  /** For what was taken, with the handle kept for it: it may outlive `close()`. */
  #guard(): Guard {
    return guardOf(this.#open, this.name);
  }
}

/** Refers to the handle alone: the object may be forgotten while the guard is held. */
function guardOf(open: SemaphoreHandle, name: string): Guard {
  return new CallingGuard(() => {
    const result = open.post();
    if (result < 0) throw postFailure(result, name);
    open.letGo();
  });
}

/** One in a mapping has no name. */
function pathOf(name: string): string | undefined {
  return name === '' ? undefined : name;
}

function postFailure(error: number, name: string): SystemError {
  const hint =
    error === EOVERFLOW ? `a semaphore counts up to ${String(SEM_VALUE_MAX)}` : undefined;
  return new SystemError(error, 'sem_post', { path: pathOf(name), hint });
}

function limitsOf(options: WaitOptions): { timeout: number; signal: AbortSignal | undefined } {
  const given = optionsOf(options);
  return { timeout: timeoutOf(given), signal: signalOf(given) };
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'acquire' | 'wait', unknown> = Semaphore.prototype;
