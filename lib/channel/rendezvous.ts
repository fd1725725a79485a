import { countDropped, discardOldest } from './discard';
import { OWNER, TAIL } from './layout';
import { channelFailure, isThere, type Place, type Slot } from './place';
import { Writing } from './writing';

/** Receivers move TAIL twice for a message at most: to the beginning of the ring, and behind it. */
const mostTries = 8;

/**
 * A channel without capacity: what is sent is taken, or not sent. The ring has one message at most,
 * which is offered: a receiver claims it (see ClaimedReading), or the sender takes it back, in the
 * same way; so one of the two has it.
 */
export class Rendezvous extends Writing {
  /** What was taken just when the sender was closed. */
  #taken: Uint8Array | undefined;

  /** `hasDied`: the sender before. What one that was closed has left was sent: a receiver waited for it. */
  constructor(place: Place, hasDied: boolean) {
    super(place);
    if (hasDied) discardOldest(place, this.position, place.capacity);
  }

  /** Whether what was offered is taken, and something else can be. */
  override get ready(): boolean {
    return Atomics.load(this.words, TAIL) === this.position;
  }

  /** Nothing is sent before it is taken. */
  override putNow(): boolean {
    return false;
  }

  /** If a receiver waits now: it is the one that takes it. */
  override put(from: Uint8Array, type: number): boolean {
    return this.ready && this.place.slots.some(isAwaited) && this.#publish(from, type);
  }

  /** Whether it is taken; the first time it is offered. */
  override offer(from: Uint8Array, type: number): boolean {
    if (this.offered === undefined) {
      if (this.ready && this.#publish(from, type)) this.offered = from;
      return false;
    }
    if (!this.ready) return false;
    this.offered = undefined;
    return true;
  }

  override withdraw(from: Uint8Array | undefined): boolean {
    if (super.withdraw(from)) return from === undefined || this.#taken !== from;
    this.offered = undefined;
    if (!isThere(this.place)) return true;
    for (let i = 0; i < mostTries; i++) {
      const tail = Atomics.load(this.words, TAIL);
      if (tail === this.position) return false;
      if (Atomics.compareExchange(this.words, TAIL, tail, this.position) !== tail) continue;
      countDropped(this.words, 1);
      return true;
    }
    return true; // somebody overwrites the memory
  }

  /** The role is going to be somebody else's: those who wait are told later. */
  override end(): void {
    const offered = this.offered;
    if (!this.withdraw(offered)) this.#taken = offered;
    super.end();
  }

  override claim(): never {
    const hint = 'a channel without capacity has no memory to be filled';
    throw channelFailure('EOPNOTSUPP', this.place.name, hint);
  }

  #publish(from: Uint8Array, type: number): boolean {
    const isSent = super.put(from, type);
    this.publish();
    return isSent;
  }
}

/** Whether a receiver waits there, and lives. */
function isAwaited({ words, waits }: Slot): boolean {
  return Atomics.load(waits, 0) !== 0 && (Atomics.load(words, 0) & OWNER) !== 0;
}
