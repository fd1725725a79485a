import { errnoOf, SystemError } from '../core/error';
import type { FileAccess } from '../core/map-descriptor';
import { boolean, fileMode, integer, optionsOf } from '../core/options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { abandon, begin, complete, failureOf } from '../core/shared-object';
import { reserve, reserveSync } from '../core/storage';
import { fileAccess } from '../core/window';
import { native } from '../native';
import { O_NONBLOCK, O_RDONLY, O_RDWR } from './constants';

/** What this process does with shared memory. */
export interface OpenSharedMemoryOptions {
  /** As in `memory.map`: `'write'` (default) changes it for all, `'read'` and `'copy-on-write'` do not. */
  access?: FileAccess | undefined;
  /** Bring all pages into memory at once. Default false. */
  populate?: boolean | undefined;
  /** Keep all pages in memory: see `Mapping.lock`. Default false. */
  lock?: boolean | undefined;
}

/** What shared memory is made with. */
export interface SharedMemoryOptions extends OpenSharedMemoryOptions {
  /** Length in bytes; all of it is reserved. */
  size: number;
  /** Permission bits, exactly, whatever the umask. Default 0o600. */
  mode?: number | undefined;
}

/** An object that was just found or made, and what to do with it. */
export interface OpenedSharedMemory {
  descriptor: OwnedDescriptor;
  name: string;
  /** The length that it was made with. It goes again if it cannot be used. */
  made: number | undefined;
}

export interface OpenPlan {
  access: FileAccess;
  populate: boolean;
  lock: boolean;
}

export interface CreatePlan {
  size: number;
  mode: number;
}

const most = Number.MAX_SAFE_INTEGER;

const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');

export function openPlan(options: OpenSharedMemoryOptions | undefined): OpenPlan {
  const { access = 'write', populate = false, lock = false } = optionsOf(options);
  return {
    access: fileAccess(access),
    populate: boolean('options.populate', populate),
    lock: boolean('options.lock', lock),
  };
}

export function createPlan(options: SharedMemoryOptions): CreatePlan {
  const { size, mode = 0o600 } = optionsOf(options);
  return {
    size: integer('options.size', size, 1, most),
    mode: fileMode('options.mode', mode),
  };
}

/** The object of a name, and whether it may be used: one without a size is still being made. */
export function open(name: string, access: FileAccess): OpenedSharedMemory | number {
  // A FIFO of that name would block an open to read until somebody writes to it.
  const flags = (access === 'write' ? O_RDWR : O_RDONLY) | O_NONBLOCK;
  const handle = native.shmOwned(name, flags, 0);
  if (handle < 0) return handle;
  const descriptor = new OwnedDescriptor(handle);
  if (native.fileSize(descriptor.number) > 0) return { descriptor, name, made: undefined };
  descriptor.close();
  throw new SystemError('EAGAIN', 'shm_open', { path: name, hint: unfinished });
}

/** The object of a name; throws if there is none. */
export function existing(name: string, access: FileAccess): OpenedSharedMemory {
  const outcome = open(name, access);
  if (typeof outcome === 'number') throw failureOf('shm_open', name)(outcome);
  return outcome;
}

const unfinished =
  'the object has no size: whoever makes it has not finished; try again, or unlink it if its maker is gone';

/** A new object, or a negated errno if there can be none of that name. */
export async function make(
  name: string,
  { size, mode }: CreatePlan,
  method: unknown,
): Promise<OpenedSharedMemory | number> {
  const begun = begin(name, size);
  if (typeof begun === 'number') return begun;
  try {
    const { number } = begun.descriptor;
    await reserve(number, 0, size, failureOf('posix_fallocate', name), method);
  } catch (error) {
    abandon(begun);
    throw error;
  }
  return complete(begun, mode);
}

/** As `make`, at once. */
export function makeSync(name: string, { size, mode }: CreatePlan): OpenedSharedMemory | number {
  const begun = begin(name, size);
  if (typeof begun === 'number') return begun;
  try {
    reserveSync(begun.descriptor.number, 0, size, failureOf('posix_fallocate', name));
  } catch (error) {
    abandon(begun);
    throw error;
  }
  return complete(begun, mode);
}

/** What comes of one try; undefined: it failed with that errno, and something else is tried. */
export function unless(
  failing: 'EEXIST' | 'ENOENT' | 'none',
  outcome: OpenedSharedMemory | number,
  name: string,
): OpenedSharedMemory | undefined {
  if (typeof outcome !== 'number') return outcome;
  if (failing !== 'none' && outcome === (failing === 'EEXIST' ? EEXIST : ENOENT)) return undefined;
  throw failureOf('shm_open', name)(outcome);
}

/** An object that was found must have the size that was asked for, if it is not to be made. */
export function foundWith(size: number, found: OpenedSharedMemory): OpenedSharedMemory {
  const actual = native.fileSize(found.descriptor.number);
  if (actual >= size) return found;
  found.descriptor.close();
  const hint = `there is one of ${String(actual)} bytes, fewer than were asked for`;
  throw new SystemError('EINVAL', 'shm_open', { path: found.name, hint });
}
