import { bufferOver } from '../core/pool';
import { ringIfAsleep } from './bell';
import type { Decoded, InPlace } from './codec';
import { copyOut } from './copy';
import { cursorOf, show, type Cursor } from './cursor';
import { HEAD, HIGH_WATER, RECORD_HEADER, RING_WORD, SENDER_BELL, TAIL, WRAP } from './layout';
import {
  channelFailure,
  checkThere,
  damaged,
  distance,
  gone,
  isThere,
  placeAt,
  type Place,
} from './place';
import { countOf, lookAt, noteHigh, publishPosition, type Seen } from './position';
import { defer, settleAll, settleAtExit, type Deferred } from './tick';
import { Tidier } from './tidy';
import { Together } from './together';

/** A message that was received. */
export interface Message {
  /** As the sender has given it. */
  type: number;
  /** The payload: exactly the bytes that were sent. */
  data: Buffer;
}

/** A message that was received into the caller's memory. */
export interface MessageInto {
  /** As the sender has given it. */
  type: number;
  /** Bytes written. */
  length: number;
}

/** A message in the memory of the channel, which is received when it is released. */
export interface Borrowed extends Message, Disposable {
  /** It is received. `data` must not be used any more. Idempotent. */
  release(): void;
}

/**
 * The position of the receiver in the ring. What it reads there may have been written by anybody:
 * each word is read once, and checked before it is used.
 */
export class Reading implements Deferred, Seen {
  protected readonly place: Place;
  /** Where messages are found: `place`, or a copy. */
  protected readonly bytes: Place;
  protected readonly words: Int32Array;
  /** Bytes of the ring that lie in one piece. */
  readonly #piece: number;
  /** Whether they are all of it. */
  readonly #isWhole: boolean;
  /** The position is published whenever so many bytes are free again. */
  readonly #quarter: number;
  readonly #cursor: Cursor;
  readonly #tidier: Tidier | undefined;
  readonly #together = new Together();
  /** What must not be collected while this one publishes. */
  owner: object | undefined;
  /** Positions modulo 2^32: of the next record; as published; of the sender, when last looked at. */
  position = 0;
  #published: number;
  seen = 0;
  #count: number;
  /** The most bytes that were found waiting. */
  #high = 0;
  #deferred = false;
  #ended = false;
  /** What keeps others out. */
  #borrowed: Borrowed | undefined;
  #showing = false;
  /** The record that was found. */
  protected foundLength = 0;
  protected foundType = 0;

  constructor(place: Place, bytes = place) {
    const { words, piece, capacity } = place;
    this.place = place;
    this.bytes = bytes;
    this.words = words;
    this.#piece = piece;
    this.#isWhole = piece === capacity;
    this.#quarter = piece >> 2;
    this.#cursor = cursorOf(bytes);
    this.#tidier = place.shape.segment > 0 ? new Tidier(place) : undefined;
    this.noted(lookAt(place, this));
    this.#published = this.position;
    this.#count = countOf(words, TAIL);
    settleAtExit();
    if ((this.position & 7) !== 0) throw damaged(place);
  }

  /** Whether there may be a message. */
  get ready(): boolean {
    return Atomics.load(this.words, HEAD) !== this.position;
  }

  /** Throws EBUSY while a message is borrowed or shown, EFAULT where the memory was transferred away. */
  checkFree(): void {
    checkThere(this.place);
    if (this.#borrowed === undefined && !this.#showing) return;
    const hint = this.#showing
      ? 'called from a forEach of this receiver'
      : 'a borrowed message is not released';
    throw channelFailure('EBUSY', this.place.name, hint);
  }

  // ---- taking the next one; undefined: there is none

  // What is borrowed, or taken by a call that stands in line before, may be so since it was asked for.

  take(): Message | undefined {
    this.checkFree();
    return this.#takeNext();
  }

  #takeNext(): Message | undefined {
    const at = this.find();
    if (at < 0) return undefined;
    const [type, length] = [this.foundType, this.foundLength];
    const data = Buffer.allocUnsafe(length);
    copyOut(this.bytes, at, data, length);
    this.pass(length);
    return { type, data };
  }

  takeInto(into: Uint8Array): MessageInto | undefined {
    this.checkFree();
    const at = this.find();
    if (at < 0) return undefined;
    const [type, length] = [this.foundType, this.foundLength];
    if (length > into.length) {
      const hint = `the message has ${String(length)} bytes; it is still there`;
      throw channelFailure('EMSGSIZE', this.place.name, hint);
    }
    copyOut(this.bytes, at, into, length);
    this.pass(length);
    return { type, length };
  }

  takeValue(read: InPlace['read']): Decoded | undefined {
    this.checkFree();
    const at = this.find();
    if (at < 0) return undefined;
    const [type, length] = [this.foundType, this.foundLength];
    try {
      return { type, value: read(this.bytes.ring, at, length) };
    } finally {
      this.pass(length);
    }
  }

