import { ringIfAsleep } from './bell';
import { countDropped, discardOldest } from './discard';
import { HEAD, HIGH_WATER, RECEIVER_BELL, RECORD_HEADER, RING_WORD, TAIL, WRAP } from './layout';
import { checkThere, damaged, distance, type Place } from './place';
import { countOf, noteHigh, publishPosition } from './position';
import { RingWriter } from './ring-writer';
import { settleAll } from './tick';

/** What is fetched of the ring at a time, and the bytes of a line of the CPU's caches. */
export const fetched = 4096;
const line = 64;

const usual = { header: RECORD_HEADER, fewest: 32, most: 128 };

/** The position of the sender in the ring. Of what others write it reads only the receiver's position. */
export class Writing extends RingWriter {
  protected readonly place: Place;
  /** Where the receiver's bell is: `words`, or those of the first lane. */
  readonly #bells: Int32Array;
  readonly #capacity: number;
  /** Positions modulo 2^32: of the next record; as published; of the receiver, when last looked at. */
  protected position: number;
  #published: number;
  protected tail: number;
  #count: number;
  /** Up to there the ring was fetched. */
  protected fetchedTo: number;
  protected readonly dropsOldest: boolean;

  constructor(place: Place) {
    const { words, capacity, shape } = place;
    const count = (): void => {
      countDropped(words, 1);
    };
    super(place, { ...usual, drop: shape.full === 'drop-newest' ? count : undefined });
    this.dropsOldest = shape.full === 'drop-oldest';
    this.place = place;
    this.#bells = place.main.words;
    this.#capacity = capacity;
    this.tail = Atomics.load(words, TAIL);
    this.position = Atomics.load(words, HEAD);
    this.#published = this.position;
    this.fetchedTo = this.position;
    this.#count = countOf(words, HEAD);
    distance(place, this.position, this.tail);
    if ((this.position & 7) !== 0) throw damaged(place);
  }

  /** Whether the receiver has gone on since there was no room. */
  override get ready(): boolean {
    return Atomics.load(this.words, TAIL) !== this.tail;
  }

  // ---- publishing

  override publish(): void {
    if (this.position === this.#published) return;
    checkThere(this.place);
    const words = this.words;
    publishPosition(words, HEAD, this.position, this.#count);
    this.#published = this.position;
    ringIfAsleep(this.place.main, RECEIVER_BELL);
  }

  // ---- the ring

  protected override room(length: number): number {
    const at = this.position & (this.#capacity - 1);
    const toEnd = this.#capacity - at;
    if (length < fetched && ((this.position - this.fetchedTo) | 0) >= 0) this.#fetchFree(at, toEnd);
    const size = (length + RECORD_HEADER + 7) & ~7;
    if (size <= toEnd) return this.#hasRoom(size) ? at : this.#full(size, at);
    if (!this.#hasRoom(toEnd) && this.#full(toEnd, at) < 0) return -1;
    this.words[RING_WORD + (at >> 2)] = WRAP;
    this.position = (this.position + toEnd) | 0;
    return this.#hasRoom(size) ? 0 : this.#full(size, 0);
  }

  #hasRoom(size: number): boolean {
    const most = this.#capacity - size;
    return ((this.position - this.tail) | 0) <= most || this.look() <= most;
  }

  /** Looks at what the receiver has published: so many bytes are in use. */
  protected look(): number {
    const tail = Atomics.load(this.words, TAIL);
    const used = distance(this.place, this.position, tail);
    this.tail = tail; // only what can be: who is called again after the error looks again
    return used;
  }

  /** The same where there is no room; all is published, so that the receiver can make some. */
  protected lookFull(): number {
    this.publish();
    const used = this.look();
    noteHigh(this.words, HEAD + HIGH_WATER, used);
    return used;
  }

  /**
   * Where there is no room: once more, as the receiver may be in this thread. No look may be in vain:
   * what the last one has seen is what `ready` compares with, and who is not ready sleeps.
   */
  #full(size: number, at: number): number {
    const most = this.#capacity - size;
    const used = this.lookFull();
    if (used <= most || (settleAll() && this.look() <= most)) return at;
    if (!this.dropsOldest) return -1;
    this.tail = discardOldest(this.place, this.position, size);
    return at;
  }

  /**
   * The other CPU has the lines of the ring in its cache. This one takes those that come next all at
   * once: the records are written word by word, and would wait for one line after the other.
   */
  protected fetch(at: number, free: number): void {
    const words = this.words;
    const bytes = free < fetched ? free : fetched;
    for (let i = 0; i < bytes; i += line) words[RING_WORD + ((at + i) >> 2)] = 0;
    this.fetchedTo = (this.position + bytes) | 0;
  }

  #fetchFree(at: number, toEnd: number): void {
    const free = this.#capacity - ((this.position - this.tail) | 0);
    this.fetch(at, free < toEnd ? free : toEnd);
  }

  protected override append(at: number, length: number, type: number): void {
    const words = this.words;
    const header = RING_WORD + (at >> 2);
    words[header] = length;
    words[header + 1] = type;
    this.position = (this.position + ((length + RECORD_HEADER + 7) & ~7)) | 0;
    this.#count = (this.#count + 1) | 0;
    this.appended((this.position - this.#published) | 0, this.#bells[RECEIVER_BELL] !== 0);
  }
}
