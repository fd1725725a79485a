/** sem_open, sem_close, sem_unlink, sem_wait, sem_trywait, sem_timedwait, sem_clockwait, sem_post, sem_getvalue. */

import { check } from '../core/error';
import { handleOf, type Mapping } from '../core/mapping';
import { integer, objectOf } from '../core/options';
import { native } from '../native';
import { CLOCK_REALTIME } from '../posix/constants';
import type { Timespec } from './timespec';

/**
 * sem_open - open a named semaphore; make it with O_CREAT.
 *
 * Answers a small integer in place of the address: the same one for a semaphore that is open
 * already, and then `sem_close` is due as often. The umask takes from `mode`, as in C. A name is at
 * most 251 bytes after the slash.
 * Errors: EACCES, EEXIST, EINVAL, EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOMEM, ENOSPC.
 * Source: sem_open(3).
 *
 * ```js
 * const sem = sem_open('/jobs', O_CREAT, 0o600, 1);
 * ```
 */
export function sem_open(name: string, oflag: number, mode = 0, value = 0): number {
  const bits = integer('mode', mode, 0, 0o7777);
  return check(native.semOpen(name, oflag, bits, false, value), 'sem_open', { path: name });
}

/**
 * sem_init - make a semaphore in a mapping, at a multiple of 8 bytes. Answers its handle.
 *
 * `pshared` 0: for the threads of one process. Errors: EINVAL. Source: sem_init(3).
 */
export function sem_init(
  mapping: Mapping,
  byteOffset: number,
  pshared: number,
  value: number,
): number {
  return check(native.semInit(handleOf(mapping), byteOffset, pshared, value), 'sem_init');
}

/** sem_destroy - let go of a semaphore that sem_init made. Errors: EINVAL. Source: sem_destroy(3). */
export function sem_destroy(sem: number): void {
  check(native.semDestroy(sem), 'sem_destroy');
}

/** sem_close - close a named semaphore. Errors: EINVAL. Source: sem_close(3). */
export function sem_close(sem: number): void {
  check(native.semClose(sem), 'sem_close');
}

/** sem_unlink - remove a named semaphore. Errors: EACCES, ENAMETOOLONG, ENOENT. Source: sem_unlink(3). */
export function sem_unlink(name: string): void {
  check(native.semUnlink(name), 'sem_unlink', { path: name });
}

/** sem_wait - lock a semaphore; blocks the thread. Errors: EINTR, EINVAL. Source: sem_wait(3). */
export function sem_wait(sem: number): void {
  check(native.semWait(sem), 'sem_wait');
}

/** sem_trywait - lock a semaphore if that is possible now. Errors: EAGAIN, EINVAL. Source: sem_wait(3). */
export function sem_trywait(sem: number): void {
  check(native.semTrywait(sem), 'sem_trywait');
}

/**
 * sem_timedwait - lock a semaphore, until an instant of CLOCK_REALTIME at most.
 *
 * Errors: EINTR, EINVAL, ETIMEDOUT. Source: sem_wait(3).
 */
export function sem_timedwait(sem: number, abs_timeout: Timespec): void {
  check(clockwait(sem, CLOCK_REALTIME, abs_timeout), 'sem_timedwait');
}

/**
 * sem_clockwait - lock a semaphore, until an instant of a clock at most.
 *
 * `clockid` is CLOCK_MONOTONIC (that of `process.hrtime`) or CLOCK_REALTIME. Where libc lacks the
 * call (musl), it is made of sem_wait and a timer. Errors: EINTR, EINVAL, ETIMEDOUT.
 * Source: sem_wait(3).
 *
 * ```js
 * const [tv_sec, tv_nsec] = process.hrtime();
 * sem_clockwait(sem, CLOCK_MONOTONIC, { tv_sec: tv_sec + 1, tv_nsec }); // a second at most
 * ```
 */
export function sem_clockwait(sem: number, clockid: number, abs_timeout: Timespec): void {
  check(clockwait(sem, clockid, abs_timeout), 'sem_clockwait');
}

/** sem_post - unlock a semaphore. Errors: EINVAL, EOVERFLOW. Source: sem_post(3). */
export function sem_post(sem: number): void {
  check(native.semPost(sem), 'sem_post');
}

/** sem_getvalue - the value of a semaphore; 0 while others wait. Errors: EINVAL. Source: sem_getvalue(3). */
export function sem_getvalue(sem: number): number {
  return check(native.semGetvalue(sem), 'sem_getvalue');
}

function clockwait(sem: number, clockid: number, time: Timespec): number {
  const { tv_sec, tv_nsec } = objectOf('abs_timeout', time);
  return native.semClockwait(sem, clockid, tv_sec, tv_nsec);
}
