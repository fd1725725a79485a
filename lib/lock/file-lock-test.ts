/** What is in the way of a lock. */

import { check } from '../core/error';
import { native } from '../native';
import { F_GETLK, F_OFD_GETLK, F_RDLCK, F_UNLCK, F_WRLCK } from './constants';
import { flockInTheWay, holdersOf, textOr, type FileLockHolder } from './file-lock-holders';
import type { FileLockKind } from './file-lock-options';
import type { FileRange } from './file-range';

/** A struct flock: see native/lock-file. */
const fields = new BigInt64Array(5);
const FIELDS = native.registerSlab(fields);

/** The first lock that is in the way of one of a kind; undefined if it could be had. */
export function inTheWay(
  fd: number,
  kind: FileLockKind,
  range: FileRange,
  path: string | undefined,
): FileLockHolder | undefined {
  if (kind === 'flock') return flockInTheWay(fd, range.shared);
  fields.set([
    BigInt(range.shared ? F_RDLCK : F_WRLCK),
    0n,
    BigInt(range.start),
    BigInt(range.length),
    0n,
  ]);
  check(native.fcntlLock(fd, kind === 'ofd' ? F_OFD_GETLK : F_GETLK, FIELDS), 'fcntl', { path });
  const [type = 0n, , start = 0n, length = 0n, owner = 0n] = fields;
  if (Number(type) === F_UNLCK) return undefined;
  const pid = Number(owner);
  const found = { kind: pid === -1 ? 'ofd' : 'posix', shared: Number(type) === F_RDLCK } as const;
  const pids = pid === -1 ? ownersOf(fd, { ...found, start, length }) : [pid].filter(isVisible);
  return { ...found, start, length, pid, pids };
}

/** Of those of other PID namespaces the kernel says 0. */
function isVisible(pid: number): boolean {
  return pid > 0;
}

/** None where /proc does not tell: what is in the way is known without it. */
function ownersOf(fd: number, found: Omit<FileLockHolder, 'pid' | 'pids'>): number[] {
  const same = textOr([], () => holdersOf(fd)).find(
    (one) =>
      one.kind === found.kind &&
      one.shared === found.shared &&
      one.start === found.start &&
      one.length === found.length,
  );
  return same?.pids ?? [];
}
