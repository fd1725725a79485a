/** The lock under which a stale socket file is replaced: flock(2) on a file beside it. */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';

import { check, errnoOf } from '../core/error';
import { native } from '../native';
import { textOf } from './address';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

const EAGAIN = -errnoOf('EAGAIN');

/** What a lock file of ours holds: another one, an empty one too, is somebody else's and stays. */
const mark = Buffer.from('posix-ipc\n');

/** A lock that is held. */
export class LockFile {
  readonly #path: Buffer;
  readonly #fd: number;
  readonly #isMade: boolean;

  private constructor(path: Buffer, fd: number, isMade: boolean) {
    this.#path = path;
    this.#fd = fd;
    this.#isMade = isMade;
  }

  /** Takes it; undefined where another process has it. */
  static take(path: Buffer): LockFile | undefined {
    const { fd, isMade } = open(path);
    if (fd === undefined) return undefined;
    const locked = native.unixLockFile(fd);
    // Who has the lock removes the file before it lets go: so the file is looked at once more.
    if (locked === 0 && isThere(path, fd)) return new LockFile(path, fd, isMade);
    closeSync(fd);
    if (locked !== EAGAIN) check(locked, 'flock', { path: textOf(path) });
    return undefined;
  }

  /** Removes the file, before the lock is let go of: see `take`. */
  release(): void {
    try {
      if (this.#isMade || isMarked(this.#fd)) rmSync(this.#path, { force: true });
    } finally {
      closeSync(this.#fd);
    }
  }
}

/** `fd` is undefined where the file has gone meanwhile. */
function open(path: Buffer): { fd?: number; isMade: boolean } {
  try {
    const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    leaveMark(fd);
    return { fd, isMade: true };
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  try {
    return { fd: openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK), isMade: false };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return { isMade: false };
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

/** For others, where this process is killed before it has removed the file. */
function leaveMark(fd: number): void {
  try {
    writeSync(fd, mark);
  } catch {
    // The disk is full: it only serves to have no file left over.
  }
}

function isMarked(fd: number): boolean {
  const status = fstatSync(fd);
  if (!status.isFile() || status.size !== mark.length) return false;
  const found = Buffer.alloc(mark.length);
  readSync(fd, found, 0, found.length, 0);
  return found.equals(mark);
}

function isThere(path: Buffer, fd: number): boolean {
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return there?.dev === dev && there.ino === ino;
}
