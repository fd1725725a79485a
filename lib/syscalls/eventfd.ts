/** eventfd and its two helpers. A descriptor is a number, and belongs to the caller. */

import { check, invalidType, outOfRange } from '../core/error';
import { native } from '../native';

const value = new BigUint64Array(1);

/**
 * eventfd - a counter that processes wait for: its descriptor. Close it with `fs.closeSync`.
 *
 * Errors: EINVAL (flags), EMFILE, ENFILE, ENOMEM. Source: eventfd(2).
 *
 * ```js
 * const fd = eventfd(0, EFD_CLOEXEC);
 * eventfd_write(fd, 1n);
 * eventfd_read(fd); // 1n
 * ```
 */
export function eventfd(initval: number, flags: number): number {
  return check(native.eventfd(initval, flags), 'eventfd');
}

/** eventfd_read - take the counter's value; blocks while it is 0. Errors: EAGAIN (EFD_NONBLOCK), EBADF, EINTR, EINVAL. */
export function eventfd_read(fd: number): bigint {
  check(native.eventfdReadFd(fd, value), 'eventfd_read');
  return value[0] ?? 0n;
}

/** eventfd_write - add to the counter; blocks while it has no room. Errors: as eventfd_read. */
export function eventfd_write(fd: number, amount: bigint): void {
  if (typeof amount !== 'bigint') throw invalidType('amount', 'a bigint', amount);
  if (BigInt.asUintN(64, amount) !== amount) throw outOfRange('amount', 'within 64 bits', amount);
  value[0] = amount;
  check(native.eventfdWriteFd(fd, value), 'eventfd_write');
}
