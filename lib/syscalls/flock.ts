/** flock, lockf, and the record locks of fcntl. A descriptor is a number, and belongs to the caller. */

import { check } from '../core/error';
import { integer, long, objectOf } from '../core/options';
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_SETLK,
  F_SETLKW,
} from '../lock/constants';
import { native } from '../native';

/** struct flock: a range of a file, and how it is locked. */
export interface Flock {
  /** F_RDLCK, F_WRLCK or F_UNLCK. */
  l_type: number;
  /** What l_start counts from: SEEK_SET, SEEK_CUR or SEEK_END. */
  l_whence: number;
  l_start: number | bigint;
  /** How many bytes, before l_start if it is negative; 0 reaches to the end. */
  l_len: number | bigint;
  /** Who holds the lock: F_GETLK answers it. 0 for OFD locks, and -1 where F_GETLK finds one. */
  l_pid?: number | undefined;
}

/** What F_GETLK and F_OFD_GETLK answer. */
export interface FoundFlock extends Required<Flock> {
  l_start: bigint;
  l_len: bigint;
}

/** The commands of fcntl that take a struct flock. */
export type FlockCommand = (typeof flockCommands)[number];

const flockCommands = [F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW] as const;

export function takesFlock(cmd: number): cmd is FlockCommand {
  return (flockCommands as readonly number[]).includes(cmd);
}

const lowest = -(2 ** 31);
const highest = 2 ** 31 - 1;

/** A short: what does not fit would become another one. */
function short(name: string, value: number): bigint {
  return BigInt(integer(name, value, -(2 ** 15), 2 ** 15 - 1));
}

/** fcntl with a struct flock: 0, or what F_GETLK has found. */
export function fcntlFlock(fd: number, cmd: FlockCommand, lock: Flock): FoundFlock | number {
  const { l_type, l_whence, l_start, l_len, l_pid = 0 } = objectOf('lock', lock);
  const fields = BigInt64Array.of(
    short('lock.l_type', l_type),
    short('lock.l_whence', l_whence),
    BigInt(long('lock.l_start', l_start)),
    BigInt(long('lock.l_len', l_len)),
    BigInt(integer('lock.l_pid', l_pid, lowest, highest)),
  );
  const result = check(native.fcntlLock(fd, cmd, fields), 'fcntl');
  if (cmd !== F_GETLK && cmd !== F_OFD_GETLK) return result;
  const [type = 0n, whence = 0n, start = 0n, length = 0n, pid = 0n] = fields;
  return {
    l_type: Number(type),
    l_whence: Number(whence),
    l_start: start,
    l_len: length,
    l_pid: Number(pid),
  };
}

/**
 * flock - lock a whole file, for its open file: LOCK_SH or LOCK_EX, with LOCK_NB or not, or LOCK_UN.
 *
 * It blocks this thread, as in C. Errors: EAGAIN (EWOULDBLOCK), EBADF, EINTR, EINVAL, ENOLCK.
 * Source: flock(2).
 *
 * ```js
 * flock(fd, LOCK_EX | LOCK_NB);
 * ```
 */
export function flock(fd: number, operation: number): void {
  check(native.flock(fd, operation), 'flock');
}

/**
 * lockf - an exclusive POSIX lock from the descriptor's position on: F_LOCK, F_TLOCK, F_ULOCK, F_TEST.
 *
 * `len` is how many bytes, before the position if it is negative; 0 reaches to the end. It blocks this
 * thread, as in C. Errors: EACCES or EAGAIN, EBADF, EDEADLK, EINTR, EINVAL, ENOLCK. Source: lockf(3).
 */
export function lockf(fd: number, cmd: number, len: number | bigint): void {
  check(native.lockf(fd, cmd, len), 'lockf');
}
