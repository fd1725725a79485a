import type { Mapping } from '../core/mapping';
import { boolean, callable, optionsOf } from '../core/options';
import { native } from '../native';
import {
  createLock,
  lockAt,
  openLock,
  openOrCreateLock,
  type CreateOption,
  type LockHandle,
  type LockKind,
  type LockMaking,
  type ModeOption,
} from './lock-memory';
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
export interface MutexOptions extends OpenMutexOptions, ModeOption {
  /** Who comes lets those who wait go first. Slower where it is contended. Default false. */
  fair?: boolean | undefined;
}

/** A mutex in a mapping. */
export interface MutexAtOptions extends OpenMutexOptions, CreateOption {
  /** As in `MutexOptions`, for one that is made. */
  fair?: boolean | undefined;
}

/** A mutex that was just opened or made. */
export interface OpenedMutex {
  handle: LockHandle;
  recover: Recover | undefined;
}

const kind: LockKind = {
  what: 'mutex',
  syscall: 'mutex_open',
  bytes: 64,
  open: (memory, byteOffset) => native.mutexAt(memory, byteOffset),
  close: (handle) => {
    native.mutexClose(handle);
  },
};

function recoverOf({ recover }: OpenMutexOptions): Recover | undefined {
  return recover === undefined ? undefined : callable('options.recover', recover);
}

function makingOf(options: { fair?: boolean | undefined }): LockMaking {
  const fair = boolean('options.fair', options.fair ?? false);
  return { init: (memory, byteOffset) => native.mutexInit(memory, byteOffset, fair) };
}

/** A new mutex; EEXIST if there is one of this name. */
export function create(name: string | undefined, options: MutexOptions | undefined): OpenedMutex {
  const given = optionsOf(options);
  const recover = recoverOf(given);
  return { handle: createLock(kind, name, makingOf(given), given), recover };
}

/** The mutex of a name; ENOENT if none. */
export function open(name: string, options: OpenMutexOptions | undefined): OpenedMutex {
  const recover = recoverOf(optionsOf(options));
  return { handle: openLock(kind, name), recover };
}

/** The mutex of a name, or a new one. */
export function openOrCreate(
  name: string | undefined,
  options: MutexOptions | undefined,
): OpenedMutex {
  const given = optionsOf(options);
  const recover = recoverOf(given);
  return { handle: openOrCreateLock(kind, name, makingOf(given), given), recover };
}

/** The mutex in a mapping. */
export function openAt(
  mapping: Mapping,
  byteOffset: number,
  options: MutexAtOptions | undefined,
): OpenedMutex {
  const given = optionsOf(options);
  const recover = recoverOf(given);
  return { handle: lockAt(kind, mapping, byteOffset, makingOf(given), given), recover };
}
