import { SystemError } from '../core/error';
import { Mutex } from '../lock/mutex';
import type { MutexGuard } from '../lock/mutex-guard';
import { OWNER } from './layout';
import { channelFailure, damaged, type RingPlace } from './place';

/** Who has a role. */
export interface ChannelPeer {
  /** Its process. */
  pid: number;
  /** Its thread, as in /proc/PID/task. */
  thread: number;
  /** Since when, to about 4 ms. */
  since: Date;
}

/** Roles of ends that nobody closed, and nobody refers to any more. */
const forgotten = new FinalizationRegistry<MutexGuard>(leave);

/** The role is given back, too, when what publishes for it is collected: not while that could go on. */
export function leaveWith(publisher: object, guard: MutexGuard): void {
  forgotten.register(publisher, guard, guard);
}

/** Gives a role back; idempotent. Where somebody has overwritten it there is nothing to be given back. */
export function leave(guard: MutexGuard): void {
  forgotten.unregister(guard);
  try {
    guard[Symbol.dispose]();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

function mutexOf(place: RingPlace, byteOffset: number): Mutex {
  try {
    return Mutex.at(place.mapping, place.byteOffset + byteOffset);
  } catch (error) {
    if (error instanceof SystemError && noMutex.has(error.code)) throw damaged(place);
    throw error;
  }
}

/** What there is instead of one that was made with the memory. */
const noMutex = new Set(['EINVAL', 'EPROTO']);

let taker = 0;

/** This thread, as the words of roles have it; 0: it has never had one. */
export function ownThread(): number {
  return taker;
}

/** The one place of a sender or of a receiver: a robust mutex, which is only ever tried. */
export class Role {
  readonly #mutex: Mutex;
  readonly #place: RingPlace;
  readonly #word: number;
  readonly #does: string;

  /** `does`: what who has it does, in the words of an error message. */
  constructor(place: RingPlace, byteOffset: number, does: string) {
    this.#mutex = mutexOf(place, byteOffset);
    this.#place = place;
    this.#word = byteOffset >> 2;
    this.#does = does;
  }

  /** Takes it, also after the death of who had it; EBUSY while somebody has it. `among`: so many such roles there are. */
  take(among = 1): MutexGuard {
    const guard = this.tryTake();
    if (guard === undefined) throw this.#busy(among);
    return guard;
  }

  tryTake(): MutexGuard | undefined {
    const guard = this.#mutex.tryLock();
    if (guard === undefined) return undefined;
    try {
      if (guard.ownerDied) guard.markConsistent();
      taker = (this.#place.words[this.#word] ?? 0) & OWNER;
      return guard;
    } catch (error) {
      leave(guard); // somebody has overwritten it just now
      throw error;
    }
  }

  holder(): ChannelPeer | undefined {
    return this.#mutex.holderSync();
  }

  close(): void {
    this.#mutex.close();
  }

  #busy(among: number): Error {
    const holder = this.holder();
    const who = holder === undefined ? 'somebody' : `process ${String(holder.pid)}`;
    const more = among > 1 ? `, and as many as there may be: ${String(among)}` : '';
    return channelFailure('EBUSY', this.#place.name, `${who} ${this.#does} already${more}`);
  }
}

/**
 * The first of several roles that is free, and its index; EBUSY while all are taken. One that somebody
 * has overwritten, so that nobody can take it any more, keeps none from the others.
 */
export function takeFree(roles: readonly Role[]): [at: number, guard: MutexGuard] {
  let busy = -1;
  let failure: Error | undefined;
  for (const [at, role] of roles.entries()) {
    try {
      const guard = role.tryTake();
      if (guard !== undefined) return [at, guard];
      if (busy < 0) busy = at;
    } catch (error) {
      failure ??= error as Error;
    }
  }
  if (busy < 0 && failure !== undefined) throw failure;
  return [busy, (roles[busy] as Role).take(roles.length)]; // says who has it, if it is not free by now
}
