/** Of a batch: messages that lie one behind the other are copied together, and each is shown in the copy. */

import { RECORD_HEADER, recordSize, RING_WORD } from './layout';
import type { RingPlace } from './place';

/** Less than Node's pool gives: a message that is kept keeps as much as one of `Buffer.allocUnsafe`. */
const usual = 4032;

/** Where Node's pool was made small, what is not of the pool could be transferred, with all that is in it. */
function mostTogether(): number {
  return Math.min(usual, ((Buffer.poolSize >>> 1) - 1) & ~7);
}

/** A copy of a part of a ring. By position: what is at another one was not copied. */
export class Together {
  #memory: ArrayBufferLike = new ArrayBuffer(0);
  #byteOffset = 0;
  #position = 0;
  #bytes = 0;

  /** Forgets the copy: what comes next is copied anew. */
  clear(): void {
    this.#bytes = 0;
  }

  /** Whether a record of that size, at that position, is in the copy. */
  has(position: number, size: number): boolean {
    const within = position - this.#position;
    return within >= 0 && within + size <= this.#bytes;
  }

  /**
   * Copies the record that begins `at` of the ring and those behind it, up to `limit` of them and
   * `there` bytes, which lie in one piece. False: there are no two that fit.
   */
  copy(
    { ring, words }: RingPlace,
    at: number,
    position: number,
    limit: number,
    there: number,
  ): boolean {
    const most = Math.min(there, mostTogether());
    let bytes = 0;
    let count = 0;
    while (count < limit && bytes < most) {
      // Whether it is true is seen when it is received.
      const length = words[RING_WORD + ((at + bytes) >> 2)] ?? 0;
      if (length >>> 0 > most) break;
      const end = bytes + recordSize(length);
      if (end > most) break;
      bytes = end;
      count++;
    }
    if (count < 2) return false;
    const memory = Buffer.allocUnsafe(bytes);
    ring.copy(memory, 0, at, at + bytes);
    this.#memory = memory.buffer;
    this.#byteOffset = memory.byteOffset;
    this.#position = position;
    this.#bytes = bytes;
    return true;
  }

  /** The message of a record that is in the copy. */
  message(position: number, length: number): Buffer {
    const at = this.#byteOffset + (position - this.#position) + RECORD_HEADER;
    return Buffer.from(this.#memory as ArrayBuffer, at, length);
  }
}
