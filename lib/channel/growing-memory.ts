/** Memory of rings that grow: a part of a mapping is given pages, and gives them back. */

import { errnoOf, SystemError } from '../core/error';
import { MADV_POPULATE_WRITE, MADV_REMOVE } from '../core/mmap-constants';
import type { Failure } from '../core/storage';
import { native } from '../native';
import { SEGMENTS, TABLE } from './layout';

/** So many segments always have memory: one is written while the other one is read. */
export const fewestReserved = 2;

const EFAULT = -errnoOf('EFAULT');
const EINVAL = -errnoOf('EINVAL');
const ENOSPC = -errnoOf('ENOSPC');

const [outward, inward] = [1, 2];

/**
 * So that no touch of it can be a SIGBUS; what is there stays. A negated errno: ENOSPC where the file
 * system is full, ENOMEM, EINVAL where the kernel is older than Linux 5.14.
 */
export function reserve(memory: number, offset: number, length: number): number {
  const result = native.madvise(memory, offset, length, outward, MADV_POPULATE_WRITE);
  return result === EFAULT ? ENOSPC : result; // a touch would have been a SIGBUS
}

/** Whoever touches it finds zeros. A negated errno where it cannot be, such as private memory. */
export function giveBack(memory: number, offset: number, length: number): number {
  return native.madvise(memory, offset, length, inward, MADV_REMOVE);
}

/** A new lane: its head and the first segments get memory, and nothing else of it has any. */
export function prepareLane(
  memory: number,
  begin: number,
  capacity: number,
  segment: number,
  failure: Failure,
): void {
  const head = 4 * (TABLE + capacity / segment);
  const used = SEGMENTS + fewestReserved * segment;
  const returned =
    giveBack(memory, begin + head, SEGMENTS - head) ||
    giveBack(memory, begin + used, SEGMENTS + capacity - used);
  if (returned === EINVAL)
    throw unsupported(
      'EOPNOTSUPP',
      'an unbounded channel gives memory back: only of shared memory',
    );
  if (returned < 0) throw failure(returned);
  prepare(memory, begin, head, failure);
  prepare(memory, begin + SEGMENTS, used - SEGMENTS, failure);
}

/** Memory for what is always there. */
export function prepare(memory: number, offset: number, length: number, failure: Failure): void {
  const result = reserve(memory, offset, length);
  if (result === EINVAL)
    throw unsupported('ENOSYS', 'an unbounded channel needs MADV_POPULATE_WRITE, of Linux 5.14');
  if (result < 0) throw failure(result);
}

function unsupported(code: string, hint: string): SystemError {
  return new SystemError(code, 'madvise', { hint });
}
