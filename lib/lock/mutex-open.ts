import { check, errnoOf, outOfRange, SystemError } from '../core/error';
import { mapDescriptor } from '../core/map-descriptor';
import { handleOf, type Mapping } from '../core/mapping';
import { randomName } from '../core/name';
import { boolean, callable, fileMode, integer, optionsOf } from '../core/options';
import { abandon, begin, complete, failureOf, nameOf } from '../core/shared-object';
import { reserveSync } from '../core/storage';
import { native } from '../native';
import type { MutexGuard } from './mutex-guard';

/** Repairs the data after the death of an owner, before anybody else is given the mutex. */
export type Recover = (guard: MutexGuard) => unknown;

/** How this process deals with a mutex. */
export interface OpenMutexOptions {
  /**
   * Called with the guard whenever it has `ownerDied`, before the lock is answered; what it answers
   * is awaited, except in the Sync and try forms, where it must not be a promise. If it succeeds the
   * mutex is consistent. If it fails so does the lock, and the next owner is told of the death.
   */
  recover?: Recover | undefined;
}

/** What a mutex is made with. */
export interface MutexOptions extends OpenMutexOptions {
  /** Who comes lets those who wait go first. Slower where it is contended. Default false. */
  fair?: boolean | undefined;
  /** Permission bits, exactly, whatever the umask. Who uses it must read and write. Default 0o600. */
  mode?: number | undefined;
}

/** A mutex in a mapping. */
export interface MutexAtOptions extends OpenMutexOptions {
  /** Make it there; before anybody else uses it. Default false: somebody has. */
  create?: boolean | undefined;
  /** As in `MutexOptions`, for one that is made. */
  fair?: boolean | undefined;
}

/** A mutex that was just opened or made. */
export interface OpenedMutex {
  handle: number;
  name: string | undefined;
  recover: Recover | undefined;
}

const bytes = 64;

const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');
const EINVAL = -errnoOf('EINVAL');
const EPROTO = -errnoOf('EPROTO');

function recoverOf({ recover }: OpenMutexOptions): Recover | undefined {
  return recover === undefined ? undefined : callable('options.recover', recover);
}

function hintFor(error: number): string | undefined {
  if (error === EINVAL) return 'there is no mutex';
  if (error === EPROTO) return 'the mutex has a layout that this version does not know';
  return undefined;
}

function handleAt(mapping: number, byteOffset: number, path?: string): number {
  const handle = native.mutexAt(mapping, byteOffset);
  if (handle >= 0) return handle;
  throw new SystemError(handle, 'mutex_open', { path, hint: hintFor(handle) });
}

/** The mutex in an object that is open; the mapping lives as long as the mutex. */
function inObject(fd: number, name: string, fair?: boolean): number {
  const mapping = mapDescriptor(fd, { offset: 0, length: bytes, access: 'write' }, name);
  try {
    const memory = handleOf(mapping);
    if (fair !== undefined) check(native.mutexInit(memory, 0, fair), 'getrandom');
    return handleAt(memory, 0, name);
  } finally {
    mapping.close();
  }
}

/** A handle, or a negated errno if there can be none of that name. */
function make(name: string, fair: boolean, mode: number): number {
  const begun = begin(name, bytes);
  if (typeof begun === 'number') return begun;
  let handle: number;
  try {
    reserveSync(begun.fd, 0, bytes, failureOf('posix_fallocate', name));
    handle = inObject(begun.fd, name, fair);
  } catch (error) {
    abandon(begun);
    throw error;
  }
  const completed = complete(begun, mode);
  if (typeof completed === 'number') {
    native.mutexClose(handle);
    return completed;
  }
  native.closeFile(begun.fd);
  return handle;
}

/** A handle, or a negated errno. */
function find(name: string): number {
  const fd = native.shmOpen(name, 2 /* O_RDWR */, 0);
  if (fd < 0) return fd;
  try {
    if (native.fileSize(fd) < bytes) {
      throw new SystemError(EINVAL, 'mutex_open', { path: name, hint: hintFor(EINVAL) });
    }
    return inObject(fd, name);
  } finally {
    native.closeFile(fd);
  }
}

function planOf(options: MutexOptions | undefined): {
  fair: boolean;
  mode: number;
  recover: Recover | undefined;
} {
  const given = optionsOf(options);
  const { fair = false, mode = 0o600 } = given;
  return {
    fair: boolean('options.fair', fair),
    mode: fileMode('options.mode', mode),
    recover: recoverOf(given),
  };
}

/** A new mutex; EEXIST if there is one of this name. */
export function create(name: string | undefined, options: MutexOptions | undefined): OpenedMutex {
  const { fair, mode, recover } = planOf(options);
  const given = name === undefined ? undefined : nameOf(name);
  for (;;) {
    const chosen = given ?? randomName();
    const handle = make(chosen, fair, mode);
    if (handle >= 0) return { handle, name: chosen, recover };
    if (handle !== EEXIST || given !== undefined) throw failureOf('shm_open', chosen)(handle);
  }
}

/** The mutex of a name; ENOENT if none. */
export function open(name: string, options: OpenMutexOptions | undefined): OpenedMutex {
  const recover = recoverOf(optionsOf(options));
  const checked = nameOf(name);
  const handle = find(checked);
  if (handle < 0) throw failureOf('shm_open', checked)(handle);
  return { handle, name: checked, recover };
}

/** The mutex of a name, or a new one. */
export function openOrCreate(
  name: string | undefined,
  options: MutexOptions | undefined,
): OpenedMutex {
  if (name === undefined) return create(name, options);
  const { fair, mode, recover } = planOf(options);
  const checked = nameOf(name);
  for (;;) {
    const found = find(checked);
    if (found >= 0) return { handle: found, name: checked, recover };
    if (found !== ENOENT) throw failureOf('shm_open', checked)(found);
    const made = make(checked, fair, mode);
    if (made >= 0) return { handle: made, name: checked, recover };
    if (made !== EEXIST) throw failureOf('shm_open', checked)(made);
  }
}

/** The mutex in a mapping. */
export function openAt(
  mapping: Mapping,
  byteOffset: number,
  options: MutexAtOptions | undefined,
): OpenedMutex {
  const given = optionsOf(options);
  const making = boolean('options.create', given.create ?? false);
  const fair = boolean('options.fair', given.fair ?? false);
  const recover = recoverOf(given);
  const memory = handleOf(mapping);
  if (mapping.access !== 'write') {
    throw outOfRange('mapping.access', "'write'", `'${mapping.access}'`);
  }
  integer('byteOffset', byteOffset, 0, mapping.length - bytes);
  if (byteOffset % bytes !== 0) {
    throw outOfRange('byteOffset', `a multiple of ${String(bytes)}`, byteOffset);
  }
  if (making) check(native.mutexInit(memory, byteOffset, fair), 'getrandom');
  return { handle: handleAt(memory, byteOffset), name: undefined, recover };
}
