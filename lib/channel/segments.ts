import { now } from '../core/deadline';
import { fewestReserved, giveBack, reserve } from './growing-memory';
import { GUARDS, HEAD, OWNER, RESERVED, RING, SEGMENTS, TABLE } from './layout';
import { damaged, type Place } from './place';
import { isClaimed } from './shape';

/** Of a segment: it has no memory; it has, and nothing in it; it is in use. */
const [BARE, SPARE, USED] = [0, 1, 2];

/** So many bytes are given back at once: it takes a millisecond or so. */
const mostAtOnce = 1 << 22;

/** After the system had no memory, it is not asked for so many milliseconds. */
const patience = 10;

/**
 * The segments of a ring that grows: which of them are in use, from the position of the receiver to
 * that of the sender, in which order, and which have memory. Only the sender has them.
 */
export class Segments {
  readonly #place: Place;
  readonly #size: number;
  readonly #shift: number;
  readonly #states: Uint8Array;
  /** Those in use, the oldest first. */
  readonly #order: number[] = [];
  /** Where the oldest one begins. */
  #begin: number;
  #reserved = 0;
  /** Those that are bare may have memory, of the last sender. */
  #isUnknown = true;
  /** How many were in use at most, since some were given back. */
  #peak = 0;
  /** A negated errno: why there was no memory; and when it was asked for. */
  #lack = 0;
  #lackedAt = -Infinity;

