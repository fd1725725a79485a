import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { invalidType, type ClosedError } from '../core/error';
import { useGuard } from '../core/guard';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import type { Mapping } from '../core/mapping';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { unlinkLock } from './lock-memory';
import { recovered, recoveredSync, type Recovering } from './recovery';
import { ends, guardOf, type RwLockGuard, type RwLockParts } from './rwlock-guard';
import {
  opener,
  type OpenRwLockOptions,
  type RwLockAtOptions,
  type RwLockOptions,
} from './rwlock-open';
import { ReadRequest, WriteRequest, type RwRequest, type Taken } from './rwlock-request';
import { holdersOf, statusOf, type RwLockHolders, type RwLockStatus } from './rwlock-status';
import { RwWaiter } from './rwlock-waiter';

export type { RwLockHolders, RwLockStatus } from './rwlock-status';

/**
 * A lock in shared memory that many can have to read, or one to write, and that tells when one has
 * died who wrote.
 *
 * Both give a guard, which holds the lock until it is released. The death of a reader, by SIGKILL
 * too, ends its reading, and nothing more. After the death of a writer the next guard, of a reader
 * or a writer, is alone and says `ownerDied`: the data may be half changed. Without a word from it
 * that the data is whole again (`markConsistent`, or the option `recover`) nobody can lock any more.
 *
 * What can wait has three forms: `readLock()` and `writeLock()` give a promise, the `…Sync` forms
 * block the thread, `tryReadLock()` and `tryWriteLock()` answer at once. C programs lock the same
 * lock with native/include/posix-ipc/rwlock.h.
 *
 * Source: the robust futexes of the kernel, get_robust_list(2); pthread_rwlock_rdlock(3).
 *
 * ```js
 * const lock = await lock.RwLock.openOrCreate('/prices');
 * {
 *   using guard = await lock.writeLock({ timeout: 1000 });
 *   if (guard.ownerDied) {
 *     repair(prices);
 *     guard.markConsistent();
 *   }
 *   change(prices);
 * }
 * ```
 */
export class RwLock extends Handle {
  /** The name, with its leading slash; empty for a lock in a mapping. */
  readonly name: string;

  readonly #parts: RwLockParts;
  readonly #reads: RwWaiter;
  readonly #writes: RwWaiter;
  readonly #recover: OpenRwLockOptions['recover'];
  readonly #guard = (taken: Taken): RwLockGuard => guardOf(this.#parts, taken);

  private constructor(by: ByOpener, opened: Recovering<RwLockGuard>) {
    checkOpener(by, RwLock);
    const { handle, recover } = opened;
    const keeper = new Keeper();
    super('readers-writer lock', keeper);
    this.name = handle.name ?? '';
    this.#reads = new RwWaiter(handle, keeper);
    this.#writes = new RwWaiter(handle, keeper);
    const upgrades = new RwWaiter(handle, keeper);
    this.#parts = { handle, gate: native.rwlockGate(handle.number), upgrades };
    this.#recover = recover;
  }

  // ---- opening

  /**
   * Makes a new lock; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode.
   * Errors: EEXIST, EACCES, ENOSPC, EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: RwLockOptions): Promise<RwLock> {
    return promised(() => RwLock.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: RwLockOptions): RwLock {
    return new RwLock(byOpener, opener.create(name, options));
  }

  /**
   * Opens the lock of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is no such lock), EPROTO (it is one of another version). Source: shm_open(3).
   */
  static open(name: string, options?: OpenRwLockOptions): Promise<RwLock> {
    return promised(() => RwLock.openSync(name, options));
  }

  /** As `open`, at once. */
  static openSync(name: string, options?: OpenRwLockOptions): RwLock {
    return new RwLock(byOpener, opener.open(name, options));
  }

  /**
   * Opens the lock of a name, or makes it. `slots`, `preferWriters` and `mode` apply only to one that
   * is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: RwLockOptions): Promise<RwLock> {
    return promised(() => RwLock.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: RwLockOptions): RwLock {
    return new RwLock(byOpener, opener.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the lock open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      RwLock.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlinkLock(name);
  }

  /**
   * The lock in a mapping, 192 bytes and 64 for each slot from an offset that is a multiple of 64:
   * made there with `create`, or else the one that somebody has made.
   *
   * While the object is open, or a guard is not released, the mapping cannot be resized or
   * protected; when the mapping is closed, the lock goes on.
   * Errors: EINVAL (there is no such lock), EPROTO (one of another version), ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   */
  static at(mapping: Mapping, byteOffset = 0, options?: RwLockAtOptions): RwLock {
    return new RwLock(byOpener, opener.openAt(mapping, byteOffset, options));
  }

  // ---- locking

