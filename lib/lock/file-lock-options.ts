import { constants } from 'node:fs';

import { outOfRange } from '../core/error';
import { word } from '../core/mapping-options';
import {
  boolean,
  fileMode,
  long,
  optionsOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import type { FromFdOptions } from '../core/owned-descriptor';
import { wholeFile, type FileRange } from './file-range';

/**
 * Which locks: `'ofd'`, of an open file description (the default); `'posix'`, of a process; `'flock'`,
 * as flock(2) has them.
 */
export type FileLockKind = 'ofd' | 'posix' | 'flock';

/** As native/lock/file knows them. */
export const kindNumbers: Record<FileLockKind, number> = { ofd: 0, posix: 1, flock: 2 };

/** How a file is locked. */
export interface FileLockKindOptions {
  /** Default `'ofd'`. */
  kind?: FileLockKind | undefined;
}

/** How a file is opened to be locked. */
export interface OpenFileLockOptions extends FileLockKindOptions {
  /**
   * `'write'` (default) opens it for reading and writing; `'read'` is enough for shared locks, and
   * for all locks of kind `'flock'`.
   */
  access?: 'read' | 'write' | undefined;
}

/** What a lock file is made with. */
export interface FileLockOptions extends OpenFileLockOptions {
  /** Permission bits, exactly, whatever the umask. Default 0o600. */
  mode?: number | undefined;
}

/** How a descriptor is taken to be locked. */
export interface FileLockFromFdOptions extends FileLockKindOptions, FromFdOptions {}

/** Which bytes of the file, which need not be there yet, and whether others may share them. */
export interface FileRangeOptions {
  /** Others may have shared locks of the same bytes. Default false: exclusive. */
  shared?: boolean | undefined;
  /** The first byte: 0, the default, to 2^63 - 1. */
  start?: number | bigint | undefined;
  /** How many bytes. 0, the default, reaches to the end of the file, wherever that will be. */
  length?: number | bigint | undefined;
}

/** Options of `lock`. */
export interface FileLockWaitOptions extends FileRangeOptions, WaitOptions {}
/** Options of `lockSync`. */
export interface FileLockSyncOptions extends FileRangeOptions, TimeoutOptions {}

export interface OpenPlan {
  kind: FileLockKind;
  flags: number;
  mode: number;
}

export function kindOf(options: FileLockKindOptions | undefined): FileLockKind {
  const { kind = 'ofd' } = optionsOf(options);
  return word('options.kind', kinds, kind);
}

const kinds: Record<FileLockKind, FileLockKind> = { ofd: 'ofd', posix: 'posix', flock: 'flock' };
const accesses = { read: constants.O_RDONLY, write: constants.O_RDWR };

export function openPlan(options: FileLockOptions | undefined): OpenPlan {
  const { access = 'write', mode = 0o600 } = optionsOf(options);
  return {
    kind: kindOf(options),
    flags: word('options.access', accesses, access),
    mode: fileMode('options.mode', mode),
  };
}

const most = 2n ** 63n - 1n;

function offset(name: string, value: unknown): number | bigint {
  const checked = long(name, value);
  if (checked < 0) throw outOfRange(name, `>= 0 and <= ${String(most)}`, value);
  return checked <= Number.MAX_SAFE_INTEGER ? Number(checked) : checked;
}

/** The checked range of a lock; `kind` says which there can be. */
export function rangeOf(options: FileRangeOptions | undefined, kind: FileLockKind): FileRange {
  return options === undefined ? wholeFile.exclusive : givenRange(options, kind);
}

/** Apart: V8 inlines only so much. */
function givenRange(options: FileRangeOptions, kind: FileLockKind): FileRange {
  const { shared = false, start: first = 0, length: bytes = 0 } = optionsOf(options);
  boolean('options.shared', shared);
  const start = offset('options.start', first);
  const length = offset('options.length', bytes);
  if (start === 0 && length === 0) return shared ? wholeFile.shared : wholeFile.exclusive;
  if (kind === 'flock') {
    const [name, value] = start === 0 ? ['options.length', length] : ['options.start', start];
    throw outOfRange(name, '0, because flock locks whole files', value);
  }
  const end = endOf(start, length);
  if (end !== Infinity && end > most) {
    throw outOfRange('options.length', 'such that the range ends before 2^63', length);
  }
  return { shared, start, length, end };
}

/** Infinity also behind the last byte that there can be: to the kernel that is any end, too. */
function endOf(start: number | bigint, length: number | bigint): number | bigint {
  if (length === 0) return Infinity;
  const near = Number(start) + Number(length);
  if (Number.isSafeInteger(near)) return near;
  const end = BigInt(start) + BigInt(length);
  return end === most + 1n ? Infinity : end;
}

export function syncTimeoutOf(options: TimeoutOptions | undefined): number {
  return options === undefined ? Infinity : timeoutOf(optionsOf(options));
}
