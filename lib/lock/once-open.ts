import type { Mapping } from '../core/mapping';
import { optionsOf } from '../core/options';
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

/** What one is made with. */
export type OnceOptions = ModeOption;

/** One in a mapping. */
export type OnceAtOptions = CreateOption;

const kind: LockKind = {
  what: 'once',
  syscall: 'once_open',
  bytes: 128,
  open: (memory, byteOffset) => native.onceAt(memory, byteOffset),
  close: (handle) => {
    native.onceClose(handle);
  },
};

const making: LockMaking = {
  init: (memory, byteOffset) => native.onceInit(memory, byteOffset),
};

/** A new one; EEXIST if there is one of this name. */
export function create(name: string | undefined, options: OnceOptions | undefined): LockHandle {
  return createLock(kind, name, making, optionsOf(options));
}

/** The one of a name; ENOENT if none. */
export function open(name: string): LockHandle {
  return openLock(kind, name);
}

/** The one of a name, or a new one. */
export function openOrCreate(
  name: string | undefined,
  options: OnceOptions | undefined,
): LockHandle {
  return openOrCreateLock(kind, name, making, optionsOf(options));
}

/** The one in a mapping. */
export function openAt(
  mapping: Mapping,
  byteOffset: number,
  options: OnceAtOptions | undefined,
): LockHandle {
  return lockAt(kind, mapping, byteOffset, making, optionsOf(options));
}
