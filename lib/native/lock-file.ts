import type { Memory, Quick } from './core';

/**
 * native/lock/file: a kind is 0 (OFD), 1 (POSIX) or 2 (flock); a type is F_RDLCK, F_WRLCK or F_UNLCK;
 * a length of 0 reaches to any end.
 */
export interface LockFile {
  /** At once; -EAGAIN where it would have to wait. */
  fileLock(
    descriptor: number,
    kind: number,
    type: number,
    start: number | bigint,
    length: number | bigint,
  ): number;
  /** The same, of a range that is given by numbers. */
  fileLockQuick: Quick<5>;
  /** The same, of the whole file. */
  fileLockWhole: Quick<3>;
  /** Starts a native wait. The descriptor stays open until that has ended. */
  fileLockWait(
    descriptor: number,
    kind: number,
    type: number,
    start: number | bigint,
    length: number | bigint,
  ): number;
  /** Blocks this thread. */
  fileLockFor(
    descriptor: number,
    kind: number,
    type: number,
    start: number | bigint,
    length: number | bigint,
    timeout: number,
  ): number;
  /** With a struct flock of five 64-bit numbers: l_type, l_whence, l_start, l_len, l_pid. */
  fcntlLock(fd: number, cmd: number, lock: Memory): number;
  /** 1 if the path leads to the file that is open, 0 if to another one or nowhere. */
  fileIsAt(fd: number, path: string): number;
  /** The number of a descriptor; the flags beyond those that all descriptors have here. */
  lockFileOpen(path: string, flags: number, mode: number): number;
  flock(fd: number, operation: number): number;
  lockf(fd: number, cmd: number, len: number | bigint): number;
}