  /**
   * Locks for reading; waits while somebody writes, and with `preferWriters` also while somebody
   * waits to write.
   *
   * Errors: ETIMEDOUT, ERR_CLOSED, EAGAIN (as many read as there are slots), ENOTRECOVERABLE (a
   * writer died, and the next one released the lock without `markConsistent`), ENOLCK (2000 locks
   * are held by this thread), ENOSYS (not with this libc). Source: pthread_rwlock_rdlock(3).
   */
  async readLock(options?: WaitOptions): Promise<RwLockGuard> {
    const limits = limitsOf(options);
    this.checkOpen(); // reading the options may have closed it
    const request = new ReadRequest(this.#parts.handle, false);
    return this.#reader(await this.#reads.wait(request, limits, methods.readLock, this.#guard));
  }

  /**
   * As `readLock`, blocking the thread. It goes before promises of this thread.
   *
   * Errors: as `readLock`; EDEADLK (a guard of this thread writes).
   */
  readLockSync(options?: TimeoutOptions): RwLockGuard {
    return this.#readerSync(this.#guard(this.#takeSync(ReadRequest, options)));
  }

  /** Locks for reading if that is possible now; else undefined. Errors: as `readLock`. */
  tryReadLock(): RwLockGuard | undefined {
    const taken = this.#try(ReadRequest);
    return taken === undefined ? undefined : this.#readerSync(this.#guard(taken));
  }

  /**
   * Locks for writing; waits while somebody else reads or writes, or another guard of this process.
   *
   * Errors: as `readLock`, without EAGAIN. Source: pthread_rwlock_wrlock(3).
   */
  async writeLock(options?: WaitOptions): Promise<RwLockGuard> {
    const limits = limitsOf(options);
    this.checkOpen(); // reading the options may have closed it
    const request = new WriteRequest(this.#parts.handle, false);
    return this.#told(await this.#writes.wait(request, limits, methods.writeLock, this.#guard));
  }

  /**
   * As `writeLock`, blocking the thread. It goes before promises of this thread.
   *
   * Errors: as `writeLock`; EDEADLK (a guard of this thread reads or writes).
   */
  writeLockSync(options?: TimeoutOptions): RwLockGuard {
    return this.#toldSync(this.#guard(this.#takeSync(WriteRequest, options)));
  }

  /** Locks for writing if that is possible now; else undefined. Errors: as `writeLock`. */
  tryWriteLock(): RwLockGuard | undefined {
    const taken = this.#try(WriteRequest);
    return taken === undefined ? undefined : this.#toldSync(this.#guard(taken));
  }

  /**
   * Runs a function with a guard for reading, and releases it when the function has ended.
   *
   * Answers what the function answers. Errors: those of `readLock` and of the function; where the
   * release fails too, an AggregateError of both.
   */
  async useRead<R>(
    fn: (guard: RwLockGuard) => R | PromiseLike<R>,
    options?: WaitOptions,
  ): Promise<R> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    return useGuard(this.readLock(options), fn);
  }

  /**
   * Runs a function with a guard for writing, and releases it when the function has ended.
   *
   * Answers what the function answers. Errors: those of `writeLock` and of the function; where the
   * release fails too, an AggregateError of both.
   */
  async useWrite<R>(
    fn: (guard: RwLockGuard) => R | PromiseLike<R>,
    options?: WaitOptions,
  ): Promise<R> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    return useGuard(this.writeLock(options), fn);
  }

  // ---- looking

  /**
   * Who holds it now: who writes, and who reads. It may have changed when it is looked at.
   *
   * They must live in the same PID namespace. Errors: EMFILE (they are looked for in /proc).
   */
  holders(): Promise<RwLockHolders> {
    return promised(() => this.holdersSync());
  }

  /** As `holders`, at once. */
  holdersSync(): RwLockHolders {
    this.checkOpen();
    return holdersOf(this.#parts.handle);
  }

  /** Its state now, and how often it was read, written, waited for, and left behind by the dead. */
  stat(): Promise<RwLockStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): RwLockStatus {
    this.checkOpen();
    return statusOf(this.#parts.handle);
  }

  // ---- the object itself

  /** Removes the lock's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return RwLock.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    RwLock.unlinkSync(this.name);
  }

  protected override release(reason: () => ClosedError): void {
    this.#reads.end(reason);
    this.#writes.end(reason);
    this.#parts.upgrades.end(reason);
    this.#parts.handle.letGo();
  }

  #takeSync(Request: typeof ReadRequest | typeof WriteRequest, options?: TimeoutOptions): Taken {
    const timeout = timeoutOf(optionsOf(options));
    this.checkOpen();
    const { handle } = this.#parts;
    return RwWaiter.waitSync(new Request(handle, false), handle, timeout);
  }

  #try(Request: typeof ReadRequest | typeof WriteRequest): Taken | undefined {
    this.checkOpen();
    const request: RwRequest = new Request(this.#parts.handle, true);
    return RwWaiter.try(request);
  }

  async #reader(reader: RwLockGuard): Promise<RwLockGuard> {
    const guard = await this.#told(reader);
    if (this.#recover !== undefined && !guard.released) guard.downgrade();
    return guard;
  }

  #readerSync(reader: RwLockGuard): RwLockGuard {
    const guard = this.#toldSync(reader);
    if (this.#recover !== undefined && !guard.released) guard.downgrade();
    return guard;
  }

  async #told(guard: RwLockGuard): Promise<RwLockGuard> {
    return guard.ownerDied && this.#recover !== undefined
      ? await recovered(guard, this.#recover, ends)
      : guard;
  }

  #toldSync(guard: RwLockGuard): RwLockGuard {
    return guard.ownerDied && this.#recover !== undefined
      ? recoveredSync(guard, this.#recover, ends)
      : guard;
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'readLock' | 'writeLock', unknown> = RwLock.prototype;
