import { native } from '../native';
import { lockOpener, type CreateOption, type LockKind, type ModeOption } from './lock-memory';

/** What a condition is made with. */
export type ConditionOptions = ModeOption;

/** A condition in a mapping. */
export type ConditionAtOptions = CreateOption;

const kind: LockKind = {
  what: 'condition',
  syscall: 'condition_open',
  bytes: 128,
  open: (memory, byteOffset) => native.conditionAt(memory, byteOffset),
  close: (handle) => {
    native.conditionClose(handle);
  },
};

export const opener = lockOpener<ConditionOptions, ConditionAtOptions>(kind, () => ({
  init: (memory, byteOffset) => native.conditionInit(memory, byteOffset),
}));
