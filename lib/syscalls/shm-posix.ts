/** shm_open, shm_unlink. */

import { check } from '../core/error';
import { native } from '../native';

/**
 * shm_open - open or make POSIX shared memory: its descriptor. The umask applies, as in C.
 *
 * What is new has size 0: see ftruncate and posix_fallocate. Close it with `fs.closeSync`.
 * Errors: EACCES, EEXIST, EINVAL, ENAMETOOLONG, ENOENT. Source: shm_open(3).
 *
 * ```js
 * const fd = shm_open('/frames', O_CREAT | O_RDWR, 0o600);
 * ```
 */
export function shm_open(name: string, oflag: number, mode: number): number {
  return check(native.shmOpen(name, oflag, mode), 'shm_open', { path: name });
}

/** shm_unlink - take a name away. Errors: EACCES, ENOENT. Source: shm_unlink(3). */
export function shm_unlink(name: string): void {
  check(native.shmUnlink(name), 'shm_unlink', { path: name });
}
