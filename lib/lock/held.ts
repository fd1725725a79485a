import { Link } from '../core/chain';
import type { FileRange } from './file-range';
import type { LockRequest } from './lock-request';

/** A lock of a file that is held: the part of a guard that its table knows. */
export class Held extends Link<Held> implements FileRange {
  shared: boolean;
  readonly start: number | bigint;
  readonly length: number | bigint;
  readonly end: number | bigint;
  /** What `FileLockGuard.unbroken` says. */
  unbroken = true;
  /** What `FileLockGuard.lost` says. */
  lost = false;
  /** Released or lost. */
  gone = false;
  /** Its upgrade, while that waits. */
  upgrading: LockRequest | undefined = undefined;

  constructor({ shared, start, length, end }: FileRange) {
    super();
    this.shared = shared;
    this.start = start;
    this.length = length;
    this.end = end;
  }
}
