/** fcntl, for what this package makes, and for locks. */

import { check, invalidType, SystemError } from '../core/error';
import { F_ADD_SEALS, F_GET_SEALS } from '../core/memfd-constants';
import type {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_SETLK,
  F_SETLKW,
} from '../lock/constants';
import { native } from '../native';
import { F_GETPIPE_SZ, F_SETPIPE_SZ } from '../stream/constants';
import { fcntlFlock, takesFlock, type Flock, type FoundFlock } from './flock';

/**
 * fcntl - F_ADD_SEALS and F_GET_SEALS of a memfd, F_SETPIPE_SZ and F_GETPIPE_SZ of a pipe, and the
 * record locks of a file: F_SETLK, F_SETLKW, F_GETLK, and the same with F_OFD_.
 *
 * Those that get answer the seals, the capacity (F_SETPIPE_SZ too) or a struct flock. F_SETLKW and
 * F_OFD_SETLKW block this thread, as in C.
 * Errors: EAGAIN, EBADF, EBUSY, EDEADLK, EINTR, EINVAL, ENOLCK, EOVERFLOW, EPERM. Source: fcntl(2).
 *
 * ```js
 * fcntl(fd, F_OFD_SETLK, { l_type: F_WRLCK, l_whence: SEEK_SET, l_start: 0, l_len: 0 });
 * ```
 */
export function fcntl(fd: number, cmd: typeof F_GET_SEALS | typeof F_GETPIPE_SZ): number;
export function fcntl(
  fd: number,
  cmd: typeof F_ADD_SEALS | typeof F_SETPIPE_SZ,
  arg: number,
): number;
export function fcntl(
  fd: number,
  cmd: typeof F_GETLK | typeof F_OFD_GETLK,
  lock: Flock,
): FoundFlock;
export function fcntl(
  fd: number,
  cmd: typeof F_SETLK | typeof F_SETLKW | typeof F_OFD_SETLK | typeof F_OFD_SETLKW,
  lock: Flock,
): number;
export function fcntl(fd: number, cmd: number, arg?: number): number;
export function fcntl(fd: number, cmd: number, arg: number | Flock = 0): number | FoundFlock {
  if (typeof cmd !== 'number') throw invalidType('cmd', 'an integer', cmd);
  if (takesFlock(cmd)) return fcntlFlock(fd, cmd, arg as Flock);
  const call = calls.get(cmd);
  if (call === undefined) {
    const hint = 'only F_ADD_SEALS, F_GET_SEALS, F_SETPIPE_SZ, F_GETPIPE_SZ and locks are here';
    throw new SystemError('EINVAL', 'fcntl', { hint });
  }
  return check(call(fd, arg as number), 'fcntl');
}

const calls = new Map<number, (fd: number, arg: number) => number>([
  [F_GET_SEALS, (fd) => native.getSeals(fd)],
  [F_ADD_SEALS, (fd, arg) => native.addSeals(fd, arg)],
  [F_GETPIPE_SZ, (fd) => native.pipeCapacity(fd)],
  [F_SETPIPE_SZ, (fd, arg) => native.setPipeCapacity(fd, arg)],
]);
