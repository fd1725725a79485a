/** fcntl, for what this package makes. */

import { check, invalidType, SystemError } from '../core/error';
import { F_ADD_SEALS, F_GET_SEALS } from '../core/memfd-constants';
import { native } from '../native';
import { F_GETPIPE_SZ, F_SETPIPE_SZ } from '../stream/constants';

/**
 * fcntl - F_ADD_SEALS and F_GET_SEALS of a memfd, F_SETPIPE_SZ and F_GETPIPE_SZ of a pipe. Those that
 * get answer the seals or the capacity, and F_SETPIPE_SZ the capacity too.
 *
 * Errors: EBADF, EBUSY, EINVAL, EPERM. Source: fcntl(2).
 */
export function fcntl(fd: number, cmd: typeof F_GET_SEALS | typeof F_GETPIPE_SZ): number;
export function fcntl(
  fd: number,
  cmd: typeof F_ADD_SEALS | typeof F_SETPIPE_SZ,
  arg: number,
): number;
export function fcntl(fd: number, cmd: number, arg?: number): number;
export function fcntl(fd: number, cmd: number, arg = 0): number {
  if (typeof cmd !== 'number') throw invalidType('cmd', 'an integer', cmd);
  const call = calls.get(cmd);
  if (call === undefined) {
    const hint = 'only F_ADD_SEALS, F_GET_SEALS, F_SETPIPE_SZ and F_GETPIPE_SZ are here';
    throw new SystemError('EINVAL', 'fcntl', { hint });
  }
  return check(call(fd, arg), 'fcntl');
}

const calls = new Map<number, (fd: number, arg: number) => number>([
  [F_GET_SEALS, (fd) => native.getSeals(fd)],
  [F_ADD_SEALS, (fd, arg) => native.addSeals(fd, arg)],
  [F_GETPIPE_SZ, (fd) => native.pipeCapacity(fd)],
  [F_SETPIPE_SZ, (fd, arg) => native.setPipeCapacity(fd, arg)],
]);
