import { boolean, integer } from '../core/options';
import { native } from '../native';
import {
  lockOpener,
  type CreateOption,
  type LockKind,
  type LockMaking,
  type ModeOption,
} from './lock-memory';
import type { RwLockGuard } from './rwlock-guard';
import { recoveringOpener } from './recovery';

/** How this process deals with a readers-writer lock. */
export interface OpenRwLockOptions {
  /**
   * Called with the guard whenever it has `ownerDied`, alone, before the lock is answered; as
   * `recover` of a mutex. A guard for reading reads with others after that.
   */
  recover?: ((guard: RwLockGuard) => unknown) | undefined;
}

/** What only applies to a lock that is made. */
export interface RwLockMaking {
  /** How many can read at a time, in all processes: 1 to 4096, 64 by default. Each takes 64 bytes. */
  slots?: number | undefined;
  /**
   * Who comes to read waits while somebody waits to write; so who reads must not ask to read once
   * more. Default false: readers come in as long as there are others, and may keep writers out.
   */
  preferWriters?: boolean | undefined;
}

/** What a readers-writer lock is made with. */
export interface RwLockOptions extends OpenRwLockOptions, RwLockMaking, ModeOption {}

/** A readers-writer lock in a mapping. */
export interface RwLockAtOptions extends OpenRwLockOptions, RwLockMaking, CreateOption {}

const headerBytes = 192;
const slotBytes = 64;
const mostSlots = 4096;
const defaultSlots = 64;

const kind: LockKind = {
  what: 'readers-writer lock',
  syscall: 'rwlock_open',
  bytes: headerBytes + slotBytes,
  open: (memory, byteOffset) => native.rwlockAt(memory, byteOffset),
  close: (handle) => {
    native.rwlockClose(handle);
  },
};

function makingOf({ slots = defaultSlots, preferWriters = false }: RwLockMaking): LockMaking {
  integer('options.slots', slots, 1, mostSlots);
  boolean('options.preferWriters', preferWriters);
  return {
    bytes: headerBytes + slotBytes * slots,
    init: (memory, byteOffset) => native.rwlockInit(memory, byteOffset, slots, preferWriters),
  };
}

export const opener = recoveringOpener<RwLockGuard, RwLockOptions, RwLockAtOptions>(
  lockOpener<RwLockOptions, RwLockAtOptions>(kind, makingOf),
);
