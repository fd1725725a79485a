import { bufferOver } from '../core/pool';
import { copyIn } from './copy';
import { channelFailure, checkThere, isThere, type RingPlace } from './place';
import { defer, settleAtExit, type Deferred } from './tick';

/** What rings of one kind have in common. */
export interface RingKind {
  /** Bytes of a record before its message. */
  header: number;
  /**
   * Within one tick, so many messages are published at a time, after the first; the number doubles
   * with each time, up to `most`. Or as many bytes as so many messages have of a usual length.
   */
  fewest: number;
  most: number;
  /** Counts a message that is dropped, as there is no room; undefined: none is dropped. */
  drop?: (() => void) | undefined;
}

/** How many messages of a list are written. */
export interface Written {
  count: number;
}

const usualRecord = 128;

/** A message is claimed that will be dropped: no record begins there, at a multiple of 8. */
const NOWHERE = 1;

/** Who writes messages into a ring, of whatever kind: what is claimed, and when what is written is published. */
export abstract class RingWriter implements Deferred {
  protected readonly words: Int32Array;
  /** What waits until it is taken: of a rendezvous. */
  protected offered: Uint8Array | undefined;
  readonly #place: RingPlace;
  readonly #kind: RingKind;
  readonly #header: number;
  /** Messages since the last one was published in this tick; 0: none was in it. */
  #burst = 0;
  #mostInBurst = 0;
  #mostBytes = 0;
  #deferred = false;
  #ended = false;
  /** Where the claimed record begins, in the ring, and its type and length; -1: there is none. */
  #claimed = -1;
  #claimedType = 0;
  #claimedLength = 0;

  constructor(place: RingPlace, kind: RingKind) {
    this.words = place.words;
    this.#place = place;
    this.#kind = kind;
    this.#header = kind.header;
    this.#setMost(kind.fewest);
    settleAtExit();
  }

  /** Whether there may be room where there was none. */
  abstract get ready(): boolean;

  /** Publishes at once what is written. */
  abstract publish(): void;

  /** Where a record of a message can be written, in bytes; -1: there is no room. */
  protected abstract room(length: number): number;

  /** Writes the header of a record that is whole, and goes on behind it; then calls `appended`. */
  protected abstract append(at: number, length: number, type: number): void;

  /** Throws EBUSY while a message is claimed, EFAULT where the memory was transferred away. */
  checkFree(): void {
    checkThere(this.#place);
    if (this.#claimed >= 0) throw this.#isClaiming();
  }

  // ---- false, undefined or fewer: there is no room

  // A form that waits begins with `putNow`, and then asks `offer`, of a copy, again and again.

  putNow(from: Uint8Array, type: number): boolean {
    return this.put(from, type);
  }

  offer(from: Uint8Array, type: number): boolean {
    return this.put(from, type);
  }

  /** Whether what was offered is not written, and will not be; else it is. */
  withdraw(from: Uint8Array | undefined): boolean {
    return from === undefined || from !== this.offered;
  }

  /** As `putMany`, for a form that waits. */
  offerMany(list: readonly Uint8Array[], type: number, written: Written): void {
    for (; written.count < list.length; written.count++) {
      if (!this.offer(list[written.count] as Uint8Array, type)) break;
    }
  }

  put(from: Uint8Array, type: number): boolean {
    if (this.#claimed >= 0) throw this.#isClaiming(); // by a call that stood in line before
    const { length } = from;
    const at = this.room(length);
    if (at < 0) return this.#drops();
    copyIn(this.#place, at + this.#header, from, length);
    this.append(at, length, type);
    return true;
  }

  /** Those that are not written yet, and counts them: also where it throws. */
  putMany(list: readonly Uint8Array[], type: number, written: Written): void {
    for (; written.count < list.length; written.count++) {
      if (!this.put(list[written.count] as Uint8Array, type)) break;
    }
  }

  claim(length: number, type: number): Buffer | undefined {
    this.checkFree();
    const at = this.room(length);
    if (at < 0 && this.#kind.drop === undefined) return undefined;
    this.#claimed = at < 0 ? NOWHERE : at;
    this.#claimedType = type;
    this.#claimedLength = length;
    if (at < 0) return Buffer.alloc(length);
    const { buffer, ringAt } = this.#place;
    return bufferOver(buffer, ringAt + at + this.#header, length);
  }

  /** Whether a message is claimed: what is behind the last record is in use. */
  protected get claims(): boolean {
    return this.#claimed >= 0;
  }

  /** How long the claimed message is, at most. */
  claimed(): number {
    checkThere(this.#place);
    if (this.#claimed >= 0) return this.#claimedLength;
    throw channelFailure('EINVAL', this.#place.name, 'no message is claimed');
  }

  commit(length: number): void {
    const at = this.#claimed;
    this.#claimed = -1;
    if (at === NOWHERE) this.#drops();
    else this.append(at, length, this.#claimedType);
  }

  abort(): void {
    this.#claimed = -1;
  }

  // ---- publishing

  settle(): void {
    this.#deferred = false;
    this.#burst = 0;
    this.#setMost(this.#kind.fewest);
    if (!this.#ended && isThere(this.#place)) this.publish();
  }

  end(): void {
    this.#claimed = -1;
    if (isThere(this.#place)) this.publish();
    this.#ended = true;
  }

  /** A message was written: publishes now, if so many bytes are enough or somebody sleeps, or later. */
  protected appended(unpublished: number, isAwaited: boolean): void {
    if (this.#burst === 0) {
      this.#burst = 1;
      this.publish();
    } else if (++this.#burst > this.#mostInBurst || unpublished >= this.#mostBytes || isAwaited) {
      this.#burst = 1;
      if (this.#mostInBurst < this.#kind.most) this.#setMost(2 * this.#mostInBurst);
      this.publish();
    }
    if (!this.#deferred) {
      this.#deferred = true;
      defer(this);
    }
  }

  /** Half a ring at most, so that both ends have work. */
  #setMost(messages: number): void {
    this.#mostInBurst = messages;
    this.#mostBytes = Math.min(messages * usualRecord, this.#place.capacity >> 1);
  }

  #isClaiming(): Error {
    const hint = 'a claimed message is neither committed nor aborted';
    return channelFailure('EBUSY', this.#place.name, hint);
  }

  /** Where there is no room for a message: whether it is dropped. */
  #drops(): boolean {
    this.#kind.drop?.();
    return this.#kind.drop !== undefined;
  }
}
