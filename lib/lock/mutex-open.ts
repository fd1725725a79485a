import { boolean } from '../core/options';
import { native } from '../native';
import {
  lockOpener,
  type CreateOption,
  type LockKind,
  type LockMaking,
  type ModeOption,
} from './lock-memory';
import type { MutexGuard } from './mutex-guard';
import { recoveringOpener } from './recovery';

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

const kind: LockKind = {
  what: 'mutex',
  syscall: 'mutex_open',
  bytes: 64,
  open: (memory, byteOffset) => native.mutexAt(memory, byteOffset),
  close: (handle) => {
    native.mutexClose(handle);
  },
};

function makingOf(options: { fair?: boolean | undefined }): LockMaking {
  const fair = boolean('options.fair', options.fair ?? false);
  return { init: (memory, byteOffset) => native.mutexInit(memory, byteOffset, fair) };
}

export const opener = recoveringOpener<MutexGuard, MutexOptions, MutexAtOptions>(
  lockOpener<MutexOptions, MutexAtOptions>(kind, makingOf),
);
