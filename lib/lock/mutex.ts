import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { invalidType, type ClosedError } from '../core/error';
import { useGuard } from '../core/guard';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import type { Limits } from '../core/lane';
import { limitsOf } from '../core/limits';
import type { Mapping } from '../core/mapping';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import { promised } from '../core/promised';
import { unlinkLock, type LockHandle } from './lock-memory';
import { ends, guardOf, type MutexGuard } from './mutex-guard';
import {
  opener,
  type MutexAtOptions,
  type MutexOptions,
  type OpenedMutex,
  type OpenMutexOptions,
  type Recover,
} from './mutex-open';
import { holderOf, statusOf, type MutexHolder, type MutexStatus } from './mutex-status';
import { MutexWaiter } from './mutex-waiter';
import { recovered, recoveredSync, type Recovering } from './recovery';
import type { Recursion } from './recursion';

export type { MutexStatus } from './mutex-status';

const forEver: Limits = { timeout: Infinity, signal: undefined };

/**
 * A mutex in shared memory that tells when its owner has died.
 *
 * `lock` gives a guard, which owns the mutex until it is released. When the thread of the guard
 * ends, by SIGKILL too, between any two instructions, the kernel lets the next one have the mutex,
 * and its guard says `ownerDied`: the data may be half changed. Without a word from it that the data
 * is whole again (`markConsistent`, or the option `recover`) nobody can lock the mutex any more.
 *
 * What can wait has three forms: `lock()` gives a promise, `lockSync()` blocks the thread,
 * `tryLock()` answers at once. A guard is the owner, not a thread: who has one locks once more by
 * `guard.again()`, or inside of `use()` by any call, with the option `recursive`. C programs lock
 * the same mutex with native/include/posix-ipc/lock.h.
 *
 * Source: the robust futexes of the kernel, get_robust_list(2); pthread_mutexattr_setrobust(3).
 *
 * ```js
 * const mutex = await lock.Mutex.openOrCreate('/ledger');
 * {
 *   using guard = await mutex.lock({ timeout: 1000 });
 *   if (guard.ownerDied) {
 *     repair(ledger);
 *     guard.markConsistent();
 *   }
 *   change(ledger);
 * }
 * ```
 */
export class Mutex extends Handle {
  /** The name, with its leading slash; empty for a mutex in a mapping. */
  readonly name: string;

  readonly #open: LockHandle;
  readonly #waiter: MutexWaiter;
  readonly #recover: Recover | undefined;
  readonly #opened: Recovering<MutexGuard>;
  readonly #recursion: Recursion | undefined;

  private constructor(by: ByOpener, opened: OpenedMutex) {
    checkOpener(by, Mutex);
    const keeper = new Keeper();
    super('mutex', keeper);
    this.name = opened.handle.name ?? '';
    this.#open = opened.handle;
    this.#waiter = new MutexWaiter(this.#open, keeper);
    this.#recover = opened.recover;
    this.#opened = opened;
    this.#recursion = opened.recursion;
  }

  // ---- opening

  /**
   * Makes a new mutex; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode.
   * Errors: EEXIST, EACCES, ENOSPC, EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: MutexOptions): Promise<Mutex> {
    return promised(() => Mutex.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: MutexOptions): Mutex {
    return new Mutex(byOpener, opener.create(name, options));
  }

  /**
   * Opens the mutex of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is no mutex), EPROTO (it is one of another version). Source: shm_open(3).
   */
  static open(name: string, options?: OpenMutexOptions): Promise<Mutex> {
    return promised(() => Mutex.openSync(name, options));
  }

  /** As `open`, at once. */
  static openSync(name: string, options?: OpenMutexOptions): Mutex {
    return new Mutex(byOpener, opener.open(name, options));
  }

  /**
   * Opens the mutex of a name, or makes it. `fair` and `mode` apply only to one that is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: MutexOptions): Promise<Mutex> {
    return promised(() => Mutex.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: MutexOptions): Mutex {
    return new Mutex(byOpener, opener.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the mutex open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Mutex.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlinkLock(name);
  }

  /**
   * The mutex in a mapping, 64 bytes from an offset that is a multiple of 64: made there with
   * `create`, or else the one that somebody has made.
   *
   * While the object is open, or a guard is not released, the mapping cannot be resized or
   * protected; when the mapping is closed, the mutex goes on.
   * Errors: EINVAL (there is no mutex), EPROTO (one of another version), ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   *
   * ```js
   * const mutex = lock.Mutex.at(mapping, 0, { create: true });
   * const same = lock.Mutex.at(mapping, 0); // in another process
   * ```
   */
  static at(mapping: Mapping, byteOffset = 0, options?: MutexAtOptions): Mutex {
    return new Mutex(byOpener, opener.openAt(mapping, byteOffset, options));
  }