  /** As the last sender has left them; what it had beside them is given back. */
  constructor(place: Place, tail: number, head: number) {
    const { piece, capacity } = place;
    this.#place = place;
    this.#size = piece;
    this.#shift = 31 - Math.clz32(piece);
    this.#states = new Uint8Array(capacity >>> this.#shift);
    this.#begin = tail & -piece;
    for (let at = this.#begin; ((head - at) | 0) > 0; at = (at + piece) | 0) {
      const segment = (place.words[this.#entry(at)] ?? 0) & (this.#states.length - 1);
      if (this.#states[segment] === USED) throw damaged(place);
      this.#use(segment);
    }
    this.#reserved = this.#order.length;
    this.#recover();
  }

  /** Where the last one ends. */
  get end(): number {
    return (this.#begin + (this.#order.length << this.#shift)) | 0;
  }

  /** Where the oldest one ends. */
  get oldestEnd(): number {
    return (this.#begin + this.#size) | 0;
  }

  /** A negated errno: why the last ones that were to be taken got no memory; 0: they would have. */
  get lack(): number {
    return this.#lack;
  }

  /** Whether there is nothing to be given back, now or later. */
  get isSmall(): boolean {
    return this.#reserved <= fewestReserved && !this.#isUnknown;
  }

  /** Whether what is said of their memory is true: not while a receiver may copy what others have left. */
  get isKnown(): boolean {
    return !this.#isUnknown;
  }

  /** Where the last one is in the ring. */
  get lastPlace(): number {
    return this.#placeOf(this.#order.at(-1) ?? 0);
  }

  /** Those before the position of the receiver are not in use any more. */
  release(tail: number): void {
    while (this.#order.length > 0 && ((tail - this.#begin) | 0) >= this.#size) {
      this.#states[this.#order.shift() as number] = SPARE;
      this.#begin = (this.#begin + this.#size) | 0;
    }
  }

  /** Nor are those that begin at the position of the sender, or behind it. */
  cut(head: number): void {
    while (this.#order.length > 0 && ((this.end - this.#size - head) | 0) >= 0) {
      this.#states[this.#order.pop() as number] = SPARE;
    }
  }

  /**
   * So many more, in one piece; or `further` ones right behind the last one, which prolong it, where that
   * takes no more memory: where they are in the ring; -1: there are none, or `lack` of memory.
   */
  take(count: number, further: number): number {
    const found = this.#find(count);
    const next = (this.#order.at(-1) ?? -1) + 1;
    const isLonger = next > 0 && this.#isFree(next, further) && !this.#isWarmer(found, next);
    let first = isLonger ? next : found;
    let end = first + (isLonger ? further : count);
    this.#lack = first < 0 ? 0 : this.#reserve(first, end);
    if (this.#lack < 0) {
      first = this.#run(count, SPARE, SPARE);
      end = first + count;
    }
    if (first < 0) return -1;
    const { words } = this.#place;
    for (let i = first; i < end; i++) {
      words[this.#entry(this.end)] = i;
      this.#use(i);
    }
    this.#peak = Math.max(this.#peak, this.#order.length);
    return this.#placeOf(first);
  }

  /** As `take`: whether there would be any, without more memory, if nothing waited before the sender's position. */
  mayTake(count: number, further: number, head: number): boolean {
    const last = this.#order.at(-1) ?? -1;
    const next = this.#states.subarray(last + 1, last + 1 + further);
    if (last >= 0 && next.length === further && !next.includes(BARE)) return true;
    return this.#run(count, SPARE, USED, this.end === head ? -1 : last) >= 0;
  }

  /**
   * Gives memory back: all but what is in use, or was since the last time, and not all at once. Whether
   * it was any. `isLast`: all that is not in use.
   */
  giveBack(isLast = false): boolean {
    const used = this.#order.length;
    const keep = Math.max(isLast ? used : this.#peak, fewestReserved);
    const most = isLast ? Infinity : Math.max(mostAtOnce >>> this.#shift, 1);
    const before = this.#reserved;
    let left = Math.min(before - keep, most);
    this.#peak = used;
    if ((left <= 0 && !this.#isUnknown) || this.#isRead()) return false;
    this.#learn();
    for (let end = this.#states.length; left > 0 && end > 0;) {
      end = this.#states.lastIndexOf(SPARE, end - 1) + 1;
      const begin = this.#beginOf(SPARE, end, left);
      if (end === begin || !this.#strip(begin, end)) break;
      left -= end - begin;
      end = begin;
    }
    this.#note();
    return this.#reserved < before;
  }

  #entry(position: number): number {
    return TABLE + ((position & (this.#place.capacity - 1)) >>> this.#shift);
  }

  #placeOf(segment: number): number {
    return SEGMENTS - RING + (segment << this.#shift);
  }

  #use(segment: number): void {
    this.#states[segment] = USED;
    this.#order.push(segment);
  }

  /** The first of so many in a row that are not in use: what is used again and again stays few. */
  #find(count: number): number {
    if (count === 1) {
      const spare = this.#states.indexOf(SPARE);
      return spare >= 0 ? spare : this.#states.indexOf(BARE);
    }
    return this.#run(count, BARE, SPARE);
  }

  /** The first of so many in a row that have one of these states, and are not that one; -1: there are none. */
  #run(count: number, least: number, most: number, but = -1): number {
    let run = 0;
    for (let i = 0; i < this.#states.length; i++) {
      const state = this.#states[i] ?? BARE;
      run = state < least || state > most || i === but ? 0 : run + 1;
      if (run === count) return i - count + 1;
    }
    return -1;
  }

  #isFree(first: number, count: number): boolean {
    const states = this.#states.subarray(first, first + count);
    return states.length === count && !states.includes(USED);
  }

  /** Whether one has memory, and another one has none. */
  #isWarmer(one: number, other: number): boolean {
    return this.#states[one] === SPARE && this.#states[other] === BARE;
  }

  /** Where those of a state begin that end there, so many at most. */
  #beginOf(state: number, end: number, most: number): number {
    let begin = end;
    while (end - begin < most && this.#states[begin - 1] === state) begin--;
    return begin;
  }

  /** Gives memory to those that have none: 0; or why there is none, and they have none again. */
  #reserve(first: number, end: number): number {
    const to = end > first ? this.#states.lastIndexOf(BARE, end - 1) + 1 : 0;
    if (to <= first) return 0;
    if (this.#lack < 0 && now() - this.#lackedAt < patience) return this.#lack;
    const begin = this.#beginOf(BARE, to, to - first);
    const lack = this.#dress(begin, to) || this.#reserve(first, begin);
    if (lack < 0) {
      this.#undress(begin, to);
      return lack;
    }
    this.#states.fill(SPARE, begin, to);
    this.#reserved += to - begin;
    this.#note();
    return 0;
  }

  #dress(begin: number, end: number): number {
    const result = reserve(this.#place.memory, ...this.#range(begin, end));
    if (result < 0) this.#lackedAt = now();
    return result;
  }

  /** Of bare ones: what they got for nothing. A receiver may still copy what the last sender left there. */
  #undress(begin: number, end: number): void {
    if (this.#isUnknown && this.#isRead()) return;
    giveBack(this.#place.memory, ...this.#range(begin, end));
  }

  #strip(begin: number, end: number): boolean {
    const { memory } = this.#place;
    const [offset, length] = this.#range(begin, end);
    if (giveBack(memory, offset, length) < 0) return false; // it stays, to be used
    this.#states.fill(BARE, begin, end);
    this.#reserved -= end - begin;
    return true;
  }

  /** In the mapping: an offset and a length. */
  #range(begin: number, end: number): [number, number] {
    const offset = this.#place.byteOffset + SEGMENTS + begin * this.#size;
    return [offset, (end - begin) * this.#size];
  }

  /** As many have memory as should, be it that they had it; then the others have none. */
  #recover(): void {
    this.#complete();
    if (!this.#isRead()) this.#learn();
    this.#complete();
    this.#note();
  }

  /** Those that are bare have no memory from now on. */
  #learn(): void {
    if (!this.#isUnknown) return;
    this.#isUnknown = false;
    for (let end = this.#states.length; end > 0;) {
      end = this.#states.lastIndexOf(BARE, end - 1) + 1;
      const begin = this.#beginOf(BARE, end, end);
      if (begin < end) giveBack(this.#place.memory, ...this.#range(begin, end));
      end = begin;
    }
  }

  /** As many have memory as always should. */
  #complete(): void {
    this.#lack = 0;
    while (this.#reserved < fewestReserved) {
      const first = this.#states.indexOf(BARE);
      if (this.#reserve(first, first + 1) < 0) return;
    }
  }

  /**
   * Whether a receiver copies what others have taken meanwhile: a touch of memory that was given back
   * would bring it back. It has seen, or sees, where TAIL was when it was last loaded here.
   */
  #isRead(): boolean {
    const { words, shape, slots } = this.#place;
    if (!isClaimed(shape)) return false;
    const inUse = this.#order.length << this.#shift;
    return slots.some((slot, i) => {
      const guard = Atomics.load(words, GUARDS + i);
      const isOld = guard !== 0 && ((guard & ~1) - this.#begin) >>> 0 >= inUse;
      return isOld && (Atomics.load(slot.words, 0) & OWNER) !== 0;
    });
  }

  #note(): void {
    Atomics.store(this.#place.words, HEAD + RESERVED, this.#reserved);
  }
}
