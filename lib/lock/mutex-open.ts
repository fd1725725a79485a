import { boolean, optionsOf } from '../core/options';
import { native } from '../native';
import {
  lockOpener,
  type CreateOption,
  type LockKind,
  type LockMaking,
  type ModeOption,
} from './lock-memory';
import type { MutexGuard } from './mutex-guard';
import { recoveringOpener, type Recovering, type RecoveringOpener } from './recovery';
import { Recursion } from './recursion';

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
  /**
   * Whoever runs inside of `use()` locks the mutex again, by any call, and does not wait for itself;
   * it is unlocked when all of these guards are released. From the first such mutex on all promises of
   * the thread are a little slower (AsyncLocalStorage). Default false.
   */
  recursive?: boolean | undefined;
}

/** A mutex that was just opened or made. */
export interface OpenedMutex extends Recovering<MutexGuard> {
  recursion: Recursion | undefined;
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

function makingOf({ fair = false }: { fair?: boolean | undefined }): LockMaking {
  boolean('options.fair', fair);
  return { init: (memory, byteOffset) => native.mutexInit(memory, byteOffset, fair) };
}

type Inner = RecoveringOpener<MutexGuard, MutexOptions, MutexAtOptions>;
type MutexOpener = { [K in keyof Inner]: (...given: Parameters<Inner[K]>) => OpenedMutex };

const inner: Inner = recoveringOpener(lockOpener<MutexOptions, MutexAtOptions>(kind, makingOf));

function opened(
  options: OpenMutexOptions | undefined,
  open: () => Recovering<MutexGuard>,
): OpenedMutex {
  const { recursive = false } = optionsOf(options);
  boolean('options.recursive', recursive);
  return { ...open(), recursion: recursive ? new Recursion() : undefined };
}

export const opener: MutexOpener = {
  create: (name, options) => opened(options, () => inner.create(name, options)),
  open: (name, options) => opened(options, () => inner.open(name, options)),
  openOrCreate: (name, options) => opened(options, () => inner.openOrCreate(name, options)),
  openAt: (mapping, byteOffset, options) =>
    opened(options, () => inner.openAt(mapping, byteOffset, options)),
};
