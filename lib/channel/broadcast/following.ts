import type { Decoded, InPlace } from '../codec';
import { copyOut, copyPart, type Part } from '../copy';
import { WRAP } from '../layout';
import { ownMemory } from '../own-memory';
import { channelFailure, checkThere, damaged, gone } from '../place';
import { settleAll } from '../tick';
import { cursorOf, show, type SubscriberCursor } from './cursor';
import {
  HEAD,
  HIGH_NUMBER,
  longestMessage,
  NUMBER,
  OLDEST,
  RECORD_HEADER,
  STEP,
  stepsOf,
  TYPE,
} from './layout';
import type { BroadcastPlace } from './place';
import { isOvertaken, numberOf, startAt } from './position';
import type { Slot } from './slots';

/** A message that was received. */
export interface BroadcastMessage {
  /** As the publisher has given it. */
  type: number;
  /** The payload: exactly the bytes that were published. */
  data: Buffer;
  /** So many messages were lost between the one before it and this one. */
  lost: number;
}

/** A message that was received into the caller's memory. */
export interface BroadcastMessageInto {
  /** As the publisher has given it. */
  type: number;
  /** Bytes written. */
  length: number;
  /** So many messages were lost between the one before it and this one. */
  lost: number;
}

/** A value that was received. */
export interface BroadcastDecoded extends Decoded {
  /** So many messages were lost between the one before it and this one. */
  lost: number;
}

/** Where a subscriber begins. */
export type From = 'oldest' | 'newest';

const leastCopied = 1 << 11;
const mostCopied = 1 << 16;

/** Whoever was overtaken that often in a row tries again later. */
const attempts = 8;

/** Memory of this subscriber alone. */
function copied(bytes: number, place: BroadcastPlace): Part {
  const memory = ownMemory(bytes, place);
  return { words: new Int32Array(memory), ring: Buffer.from(memory), buffer: memory, ringAt: 0 };
}

/**
 * The position of a subscriber, which nobody else knows. Whatever lies behind it is copied in one
 * piece, then it is found out whether the publisher has begun to overwrite it, and only then it is
 * looked at. Still anybody may have written it: it is checked.
 */
export class Following {
  readonly #place: BroadcastPlace;
  readonly #longest: number;
  readonly #cursor: SubscriberCursor;
  /** In steps: of the next record. */
  #position: number;
  /** Of the next message. */
  #number: number;
  /** Of messages: lost in all, and since the last one. */
  #lost = 0;
  #lostNow = 0;
  /** Records from #position on, from #at to #end. */
  #copied: Part;
  #at = 0;
  #end = 0;
  #showing = false;
  /** The message that was found. */
  #length = 0;

  /** Where the publisher sees the position, if it waits for this one. */
  readonly #slot: Slot | undefined;

