import { native } from '../native';
import { holderOfThread, type LockHolder } from './lock-holder';
import type { LockHandle } from './lock-memory';

/** Who holds a readers-writer lock. */
export interface RwLockHolders {
  /** Who writes. */
  writer: LockHolder | undefined;
  /** Who reads: one entry for each guard. */
  readers: LockHolder[];
}

/** What is known of a readers-writer lock. */
export interface RwLockStatus {
  /** `'owner-died'`: the next one, reader or writer, will be alone, and be told. */
  state: 'free' | 'reading' | 'writing' | 'owner-died' | 'unrecoverable';
  /** How many can read at a time. */
  slots: number;
  /** Whether who comes to read waits while somebody waits to write. */
  preferWriters: boolean;
  /** How many read now. */
  readers: number;
  /** How often somebody took a slot to read, also in vain. */
  reads: number;
  /** How often somebody could write. */
  writes: number;
  /** How often somebody had to sleep at the gate; modulo 2^32. */
  contentions: number;
  /** How often somebody died who wrote; modulo 2^32. */
  deaths: number;
}

const LOST = 0x3fff_ffff;
const WRITING = 2;
const PREFER_WRITERS = 1;

const numbersOfLock = 8;
const numbersOfSlot = 3;

interface Look {
  lock: number[];
  /** Thread, since when, how often. */
  slots: number[][];
}

function lookAt(handle: LockHandle): Look {
  const count = native.rwlockSlots(handle.number);
  const values = new Float64Array(numbersOfLock + numbersOfSlot * count);
  native.rwlockLook(handle.number, values);
  const slots = Array.from({ length: count }, (_, slot) => {
    const begin = numbersOfLock + numbersOfSlot * slot;
    return [...values.subarray(begin, begin + numbersOfSlot)];
  });
  return { lock: [...values.subarray(0, numbersOfLock)], slots };
}

function stateOf([phase, owner, died]: number[], readers: number): RwLockStatus['state'] {
  if (owner === LOST) return 'unrecoverable';
  if (phase === WRITING) return owner === 0 && died !== 0 ? 'owner-died' : 'writing';
  return readers > 0 ? 'reading' : 'free';
}

export function statusOf(handle: LockHandle): RwLockStatus {
  const { lock, slots } = lookAt(handle);
  const [, , , , writes = 0, contentions = 0, deaths = 0, flags = 0] = lock;
  const readers = slots.filter(([thread]) => thread !== 0).length;
  return {
    state: stateOf(lock, readers),
    slots: slots.length,
    preferWriters: (flags & PREFER_WRITERS) !== 0,
    readers,
    reads: slots.reduce((sum, [, , taken = 0]) => sum + taken, 0),
    writes,
    contentions,
    deaths,
  };
}

export function holdersOf(handle: LockHandle): RwLockHolders {
  const { lock, slots } = lookAt(handle);
  const [phase, owner = 0, , since = 0] = lock;
  const isWritten = phase === WRITING && owner !== 0 && owner !== LOST;
  return {
    writer: isWritten ? holderOfThread(owner, since) : undefined,
    readers: slots
      .filter(([thread]) => thread !== 0)
      .map(([thread = 0, begun = 0]) => holderOfThread(thread, begun))
      .filter((holder) => holder !== undefined),
  };
}
