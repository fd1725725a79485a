/** Where the publisher waits for subscribers: each has a slot, with a role and its position. */

import { callIfAsleep, ringIfAsleep } from '../bell';
import { OWNER } from '../layout';
import { damaged, isThere } from '../place';
import { defer, settleAtExit, type Deferred } from '../tick';
import { OLDEST, PUBLISHER_BELL, SLOT_POSITION, WANTED } from './layout';
import type { BroadcastPlace, SlotPlace } from './place';
import { isExact, loadPosition, startAt, type Start } from './position';

/** Nobody is that often overtaken while it comes. */
const attempts = 1000;

const at = SLOT_POSITION >> 3;

/** The position of a slot: a number that may be anything. */
export function positionIn({ pairs }: SlotPlace): number {
  return Number(Atomics.load(pairs, at));
}

/**
 * The position of the slowest subscriber, `head` at most. Whoever has died has no slot any more; what
 * lies before `oldest` is from one who had it before, and who has it now has not begun.
 * Where somebody has a slot that is not watched, although it matters, it is `head`.
 */
export function slowest(
  place: BroadcastPlace,
  oldest: number,
  head: number,
  isWatched?: (slot: number) => boolean,
): number {
  let least = head;
  for (const [i, slot] of place.slots.entries()) {
    if ((Atomics.load(slot.words, 0) & OWNER) === 0) continue;
    if (isWatched?.(i) === false) return head;
    const position = positionIn(slot);
    if (position > head || !isExact(Math.abs(position))) throw damaged(place);
    if (position >= oldest && position < least) least = position;
  }
  return least;
}

/** What one subscriber tells the publisher. */
export class Slot implements Deferred {
  readonly #place: BroadcastPlace;
  readonly #slot: SlotPlace;
  /** The publisher is told whenever so many steps are free again. */
  readonly #quarter: number;
  #told = -1;
  #position = 0;
  #deferred = false;
  #ended = false;

  constructor(place: BroadcastPlace, slot: SlotPlace) {
    this.#place = place;
    this.#slot = slot;
    this.#quarter = place.steps >> 2;
    settleAtExit();
  }

  /**
   * Where to begin, from where on the publisher waits. It stores WANTED, then looks at the slots; this
   * stores its position, then looks at WANTED: one of the two sees what the other stored.
   */
  begin(isOldest: boolean): Start {
    for (let i = 0; i < attempts; i++) {
      const start = startAt(this.#place, isOldest ? WANTED : undefined);
      this.#position = start.position;
      this.tell();
      callIfAsleep(this.#place, PUBLISHER_BELL); // who sleeps watches the role from now on
      const wanted = loadPosition(this.#place, WANTED);
      if (wanted <= start.position) return start;
    }
    throw damaged(this.#place);
  }

  /** All before a position is received. */
  pass(position: number): void {
    this.#position = position;
    if (position - this.#told >= this.#quarter) this.tell();
    if (this.#deferred) return;
    this.#deferred = true;
    defer(this);
  }

  tell(): void {
    if (this.#position === this.#told || this.#ended || !isThere(this.#slot)) return;
    this.#told = this.#position;
    Atomics.store(this.#slot.pairs, at, BigInt(this.#position));
    ringIfAsleep(this.#place, PUBLISHER_BELL);
  }

  settle(): void {
    this.#deferred = false;
    this.tell();
  }

  /** The slot may be somebody else's. */
  end(): void {
    this.#ended = true;
  }
}

/** How far a subscriber is behind, in steps. */
export function behind(place: BroadcastPlace, slot: SlotPlace, head: number): number {
  const position = Math.max(positionIn(slot), loadPosition(place, OLDEST));
  return Math.max(head - position, 0);
}
