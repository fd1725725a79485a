import { integer } from '../core/options';
import { native } from '../native';
import {
  lockOpener,
  type CreateOption,
  type LockKind,
  type LockMaking,
  type ModeOption,
} from './lock-memory';

/** What only applies to a barrier that is made. */
export interface BarrierMaking {
  /** How many wait for each other: 1 to 127, 2 by default. Each but one takes 64 bytes. */
  parties?: number | undefined;
}

/** What a barrier is made with. */
export interface BarrierOptions extends BarrierMaking, ModeOption {}

/** A barrier in a mapping. */
export interface BarrierAtOptions extends BarrierMaking, CreateOption {}

const mostParties = 127;
const defaultParties = 2;

const bytesFor = (parties: number): number => 64 * parties;

const kind: LockKind = {
  what: 'barrier',
  syscall: 'barrier_open',
  bytes: bytesFor(1),
  open: (memory, byteOffset) => native.barrierAt(memory, byteOffset),
  close: (handle) => {
    native.barrierClose(handle);
  },
};

function makingOf({ parties = defaultParties }: BarrierMaking): LockMaking {
  integer('options.parties', parties, 1, mostParties);
  return {
    bytes: bytesFor(parties),
    init: (memory, byteOffset) => native.barrierInit(memory, byteOffset, parties),
  };
}

export const opener = lockOpener<BarrierOptions, BarrierAtOptions>(kind, makingOf);
