import { resolve } from 'node:path';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, invalidType, SystemError, type ClosedError } from '../core/error';
import { useGuard } from '../core/guard';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import { descriptorOf, type OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import { native } from '../native';
import { FileLockGuard } from './file-lock-guard';
import {
  heldThrough,
  holdersOf,
  type FileLockHolder,
  type FileLockRange,
} from './file-lock-holders';
import { createFile, openFile, openOrCreateFile } from './file-lock-open';
import {
  kindOf,
  openPlan,
  rangeOf,
  syncTimeoutOf,
  type FileLockFromFdOptions,
  type FileLockKind,
  type FileLockOptions,
  type FileLockSyncOptions,
  type FileLockWaitOptions,
  type FileRangeOptions,
  type OpenFileLockOptions,
} from './file-lock-options';
import { FileLockTable } from './file-lock-table';
import { inTheWay } from './file-lock-test';
import type { FileRange } from './file-range';

/** OFD locks through a descriptor of ours. */
export let lockThrough: (descriptor: OwnedDescriptor, path: string) => FileLock;

/**
 * Locks of a file, or of ranges of its bytes, between processes that agree to ask for them: they hold
 * nobody back who just reads and writes. The kernel gives them back when their holder dies.
 *
 * One object is one owner, with an open file of its own: two objects exclude each other, in one
 * process or two, and so do guards of one object. (POSIX locks know only the process: of those, only
 * guards of one object exclude each other inside it.)
 *
 * What can wait has three forms: `lock()` gives a promise, `lockSync()` blocks the thread, `tryLock()`
 * answers at once. A wait that is aborted or timed out has taken nothing. The kernel has no line:
 * who asks first once a lock is free, has it. Calls of one object that exclude each other are
 * answered in the order in which they were made.
 *
 * Source: fcntl(2), flock(2).
 *
 * ```js
 * const file = await lock.FileLock.openOrCreate('/var/lib/shop/orders.lock');
 * {
 *   using guard = await file.lock({ timeout: 1000 });
 *   await writeOrders();
 * } // released here
 * ```
 */
export class FileLock extends Handle {
  static {
    lockThrough = (descriptor, path) => new FileLock(byOpener, descriptor, 'ofd', path);
  }

  /** Where the file was opened; undefined where a descriptor was given. */
  readonly path: string | undefined;
  /** The kind of its locks. */
  readonly kind: FileLockKind;
  readonly #descriptor: OwnedDescriptor;
  readonly #table: FileLockTable;
  /** Absolute, for who leaves the folder. */
  readonly #place: string | undefined;
  #detaching = false;

  private constructor(
    by: ByOpener,
    descriptor: OwnedDescriptor,
    kind: FileLockKind,
    path: string | undefined,
  ) {
    checkOpener(by, FileLock);
    const keeper = new Keeper();
    super('file lock', keeper);
    this.path = path;
    this.#place = path === undefined ? undefined : resolve(path);
    this.kind = kind;
    this.#descriptor = descriptor;
    this.#table = new FileLockTable(descriptor, kind, path, keeper);
  }

  // ---- opening

  /**
   * Makes a new, empty file to be locked.
   *
   * Errors: EEXIST, EACCES, ENOENT (no such folder), EMFILE, ENOSPC, EROFS. Source: open(2) with
   * O_CREAT | O_EXCL.
   */
  static create(path: string, options?: FileLockOptions): Promise<FileLock> {
    return promised(() => FileLock.createSync(path, options));
  }

  /** As `create`, at once. */
  static createSync(path: string, options?: FileLockOptions): FileLock {
    const { kind, flags, mode } = openPlan(options);
    return FileLock.#of(createFile(path, flags, mode), kind, path);
  }

  /**
   * Opens a file that is there, or a folder with access 'read'. Nothing is locked yet.
   *
   * Errors: ENOENT, EACCES, EISDIR (a folder, to be written), EMFILE. Source: open(2).
   */
  static open(path: string, options?: OpenFileLockOptions): Promise<FileLock> {
    return promised(() => FileLock.openSync(path, options));
  }

  /** As `open`, at once. */
  static openSync(path: string, options?: OpenFileLockOptions): FileLock {
    const { kind, flags } = openPlan(options);
    return FileLock.#of(openFile(path, flags), kind, path);
  }

  /** Opens the file, or makes it; the mode applies only to one that is made. Errors: as `create` and `open`. */
  static openOrCreate(path: string, options?: FileLockOptions): Promise<FileLock> {
    return promised(() => FileLock.openOrCreateSync(path, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(path: string, options?: FileLockOptions): FileLock {
    const { kind, flags, mode } = openPlan(options);
    return FileLock.#of(openOrCreateFile(path, flags, mode), kind, path);
  }

  /**
   * Locks through a descriptor that somebody else has opened. OFD and flock locks belong to its open
   * file: all who share it, by dup(2), fork(2) or a socket, have them, and exclude each other only as
   * guards of one object do.
   *
   * With `own: false` the object has a copy of the descriptor; its end is the end of this process's
   * POSIX locks of the file, as that of any descriptor is. Errors: EBADF, EMFILE.
   */
  static fromFd(fd: number, options?: FileLockFromFdOptions): Promise<FileLock> {
    return promised(() => FileLock.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FileLockFromFdOptions): FileLock {
    const kind = kindOf(options);
    const descriptor = descriptorOf(fd, options, (number) =>
      check(native.statusFlags(number), 'fcntl', { fd: number }),
    );
    return new FileLock(byOpener, descriptor, kind, undefined);
  }

  static #of(descriptor: OwnedDescriptor, kind: FileLockKind, path: string): FileLock {
    return new FileLock(byOpener, descriptor, kind, path);
  }

  // ---- locking

  /**
   * Takes a lock: exclusive, of the whole file, unless the options say otherwise. Waits while another
   * owner, or another guard of this object, has what excludes it. Answers a guard.
   *
   * Errors: EBADF (the descriptor's access is not enough), EDEADLK (POSIX locks: the holder waits for
   * this process), ENOLCK, ETIMEDOUT, ERR_CLOSED, ERR_OUT_OF_RANGE (also: a range, of kind 'flock').
   * Source: fcntl(2), F_OFD_SETLKW and F_SETLKW; flock(2).
   *
   * ```js
   * using page = await file.lock({ start: 4096, length: 4096, shared: true });
   * ```
   */
  async lock(options?: FileLockWaitOptions): Promise<FileLockGuard> {
    this.checkOpen();
    const range = this.#rangeOf(options);
    const limits = limitsOf(options);
    if (options !== undefined) this.checkOpen();
    const held = this.#table.lock(range, limits, methods.lock);
    return new FileLockGuard(this.#table, held instanceof Promise ? await held : held);
  }

  /**
   * As `lock`, blocking the thread. EDEADLK also where a guard of this object, or an earlier call of it
   * that waits, is in the way: the thread would wait for itself.
   */
  lockSync(options?: FileLockSyncOptions): FileLockGuard {
    this.checkOpen();
    const range = this.#rangeOf(options);
    const timeout = syncTimeoutOf(options);
    if (options !== undefined) this.checkOpen();
    return new FileLockGuard(this.#table, this.#table.lockSync(range, timeout));
  }

  /** As `lock`; undefined where it would have to wait. */
  tryLock(options?: FileRangeOptions): FileLockGuard | undefined {
    this.checkOpen();
    const held = this.#table.tryLock(this.#rangeOf(options));
    return held && new FileLockGuard(this.#table, held);
  }

  /**
   * Takes a lock, runs a function, which is given the guard, and releases the lock when the function has
   * ended, well or not.
   *
   * Answers what the function answers. Errors: those of `lock` and of the function; where the release
   * fails too, an AggregateError of both.
   *
   * ```js
   * await file.use(() => writeOrders(), { timeout: 1000 });
   * ```
   */
  use<R>(
    fn: (guard: FileLockGuard) => R | PromiseLike<R>,
    options?: FileLockWaitOptions,
  ): Promise<R> {
    if (typeof fn !== 'function') return Promise.reject(invalidType('fn', 'a function', fn));
    return useGuard(this.lock(options), fn);
  }

  // ---- asking

  /**
   * The first lock that is in the way of one that is asked for; undefined if it could be had. Guards of
   * this object are not in its way.
   *
   * An OFD lock has no process: its `pid` is -1, and `pids` are those that have its open file, found in
   * /proc, as far as this process may look. OFD and POSIX locks see each other; flock sees only flock.
   * Errors: ENOENT (kind 'flock', and no /proc). Source: fcntl(2), F_OFD_GETLK and F_GETLK; proc_locks(5).
   */
  test(options?: FileRangeOptions): Promise<FileLockHolder | undefined> {
    return promised(() => this.testSync(options));
  }

  /** As `test`, at once. */
  testSync(options?: FileRangeOptions): FileLockHolder | undefined {
    this.checkOpen();
    const range = this.#rangeOf(options);
    return inTheWay(this.fd, this.kind, range, this.path);
  }

  /**
   * All locks of the file, of every kind, this object's included. Those that wait are not among them.
   *
   * Errors: ENOENT (no /proc). Source: proc_locks(5), and /proc/PID/fdinfo for the processes.
   */
  holders(): Promise<FileLockHolder[]> {
    return promised(() => this.holdersSync());
  }

  /** As `holders`, at once. */
  holdersSync(): FileLockHolder[] {
    return holdersOf(this.fd);
  }

  /**
   * What this object has in the kernel. A POSIX lock is missing once any other descriptor of the file was
   * closed in this process, whatever the guard says. Source: /proc/self/fdinfo, proc_pid_fdinfo(5).
   */
  get held(): FileLockRange[] {
    return heldThrough(this.fd);
  }

  /**
   * Whether the path still leads to this file. False once the file was removed or replaced: then others
   * may lock another file of the same name.
   *
   * Who removes lock files asks this after each lock, and opens the file anew where it is false.
   * Errors: ERR_CLOSED, EACCES, EINVAL (it has no path: `fromFd`). Source: stat(2).
   */
  isCurrent(): boolean {
    const { fd, path } = this;
    if (this.#place === undefined) {
      throw new SystemError('EINVAL', 'stat', { hint: 'it was opened without a path' });
    }
    return check(native.fileIsAt(fd, this.#place), 'stat', { path }) === 1;
  }

  // ---- the object itself

  /** The descriptor's number, as for `stdio` of `child_process.spawn`; it belongs to this object. */
  get fd(): number {
    this.checkOpen();
    return this.#descriptor.number;
  }

  /**
   * Hands the descriptor over to the caller, with the locks that it has; this object is closed. Waits
   * end with ERR_CLOSED, guards have nothing more to release.
   */
  detach(): number {
    const { fd } = this;
    this.#detaching = true;
    this.close();
    return fd;
  }

  /** Releases what guards hold, ends waits with ERR_CLOSED, and closes the file. It stays. */
  protected override release(reason: () => ClosedError): void {
    this.#table.end(reason, this.#detaching);
  }

  /** What is asked for; reading it may have closed this object. */
  #rangeOf(options: FileRangeOptions | undefined): FileRange {
    const range = rangeOf(options, this.kind);
    if (options !== undefined) this.checkOpen();
    return range;
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'lock', unknown> = FileLock.prototype;
