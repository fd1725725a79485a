/**
 * What the ends of a channel write down, in memory that outlives them, so that each receiver can tell
 * whether it continues where its predecessor was killed.
 *
 * A message is known by its position: the generation of its sender, one higher for each, and its
 * index. Each position is one 64-bit store: a death leaves the old one or the new one.
 */

import type { memory } from 'posix-ipc';

/** Of a generation. */
const mostMessages = 2 ** 28;

const [GENERATION, TAKEN, PUBLISHED, HANDS, TOTAL, AGAIN, LOST, FIRST] = [0, 1, 2, 3, 4, 5, 6, 8];

export function ledgerBytes(generations: number): number {
  return 8 * (FIRST + generations);
}

export class ChannelLedger {
  readonly #words: Float64Array;
  #last: number | undefined;
  /** What the predecessor may have been given without having said so. */
  #inherited = 0;

  constructor(mapping: memory.Mapping) {
    this.#words = mapping.view(Float64Array);
  }

  // ---- for the sender

  /** A new generation. */
  begin(): number {
    const generation = this.#word(GENERATION) + 1;
    this.#words[GENERATION] = generation;
    return generation;
  }

  position(generation: number, index: number): number {
    return generation * mostMessages + index;
  }

  /** So many messages of this generation are certainly on their way. */
  published(generation: number, count: number): void {
    this.#words[FIRST + generation] = count;
  }

  // ---- for the receiver

  /**
   * Takes a message; before it is given back. `hands`: so many messages this receiver may have been
   * given without having come here. Throws where one is missing, or comes out of order.
   */
  take(position: number, hands: number): void {
    const words = this.#words;
    const taken = this.#word(TAKEN);
    if (this.#last === undefined) this.#succeed(position);
    else if (this.#missing(this.#last, position) !== 0) {
      throw new Error(`${String(position)} after ${String(this.#last)}`);
    }
    this.#last = position;
    words[HANDS] = hands;
    words[TOTAL] = this.total + 1;
    if (position > taken) words[TAKEN] = position;
    else words[AGAIN] = this.again + 1;
  }

  /** The role has just been taken. */
  inherit(): void {
    this.#inherited = this.#word(HANDS);
  }

  /** Before a call that may be given so many, and be killed before they come here. */
  reach(hands: number): void {
    this.#words[HANDS] = hands;
  }

  /** The receipt of all that was taken is published. */
  flushed(): void {
    if (this.#last !== undefined) this.#words[PUBLISHED] = this.#last;
  }

  // ---- for the judge

  get generation(): number {
    return this.#word(GENERATION);
  }

  get total(): number {
    return this.#word(TOTAL);
  }

  /** How many were taken twice: by one that was killed, and by its successor. */
  get again(): number {
    return this.#word(AGAIN);
  }

  /** How many at most were in the hands of the killed. */
  get lost(): number {
    return this.#word(LOST);
  }

  #succeed(position: number): void {
    const taken = this.#word(TAKEN);
    const published = this.#word(PUBLISHED);
    if (position <= published) {
      throw new Error(`${String(position)} again, but ${String(published)} was published`);
    }
    if (position <= taken) return;
    const missing = this.#missing(taken, position);
    if (missing > this.#inherited) {
      throw new Error(`${String(missing)} lost between ${String(taken)} and ${String(position)}`);
    }
    this.#words[LOST] = this.lost + missing;
  }

  /** How many that were published are between two. */
  #missing(from: number, to: number): number {
    const [generation, index] = [Math.floor(to / mostMessages), to % mostMessages];
    const [before, last] = [Math.floor(from / mostMessages), from % mostMessages];
    if (generation === before) return index - last - 1;
    if (generation < before) return Infinity;
    let missing = index + Math.max(0, this.#word(FIRST + before) - last - 1);
    for (let i = before + 1; i < generation; i++) missing += this.#word(FIRST + i);
    return missing;
  }

  #word(index: number): number {
    return this.#words[index] ?? 0;
  }
}
