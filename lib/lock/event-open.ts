import { boolean } from '../core/options';
import { native } from '../native';
import {
  lockOpener,
  type CreateOption,
  type LockKind,
  type LockMaking,
  type ModeOption,
} from './lock-memory';

/** What only applies to an event that is made. */
export interface EventMaking {
  /** Each set lets one wait end, which resets it. Default false: it stays set, and all go on. */
  autoReset?: boolean | undefined;
  /** Whether it is set from the beginning. Default false. */
  isSet?: boolean | undefined;
}

/** What an event is made with. */
export interface EventOptions extends EventMaking, ModeOption {}

/** An event in a mapping. */
export interface EventAtOptions extends EventMaking, CreateOption {}

const kind: LockKind = {
  what: 'event',
  syscall: 'event_open',
  bytes: 64,
  open: (memory, byteOffset) => native.eventAt(memory, byteOffset),
  close: (handle) => {
    native.eventClose(handle);
  },
};

function makingOf({ autoReset = false, isSet = false }: EventMaking): LockMaking {
  boolean('options.autoReset', autoReset);
  boolean('options.isSet', isSet);
  return { init: (memory, byteOffset) => native.eventInit(memory, byteOffset, autoReset, isSet) };
}

export const opener = lockOpener<EventOptions, EventAtOptions>(kind, makingOf);
