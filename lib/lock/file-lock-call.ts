import { quick3, quick5 } from '../core/quick';
import { native } from '../native';
import type { FileRange } from './file-range';

/**
 * Asks the kernel for a lock, or gives one back, at once: 0 or a negated errno, EAGAIN where it would
 * have to wait. `type` is F_RDLCK, F_WRLCK or F_UNLCK.
 */
export function fileLock(descriptor: number, kind: number, type: number, range: FileRange): number {
  return range.start === 0 && range.length === 0
    ? quick3(native.fileLockWhole, descriptor, kind, type)
    : rangeLock(descriptor, kind, type, range);
}

function rangeLock(
  descriptor: number,
  kind: number,
  type: number,
  { start, length }: FileRange,
): number {
  return typeof start === 'number' && typeof length === 'number'
    ? quick5(native.fileLockQuick, descriptor, kind, type, start, length)
    : native.fileLock(descriptor, kind, type, start, length);
}
