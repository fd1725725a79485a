import { native } from '../native';
import { holderOfThread, type LockHolder } from './lock-holder';
import type { LockHandle } from './lock-memory';

/** Who holds a mutex. */
export type MutexHolder = LockHolder;

/** What is known of a mutex. */
export interface MutexStatus {
  /** `'owner-died'`: the next to lock it will be told. */
  state: 'free' | 'held' | 'owner-died' | 'unrecoverable';
  /** Whether who comes lets those who wait go first. */
  fair: boolean;
  /** How often it was locked. */
  acquisitions: number;
  /** How often that had to wait; modulo 2^32. */
  contentions: number;
  /** How often its owner died; modulo 2^32. */
  deaths: number;
}

const LOST = 0x3fff_ffff;
const FAIR = 1;
const values = new Float64Array(7);

function look(handle: LockHandle): number[] {
  native.mutexLook(handle.number, values);
  return [...values];
}

export function statusOf(handle: LockHandle): MutexStatus {
  const [owner, died, , acquisitions = 0, contentions = 0, deaths = 0, flags = 0] = look(handle);
  const free = died === 0 ? 'free' : 'owner-died';
  const held = owner === LOST ? 'unrecoverable' : 'held';
  return {
    state: owner === 0 ? free : held,
    fair: (flags & FAIR) !== 0,
    acquisitions,
    contentions,
    deaths,
  };
}

export function holderOf(handle: LockHandle): MutexHolder | undefined {
  const [thread = 0, , since = 0] = look(handle);
  if (thread === 0 || thread === LOST) return undefined;
  return holderOfThread(thread, since);
}
