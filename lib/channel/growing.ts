import { now } from '../core/deadline';
import { clearTimer, startTimer } from '../core/later';
import { discardOldest } from './discard';
import { RECORD_HEADER, RING_WORD, TAIL, TIDIES, WRAP } from './layout';
import { channelFailure, isThere, type Place } from './place';
import { Segments } from './segments';
import { settleAll } from './tick';
import { fetched, Writing } from './writing';

/** Milliseconds between two times that memory is given back; more where nothing happens. */
const soonest = 100;
const latest = 1600;

/**
 * The sender's position in a ring that grows. It takes a segment when the last one is full: one that was read, if
 * there is any. So a ring that is read as fast as it is written goes round in two of them, which stay in the caches,
 * and no system call is made.
 */
export class Growing extends Writing {
  readonly #segments: Segments;
  readonly #piece: number;
  /** Where the segments that are written begin and end, and where they are in the ring. */
  #begin: number;
  #end: number;
  #at: number;
  #timer: NodeJS.Timeout | undefined;
  #pause = soonest;
  #gaveAt = now();

  constructor(place: Place) {
    super(place);
    Atomics.store(place.words, TIDIES, 0); // of who was killed
    this.#piece = place.piece;
    this.#segments = new Segments(place, this.tail, this.position);
    this.#begin = this.position & -place.piece;
    this.#end = this.#segments.end;
    this.#at = this.#segments.lastPlace;
    if (!this.#segments.isSmall) this.#later();
  }

  protected override room(length: number): number {
    const size = (length + RECORD_HEADER + 7) & ~7;
    if (((this.#end - this.position) | 0) < size && !this.#enter(size)) return -1;
    const at = this.#at + ((this.position - this.#begin) | 0);
    if (length < fetched && ((this.position - this.fetchedTo) | 0) >= 0) {
      this.fetch(at, (this.#end - this.position) | 0);
    }
    return at;
  }

  override end(): void {
    super.end();
    clearTimer(this.#timer);
    if (!isThere(this.place)) return;
    this.#free();
    this.#segments.giveBack(true);
  }

  /** Goes on in other segments, in one piece, where a record of that size has room. */
  #enter(size: number): boolean {
    const { position } = this;
    const segments = this.#segments;
    segments.cut(position);
    this.#end = segments.end;
    const at = this.#take(size);
    if (at < 0) return false;
    const end = this.#end;
    this.#end = segments.end;
    if (at !== this.#at + ((end - this.#begin) | 0)) this.#jump(at, end);
    this.#tend();
    return true;
  }

  /** Goes on elsewhere, from the position on where the last segments end. */
  #jump(at: number, end: number): void {
    const { position } = this;
    if (position !== end) {
      this.words[RING_WORD + ((this.#at + ((position - this.#begin) | 0)) >> 2)] = WRAP;
    }
    this.position = end;
    this.#begin = end;
    this.#at = at;
  }

  /** Where a record of that size can go on; -1: there is no room. See `Writing`: no look is in vain. */
  #take(size: number): number {
    this.look();
    let at = this.#takeFreed(size);
    if (at >= 0) return at;
    this.lookFull();
    at = this.#takeFreed(size);
    if (at < 0 && settleAll()) {
      this.look();
      at = this.#takeFreed(size);
    }
    if (at < 0 && this.dropsOldest) at = this.#discardFor(size);
    const isVain = this.tail === this.position || this.dropsOldest;
    if (at < 0 && this.#segments.lack < 0 && isVain) throw this.#lacks();
    return at;
  }

  #takeFreed(size: number): number {
    this.#segments.release(this.tail);
    return this.#segments.take(this.#count(size), this.#further(size));
  }

  /** Segments for a record of that size, and those that it needs beside the rest of the last one. */
  #count(size: number): number {
    return Math.ceil(size / this.#piece);
  }

  #further(size: number): number {
    return this.#count(size - ((this.#end - this.position) | 0));
  }

  /** Drops the oldest messages, a segment at a time; none where that would make no room. */
  #discardFor(size: number): number {
    const { place, position } = this;
    const segments = this.#segments;
    for (;;) {
      const lacks = segments.lack < 0;
      if (lacks && !segments.mayTake(this.#count(size), this.#further(size), position)) return -1;
      const left = Math.max((position - segments.oldestEnd) | 0, 0);
      this.tail = discardOldest(place, position, place.capacity - left);
      const at = this.#takeFreed(size);
      if (at >= 0 || this.tail === position) return at;
    }
  }

  #lacks(): Error {
    const hint = 'there is no memory for the message, and none waits that would make room';
    return channelFailure(this.#segments.lack, this.place.name, hint);
  }

  // ---- giving memory back

  /** While it is busy, by the way; and when it is not, by a timer. */
  #tend(): void {
    if (this.#segments.isSmall) return;
    this.#pause = soonest;
    if (now() - this.#gaveAt >= soonest) this.#give();
    if (this.#timer === undefined) this.#later();
  }

  #give(): boolean {
    this.#gaveAt = now();
    return this.#segments.giveBack();
  }

  /** Does not keep the process alive, nor this object. */
  #later(): void {
    const weak = new WeakRef(this);
    this.#timer = startTimer(() => {
      const one = weak.deref();
      if (one !== undefined) one.#onTime();
    }, this.#pause).unref();
  }

  #onTime(): void {
    this.#timer = undefined;
    if (!isThere(this.place)) return;
    this.#free();
    this.#pause = this.#give() ? soonest : Math.min(2 * this.#pause, latest);
    if (!this.#segments.isSmall) this.#later();
  }

  /** What the receiver has left, and what was taken for nothing, is not in use. */
  #free(): void {
    const { place, position } = this;
    const tail = Atomics.load(this.words, TAIL);
    const bytes = (position - tail) | 0;
    if (bytes >= 0 && bytes <= place.capacity) this.#segments.release(tail);
    if (this.claims) return;
    this.#segments.cut(position);
    this.#end = this.#segments.end;
  }
}