  takeMany(limit: number): Message[] | undefined {
    this.checkFree();
    const first = this.#takeNext();
    if (first === undefined) return undefined;
    const all = [first];
    const end = this.seen; // the sender may go on
    try {
      while (all.length < limit && ((end - this.position) | 0) > 0) {
        if (this.#takeSome(all, limit, end)) continue;
        const next = this.#takeNext();
        if (next === undefined) break;
        all.push(next);
      }
    } catch {
      // What was taken is not lost to what comes behind it; the next call meets it again.
    }
    return all;
  }

  /** The next ones, up to `limit` in all, which end there at the latest; false: they go one by one. */
  #takeSome(all: Message[], limit: number, end: number): boolean {
    const { place } = this;
    if (this.bytes !== place) return false; // a copy already
    const at = this.find();
    if (at < 0) return false;
    const { position, foundLength } = this;
    const there = Math.min((end - position) | 0, this.#piece - (position & (this.#piece - 1)));
    const before = all.length;
    const begin = at - RECORD_HEADER;
    const bytes = this.#together.take(place, begin, foundLength, limit - before, there, all);
    if (bytes > 0) this.#passed(bytes, all.length - before);
    return bytes > 0;
  }

  /** What was there at the beginning, so that it ends however quick the sender is. */
  each(callback: (message: Cursor) => void, limit: number, isClosed: () => boolean): number {
    this.checkFree();
    const cursor = this.#cursor;
    let count = 0;
    if (this.load() === 0 && this.look() === 0) return 0;
    const end = this.seen;
    this.#showing = true;
    try {
      while (count < limit && ((end - this.position) | 0) > 0 && !isClosed()) {
        const at = this.find();
        if (at < 0) break;
        const length = this.foundLength;
        show(cursor, this.foundType, at, length);
        count++;
        try {
          callback(cursor);
        } finally {
          if (!this.#ended) this.pass(length);
        }
      }
    } finally {
      this.#showing = false;
    }
    return count;
  }

  borrow(): Borrowed | undefined {
    this.checkFree();
    const at = this.find();
    if (at < 0) return undefined;
    const length = this.foundLength;
    const { buffer, ringAt } = this.bytes;
    const release = (): void => {
      if (this.#borrowed !== borrowed) return;
      this.#borrowed = undefined;
      this.pass(length);
    };
    const borrowed: Borrowed = {
      type: this.foundType,
      data: bufferOver(buffer, ringAt + at, length),
      release,
      [Symbol.dispose]: release,
    };
    this.#borrowed = borrowed;
    return borrowed;
  }

  // ---- publishing

  settle(): void {
    this.#deferred = false;
    if (!this.#ended && isThere(this.place)) this.publish();
  }

  /** A borrowed message stays for the next receiver; one that a cursor shows is received. */
  end(): void {
    this.#borrowed = undefined;
    if (isThere(this.place)) {
      if (this.#showing) this.pass(this.foundLength);
      this.publish();
      this.#tidier?.end();
    }
    this.#ended = true;
  }

  publish(): void {
    if (this.position === this.#published) return;
    checkThere(this.place);
    const words = this.words;
    publishPosition(words, TAIL, this.position, this.#count);
    this.#published = this.position;
    ringIfAsleep(this.place, SENDER_BELL);
  }

  // ---- the ring

  /** Where the next message is in the ring, and what it is; -1: there is none. */
  protected find(): number {
    let available = (this.seen - this.position) | 0;
    if (available === 0) available = this.look();
    if (available === 0) return -1;
    const words = this.words;
    const piece = this.#piece;
    let at = this.#isWhole ? this.position & (piece - 1) : placeAt(this.place, this.position);
    let length = words[RING_WORD + (at >> 2)];
    if (length === WRAP) {
      // The sender needs it only where a record does not fit: never at the beginning.
      const toEnd = piece - (this.position & (piece - 1));
      if (toEnd === piece || toEnd > available) throw damaged(this.place);
      this.position = (this.position + toEnd) | 0;
      available -= toEnd;
      if (available === 0) available = this.look();
      if (available === 0) return -1;
      at = this.#isWhole ? 0 : placeAt(this.place, this.position);
      length = words[RING_WORD + (at >> 2)];
    }
    if (length === undefined) throw gone(this.place);
    const type = words[RING_WORD + (at >> 2) + 1] ?? 0;
    if (!isRecord(words, at, available, length, type)) throw damaged(this.place);
    this.foundLength = length;
    this.foundType = type;
    return at + RECORD_HEADER;
  }

  /** Looks at what the sender has published: so many bytes. */
  protected look(): number {
    const available = this.load();
    if (available !== 0) return available;
    this.publish();
    this.#tidier?.later();
    return settleAll() ? this.load() : 0; // the sender may be in this thread
  }

  protected load(): number {
    const head = Atomics.load(this.words, HEAD);
    const bytes = distance(this.place, head, this.position);
    this.seen = head; // only what can be: who is called again after the error looks again
    return this.noted(bytes);
  }

  /** So many bytes were found waiting. */
  protected noted(bytes: number): number {
    if (bytes > this.#high) {
      this.#high = bytes;
      noteHigh(this.words, TAIL + HIGH_WATER, bytes);
    }
    return bytes;
  }

  /** The record that was found is received. */
  protected pass(length: number): void {
    this.#passed((length + RECORD_HEADER + 7) & ~7, 1);
  }

  /** So many records, of so many bytes, are received. */
  #passed(bytes: number, count: number): void {
    this.position = (this.position + bytes) | 0;
    this.#count = (this.#count + count) | 0;
    if (((this.position - this.#published) | 0) >= this.#quarter) this.publish();
    if (!this.#deferred) {
      this.#deferred = true;
      defer(this);
    }
  }
}

/** Whether a record can be so, at a place of the ring. Unsigned: a negative length is too long. */
export function isRecord(
  words: Int32Array,
  at: number,
  available: number,
  length: number,
  type: number,
): boolean {
  const toEnd = 4 * (words.length - RING_WORD) - at;
  if (length >>> 0 > toEnd - RECORD_HEADER || type < 0) return false;
  return ((length + RECORD_HEADER + 7) & ~7) <= available;
}
