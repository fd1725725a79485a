import { native } from '../native';
import { lockOpener, type CreateOption, type LockKind, type ModeOption } from './lock-memory';

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

export const opener = lockOpener<OnceOptions, OnceAtOptions>(kind, () => ({
  init: (memory, byteOffset) => native.onceInit(memory, byteOffset),
}));
