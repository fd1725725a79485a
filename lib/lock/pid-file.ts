import {
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { SystemError } from '../core/error';
import { fileMode, optionsOf } from '../core/options';
import { isGone } from '../core/proc';
import { promised } from '../core/promised';
import { native } from '../native';
import { lockThrough, type FileLock } from './file-lock';
import { textOr, type FileLockHolder } from './file-lock-holders';
import { findFile, openOrCreateFile } from './file-lock-open';

/** What a pid file is made with. */
export interface PidFileOptions {
  /** Permission bits, exactly, whatever the umask. Default 0o644: anybody may read who runs. */
  mode?: number | undefined;
}

const { O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const longest = 64;
const mostPid = 2 ** 31 - 1;
const mostTries = 100;
const mostLooks = 3;

/** Somebody else holds a pid file. `code` is `'ERR_ALREADY_RUNNING'`. */
export class AlreadyRunningError extends Error {
  /** As of Node's own errors. */
  readonly code = 'ERR_ALREADY_RUNNING';
  /** The pid file. */
  readonly path: string;
  /** Who holds it; undefined where it has not said so yet, and /proc does not tell. */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    const who = pid === undefined ? 'Another process' : `Process ${String(pid)}`;
    super(`${who} is running already: it holds '${path}'`);
    this.path = path;
    this.pid = pid;
  }

  static {
    this.prototype.name = 'AlreadyRunningError';
  }
}

/** Pid files of this thread, to be removed when it ends. */
const open = new Set<PidFile>();

function closeAll(): void {
  for (const one of open) {
    try {
      one.close();
    } catch {
      // It cannot be removed: a stale one stays, which holds nobody back.
    }
  }
}

/**
 * A pid file: that one instance of a daemon runs, and which process it is.
 *
 * The file holds the pid and a line feed, and an OFD lock of this process. The lock is what counts: it
 * goes with its process, also after a SIGKILL, whatever the file says then, and whoever has the pid. The
 * file is removed by `close()`, and when this thread ends by itself or by `process.exit()`.
 *
 * ```js
 * using pidFile = await lock.PidFile.create('/run/shop.pid');
 * ```
 */
export class PidFile implements Disposable, AsyncDisposable {
  /** Absolute: a daemon may leave its folder. */
  readonly path: string;
  /** The process that is written in it: this one. */
  readonly pid = process.pid;
  /** The process that was written in it before, and did not remove it; undefined where there was no file. */
  readonly stalePid: number | undefined;
  readonly #lock: FileLock;

  private constructor(by: ByOpener, path: string, lock: FileLock, stalePid: number | undefined) {
    checkOpener(by, PidFile);
    this.path = resolve(path);
    this.stalePid = stalePid;
    this.#lock = lock;
    if (open.size === 0) process.on('exit', closeAll);
    open.add(this);
  }

  /**
   * Makes the file and locks it, or takes one over that nobody holds any more. Never waits.
   *
   * Errors: AlreadyRunningError with the holder's `pid`, EEXIST (what is there holds something else
   * than a pid, or is a device or a FIFO: it is left alone), ELOOP (it is a symbolic link), EACCES,
   * ENOENT (no such folder), ENOSPC.
   */
  static create(path: string, options?: PidFileOptions): Promise<PidFile> {
    return promised(() => PidFile.createSync(path, options));
  }

  /** As `create`, at once. */
  static createSync(path: string, options?: PidFileOptions): PidFile {
    const { mode = 0o644 } = optionsOf(options);
    fileMode('options.mode', mode);
    for (let tries = 1; ; tries++) {
      if (isDeviceOrFifo(path, lstatSync)) throw notRegular(path);
      const descriptor = openOrCreateFile(path, O_RDWR | O_NOFOLLOW, mode);
      const lock = lockThrough(descriptor, path);
      try {
        const taken = take(path, lock, descriptor.number);
        if (taken !== undefined) return new PidFile(byOpener, path, lock, taken.stalePid);
      } catch (error) {
        lock.close();
        throw error;
      }
      lock.close(); // removed meanwhile, by its last holder
      if (tries === mostTries) throw new SystemError('EAGAIN', 'open', { path });
    }
  }

  /**
   * The process that holds a pid file now; undefined if nobody does, whatever the file says.
   *
   * Errors: EACCES, ESRCH (somebody holds it who has written no pid yet, and cannot be found in /proc).
   *
   * ```js
   * const pid = await lock.PidFile.holder('/run/shop.pid');
   * if (pid !== undefined) process.kill(pid, 'SIGHUP');
   * ```
   */
  static holder(path: string): Promise<number | undefined> {
    return promised(() => PidFile.holderSync(path));
  }

  /** As `holder`, at once. */
  static holderSync(path: string): number | undefined {
    if (isDeviceOrFifo(path, statSync)) return undefined;
    const descriptor = findFile(path, O_RDONLY);
    if (descriptor === undefined) return undefined;
    using lock = lockThrough(descriptor, path);
    for (let looks = 1; ; looks++) {
      const holder = lock.testSync();
      if (holder === undefined) return undefined;
      const pid = holderOf(lock.fd, holder);
      if (pid !== undefined) return pid;
      // It may have left since, and been looked for in vain.
      if (looks === mostLooks) throw new SystemError('ESRCH', 'fcntl', { path });
    }
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#lock.closed;
  }

  /** Removes the file, unless something else has the name by now, and lets go of the lock. Idempotent. */
  close(): void {
    if (this.closed) return;
    open.delete(this);
    if (open.size === 0) process.off('exit', closeAll);
    try {
      if (native.fileIsAt(this.#lock.fd, this.path) === 1) unlinkSync(this.path);
    } finally {
      this.#lock.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return promised(() => {
      this.close();
    });
  }
}

/** Locks the open file and writes the pid; undefined if the name leads to another file by now. */
function take(
  path: string,
  lock: FileLock,
  fd: number,
): { stalePid: number | undefined } | undefined {
  while (lock.tryLock() === undefined) {
    const holder = lock.testSync();
    if (holder !== undefined) throw new AlreadyRunningError(path, holderOf(fd, holder));
  }
  if (native.fileIsAt(fd, path) !== 1) return undefined;
  const status = fstatSync(fd);
  // What is written into a disk is gone, and its size is 0.
  if (!status.isFile()) throw notRegular(path);
  const stalePid = pidIn(fd);
  if (status.size > 0 && stalePid === undefined) {
    throw inTheWay(path, 'it holds something else than a pid');
  }
  try {
    writePid(fd);
  } catch (error) {
    if (stalePid === undefined) removeEmpty(path);
    throw new SystemError((error as NodeJS.ErrnoException).errno ?? 'EIO', 'write', { path });
  }
  return { stalePid };
}

/** One that has no pid in it, and an error of its own already. */
function removeEmpty(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It stays: whoever comes next takes it over.
  }
}

/** In this order: who reads meanwhile finds a whole pid in the first line, the old one or the new. */
function writePid(fd: number): void {
  const text = `${String(process.pid)}\n`;
  writeSync(fd, text, 0);
  ftruncateSync(fd, text.length);
}

/**
 * Whether a path leads to something that must not be opened: a device may act upon it, and it lets go
 * who waits at the other end of a FIFO. What else may be wrong, open(2) tells.
 */
function isDeviceOrFifo(path: string, status: typeof statSync): boolean {
  return textOr(false, () => {
    const there = status(path);
    return there.isFIFO() || there.isCharacterDevice() || there.isBlockDevice();
  });
}

function notRegular(path: string): SystemError {
  return inTheWay(path, 'it is no regular file');
}

function inTheWay(path: string, hint: string): SystemError {
  return new SystemError('EEXIST', 'open', { path, hint });
}

/**
 * Who holds it: whoever the file names, unless that is known to be wrong. Until the holder has written,
 * it names the one before, whose pid may be somebody else's by now.
 */
function holderOf(fd: number, { pids }: FileLockHolder): number | undefined {
  const named = pidIn(fd);
  if (named === undefined || pids.includes(named)) return named ?? pids[0];
  return wouldBeFound(named) ? pids[0] : named;
}

/** Whether a process, if it held the file, would be among those that were found in /proc. */
function wouldBeFound(pid: number): boolean {
  try {
    readdirSync(`/proc/${String(pid)}/fdinfo`);
    return true;
  } catch {
    return isGone(pid);
  }
}

/** The pid in the first line of a file. */
function pidIn(fd: number): number | undefined {
  const bytes = Buffer.alloc(longest);
  const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, longest, 0));
  const pid = Number(/^ *([1-9]\d*) *(?:\n|$)/.exec(text)?.[1]);
  return pid <= mostPid ? pid : undefined; // NaN is not
}