  // ---- locking

  /**
   * Locks the mutex; waits while somebody else has it, or another guard of this process.
   *
   * Errors: ETIMEDOUT, ERR_CLOSED, ENOTRECOVERABLE (an owner died, and the next one released it
   * without `markConsistent`), ENOLCK (2000 are locked by this thread), ENOSYS (not with this libc).
   * Source: pthread_mutex_lock(3), robust.
   */
  async lock(options?: WaitOptions): Promise<MutexGuard> {
    this.checkOpen();
    const limits = options === undefined ? forEver : this.#limitsOf(options);
    const again = this.#recursion?.again();
    if (again !== undefined) return again;
    const waiting = this.#waiter.wait(limits, methods.lock);
    const guard =
      typeof waiting === 'number' ? guardOf(this.#opened, waiting) : await this.#given(waiting);
    return guard.ownerDied && this.#recover !== undefined
      ? await recovered(guard, this.#recover, ends)
      : guard;
  }

  /**
   * As `lock`, blocking the thread. It goes before promises of this thread that wait for the mutex.
   *
   * Errors: as `lock`; EDEADLK (a guard of this thread has it, and could not be released meanwhile).
   */
  lockSync(options?: TimeoutOptions): MutexGuard {
    this.checkOpen();
    const timeout = options === undefined ? Infinity : timeoutOf(optionsOf(options));
    this.checkOpen(); // reading the options may have closed it
    return this.#recursion?.again() ?? this.#guard(this.#waiter.waitSync(timeout));
  }

  /** Locks the mutex if it is free now; else undefined. Errors: as `lock`. */
  tryLock(): MutexGuard | undefined {
    this.checkOpen();
    return this.#recursion?.again() ?? this.#try();
  }

  /**
   * Locks, runs a function with the guard, and releases when the function has ended, well or not.
   *
   * Answers what the function answers. Errors: those of `lock` and of the function; where the release
   * fails too, an AggregateError of both.
   *
   * ```js
   * await mutex.use(async () => changeTheFile());
   * ```
   */
  async use<R>(fn: (guard: MutexGuard) => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    return useGuard(this.lock(options), (guard) => this.#recursion?.run(guard, fn) ?? fn(guard));
  }

  // ---- looking

  /**
   * Who holds it now; undefined if nobody does. It may have changed when it is looked at.
   *
   * The holder must live in the same PID namespace. Errors: EMFILE (it is looked for in /proc).
   */
  holder(): Promise<MutexHolder | undefined> {
    return promised(() => this.holderSync());
  }

  /** As `holder`, at once. */
  holderSync(): MutexHolder | undefined {
    this.checkOpen();
    return holderOf(this.#open);
  }

  /** Its state now, and how often it was locked, waited for, and left behind by the dead. */
  stat(): Promise<MutexStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): MutexStatus {
    this.checkOpen();
    return statusOf(this.#open);
  }

  // ---- the object itself

  /** Removes the mutex's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Mutex.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Mutex.unlinkSync(this.name);
  }

  protected override release(reason: () => ClosedError): void {
    this.#waiter.end(reason);
    this.#open.letGo();
  }

  #limitsOf(options: WaitOptions): Limits {
    const limits = limitsOf(options);
    this.checkOpen(); // reading the options may have closed it
    return limits;
  }

  #try(): MutexGuard | undefined {
    const taken = this.#waiter.try(true);
    return taken === undefined ? undefined : this.#guard(taken);
  }

  async #given(waiting: Promise<number>): Promise<MutexGuard> {
    this.#open.keep(); // the mutex may be closed before the guard is there
    try {
      return guardOf(this.#opened, await waiting);
    } finally {
      this.#open.letGo();
    }
  }

  #guard(taken: number): MutexGuard {
    const guard = guardOf(this.#opened, taken);
    return taken === 0 ? guard : this.#afterDeath(guard);
  }

  #afterDeath(guard: MutexGuard): MutexGuard {
    return this.#recover === undefined ? guard : recoveredSync(guard, this.#recover, ends);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'lock', unknown> = Mutex.prototype;
