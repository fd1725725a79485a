import { ringIfAsleep } from '../bell';
import { WRAP } from '../layout';
import { checkThere, damaged } from '../place';
import { RingWriter } from '../ring-writer';
import {
  BELL,
  HEAD,
  HIGH_NUMBER,
  longestMessage,
  NUMBER,
  OLDEST,
  RECORD_HEADER,
  RING_WORD,
  STEP,
  stepsOf,
  TYPE,
} from './layout';
import type { BroadcastPlace } from './place';
import { settleAll } from '../tick';
import { highOf, startAt, storeHead, storeOldest, storeWanted } from './position';
import { slowest } from './slots';

const usual = { header: RECORD_HEADER, fewest: 32, most: 32 };

/** So many times in a round OLDEST is moved on: not for each record. */
const movesPerRound = 16;

/** The position of the publisher in the ring. Of what others can write it reads only the lengths of old records. */
export class Publishing extends RingWriter {
  readonly #place: BroadcastPlace;
  readonly #steps: number;
  /** In steps: of the next record; as published; of the oldest kept record. */
  #head: number;
  #published: number;
  #oldest: number;
  /** Of the next message. */
  #number: number;
  readonly #waits: boolean;
  /** Up to there all subscribers had to come where there was no room. */
  #least = 0;

  constructor(place: BroadcastPlace) {
    super(place, usual);
    this.#place = place;
    this.#steps = place.steps;
    const { position, number } = startAt(place, HEAD);
    this.#head = position;
    this.#published = position;
    this.#oldest = startAt(place, OLDEST).position;
    this.#number = number;
    this.#waits = place.slots.length > 0;
    if (this.#waits) storeWanted(place, this.#oldest); // the last one may have been killed
  }

  override get ready(): boolean {
    return this.readyFor();
  }

  /**
   * Whether all subscribers have come so far that there is room where there was none; also where one
   * of them has come just now, whose death nobody would tell.
   */
  readyFor(isWatched?: (slot: number) => boolean): boolean {
    try {
      return !this.#waits || this.#slowest(isWatched) >= this.#least;
    } catch {
      return true; // the next attempt says why
    }
  }

  // ---- publishing

  override publish(): void {
    if (this.#head === this.#published) return;
    checkThere(this.#place);
    storeHead(this.#place, this.#head);
    this.#published = this.#head;
    ringIfAsleep(this.#place, BELL);
  }

  // ---- the ring

  protected override room(length: number): number {
    const size = stepsOf(length);
    const at = (this.#head | 0) & (this.#steps - 1);
    const toEnd = this.#steps - at;
    if (size <= toEnd) return this.#free(size) ? at * STEP : -1;
    if (!this.#free(toEnd)) return -1;
    this.words[RING_WORD + 4 * at] = WRAP;
    this.#head += toEnd;
    this.#writeNumber();
    return this.#free(size) ? 0 : -1;
  }

  /** Gives up old records until there is room for so many steps, and a header behind them. */
  #free(size: number): boolean {
    const least = this.#head + size + 1 - this.#steps;
    if (least <= this.#oldest) return true;
    const most = Math.min(Math.max(least, this.#oldest + this.#steps / movesPerRound), this.#head);
    if (this.#waits) return this.#freeSlowly(least, most);
    this.#giveUp(this.#recordFrom(most));
    return true;
  }

  /** The same where subscribers have slots: what one of them still needs stays. */
  #freeSlowly(least: number, most: number): boolean {
    this.publish(); // the slowest may wait for just this
    let limit = this.#slowest();
    if (limit < least && settleAll()) limit = this.#slowest(); // it is in this thread, perhaps
    this.#least = least;
    if (limit < least) return false;
    const oldest = this.#recordFrom(Math.min(most, limit));
    if (oldest > limit) {
      this.#least = oldest; // amid a record, where no subscriber is that has not been overwritten
      return false;
    }
    storeWanted(this.#place, oldest);
    // Who has taken a slot meanwhile either sees that, or is seen.
    if (this.#slowest() >= oldest) this.#giveUp(oldest);
    else storeWanted(this.#place, this.#oldest);
    return this.#oldest >= least;
  }

  #slowest(isWatched?: (slot: number) => boolean): number {
    return slowest(this.#place, this.#oldest, this.#head, isWatched);
  }

  #giveUp(oldest: number): void {
    if (oldest > this.#published) this.publish(); // OLDEST is never beyond HEAD
    this.#oldest = oldest;
    storeOldest(this.#place, oldest);
  }

  /** The position of the first kept record that is not before a position. */
  #recordFrom(least: number): number {
    const mask = this.#steps - 1;
    let position = this.#oldest;
    while (position < least) {
      const at = (position | 0) & mask;
      const length = this.words[RING_WORD + 4 * at] ?? 0;
      if (length === WRAP) position += this.#steps - at;
      else if (length >>> 0 <= longestMessage(this.#place.capacity)) position += stepsOf(length);
      else throw damaged(this.#place);
    }
    if (position > this.#head) throw damaged(this.#place);
    return position;
  }

  protected override append(at: number, length: number, type: number): void {
    const words = this.words;
    const record = RING_WORD + (at >> 2);
    words[record] = length;
    words[record + TYPE] = type;
    this.#head += stepsOf(length);
    this.#number++;
    this.#writeNumber();
    this.appended((this.#head - this.#published) * STEP, words[BELL] !== 0);
  }

  /** Where the next record is going to be its number is, before HEAD says that it is there. */
  #writeNumber(): void {
    const record = RING_WORD + 4 * ((this.#head | 0) & (this.#steps - 1));
    this.words[record + NUMBER] = this.#number | 0;
    this.words[record + HIGH_NUMBER] = highOf(this.#number);
  }
}