  constructor(place: BroadcastPlace, from: From, slot?: Slot) {
    this.#place = place;
    this.#slot = slot;
    this.#longest = longestMessage(place.capacity);
    this.#copied = copied(Math.min(place.capacity, mostCopied), place);
    this.#cursor = cursorOf();
    const isOldest = from === 'oldest';
    const start = slot?.begin(isOldest) ?? startAt(place, isOldest ? OLDEST : HEAD);
    const { position, number } = start;
    this.#position = position;
    this.#number = number;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Whether something is there that was not when it was last looked. */
  get ready(): boolean {
    const { words } = this.#place;
    return (
      Atomics.load(words, HEAD) !== (this.#position | 0) || isOvertaken(this.#place, this.#position)
    );
  }

  /** Throws EBUSY from a forEach, EFAULT where the memory was transferred away. */
  checkFree(): void {
    checkThere(this.#place);
    this.#checkCopied();
    if (!this.#showing) return;
    throw channelFailure('EBUSY', this.#place.name, 'called from a forEach of this subscriber');
  }

  // ---- taking the next one; undefined: there is none

  take(): BroadcastMessage | undefined {
    this.checkFree();
    return this.#takeNext();
  }

  takeInto(into: Uint8Array): BroadcastMessageInto | undefined {
    this.checkFree();
    if (!this.#find()) return undefined;
    const length = this.#length;
    if (length > into.length) {
      const hint = `the message has ${String(length)} bytes; it is still there`;
      throw channelFailure('EMSGSIZE', this.#place.name, hint);
    }
    const type = this.#type();
    copyOut(this.#copied, this.#at + RECORD_HEADER, into, length, 0);
    return { type, length, lost: this.#pass() };
  }

  takeValue(read: InPlace['read']): BroadcastDecoded | undefined {
    this.checkFree();
    if (!this.#find()) return undefined;
    const type = this.#type();
    const begin = this.#at + RECORD_HEADER;
    const lost = this.#pass();
    return { type, value: read(this.#copied.ring, begin, this.#length), lost };
  }

  takeMany(limit: number): BroadcastMessage[] | undefined {
    this.checkFree();
    const end = this.#behind();
    const first = this.#takeNext();
    if (first === undefined) return undefined;
    const all = [first];
    try {
      while (all.length < limit && this.#position < end) {
        const next = this.#takeNext();
        if (next === undefined) break;
        all.push(next);
      }
    } catch {
      // What was taken is not lost to what comes behind it; the next call meets it again.
    }
    return all;
  }

  /** What was there at the beginning, so that it ends however quick the publisher is. */
  each(
    callback: (message: SubscriberCursor) => void,
    limit: number,
    isClosed: () => boolean,
  ): number {
    this.checkFree();
    const cursor = this.#cursor;
    const end = this.#behind();
    let count = 0;
    this.#showing = true;
    try {
      while (count < limit && this.#position < end && !isClosed() && this.#find()) {
        const begin = this.#at + RECORD_HEADER;
        const type = this.#type();
        const length = this.#length;
        show(cursor, this.#copied.ring, type, begin, length, this.#pass());
        count++;
        callback(cursor);
      }
    } finally {
      this.#showing = false;
    }
    return count;
  }

  // ---- the copy

  #checkCopied(): void {
    if (this.#copied.words.length === 0) throw gone(this.#place);
  }

  #takeNext(): BroadcastMessage | undefined {
    if (!this.#find()) return undefined;
    const type = this.#type();
    const data = Buffer.allocUnsafe(this.#length);
    copyOut(this.#copied, this.#at + RECORD_HEADER, data, this.#length, 0);
    return { type, data, lost: this.#pass() };
  }

  /** Finds the next message in the copy, or copies it; whether there is one. */
  #find(): boolean {
    this.#checkCopied(); // a callback may have taken it
    for (let i = 0; i < attempts; i++) {
      const left = this.#end - this.#at;
      let needed = STEP;
      if (left > 0) {
        const length = this.#copied.words[this.#at >> 2] ?? 0;
        if (length === WRAP) {
          this.#wrap();
          continue;
        }
        // Unsigned: a negative length is too long.
        if (length >>> 0 > this.#longest) throw damaged(this.#place);
        needed = stepsOf(length) * STEP;
        if (needed <= left) {
          this.#length = length;
          this.#check();
          return true;
        }
      }
      if (!this.#copy(needed)) return false;
    }
    return false;
  }

  /** The record that was found is the next one. */
  #check(): void {
    const { words } = this.#copied;
    const record = this.#at >> 2;
    const number = numberOf(words[record + NUMBER] ?? 0, words[record + HIGH_NUMBER] ?? 0);
    if (number !== this.#number || this.#type() < 0) throw damaged(this.#place);
  }

  #type(): number {
    return this.#copied.words[(this.#at >> 2) + TYPE] ?? 0;
  }

  /** The next record is at the beginning of the ring. */
  #wrap(): void {
    const at = this.#stepOf();
    // The publisher needs it only where a record does not fit: never at the beginning.
    if (at === 0) throw damaged(this.#place);
    this.#position += this.#place.steps - at;
    this.#at = this.#end;
    this.#slot?.pass(this.#position);
  }

  /** The message that was found is received: how many were lost before it. */
  #pass(): number {
    const steps = stepsOf(this.#length);
    this.#at += steps * STEP;
    this.#position += steps;
    this.#number++;
    this.#slot?.pass(this.#position);
    const lost = this.#lostNow;
    this.#lostNow = 0;
    return lost;
  }

  // ---- the ring

  #stepOf(): number {
    return (this.#position | 0) & (this.#place.steps - 1);
  }

  /** The position behind what is published, or behind what is copied if that is gone. */
  #behind(): number {
    const left = (this.#end - this.#at) / STEP;
    if (left === 0 && isOvertaken(this.#place, this.#position)) this.#resume();
    return this.#position + Math.max(this.#available(), left);
  }

  /** So many steps are published behind the position; negative: it may have been overtaken. */
  #available(): number {
    let steps = this.#published();
    if (steps === 0 && settleAll()) steps = this.#published(); // the publisher is in this thread
    return steps < 0 || steps >= this.#place.steps ? -1 : steps;
  }

  #published(): number {
    return (Atomics.load(this.#place.words, HEAD) - this.#position) | 0;
  }

  /** Copies what is there, at least the `needed` bytes of the next record; false: there is nothing. */
  #copy(needed: number): boolean {
    checkThere(this.#place); // a callback may have taken it
    this.#at = this.#end;
    this.#slot?.tell();
    let most = mostCopied;
    for (let i = 0; i < attempts; i++) {
      const steps = this.#available();
      if (steps > 0) {
        const at = this.#stepOf() * STEP;
        const there = Math.min(steps * STEP, this.#place.capacity - at);
        if (needed > there && !isOvertaken(this.#place, this.#position)) throw damaged(this.#place);
        const length = Math.min(there, Math.max(needed, most));
        this.#reserve(length);
        copyPart(this.#place, at, this.#copied, length);
        if (!isOvertaken(this.#place, this.#position)) {
          this.#at = 0;
          this.#end = length;
          return true;
        }
      } else if (!isOvertaken(this.#place, this.#position)) {
        if (steps === 0) return false;
        throw damaged(this.#place);
      }
      this.#resume();
      needed = STEP;
      most = leastCopied; // less is sooner done
    }
    return false;
  }

  #reserve(length: number): void {
    if (length <= this.#copied.ring.length) return;
    let bytes = this.#copied.ring.length;
    while (bytes < length) bytes *= 2;
    this.#copied = copied(bytes, this.#place);
  }

  /** Goes on at the oldest kept message. */
  #resume(): void {
    const { position, number } = startAt(this.#place, OLDEST);
    if (position <= this.#position) return; // it was not overtaken
    const lost = number - this.#number;
    if (lost < 0) throw damaged(this.#place);
    this.#position = position;
    this.#number = number;
    this.#lost += lost;
    this.#lostNow += lost;
  }
}
