/** Of a batch: messages that lie one behind the other are copied together, and each is shown in the copy. */

import { RECORD_HEADER } from './layout';
import type { RingPlace } from './place';

/** Less than Node's pool gives: a message that is kept keeps as much as one of `Buffer.allocUnsafe`. */
const most = 4032;

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
   * Copies what begins with that record, `at` of the ring, if it pays: up to `bytes`, which lie there in
   * one piece. Whether it did.
   */
  copy(
    ring: RingPlace['ring'],
    at: number,
    position: number,
    size: number,
    bytes: number,
  ): boolean {
    const length = bytes < most ? bytes : most;
    if (length < 2 * size) return false;
    const memory = Buffer.allocUnsafe(length);
    ring.copy(memory, 0, at, at + length);
    this.#memory = memory.buffer;
    this.#byteOffset = memory.byteOffset;
    this.#position = position;
    this.#bytes = length;
    return true;
  }

  /** The message of a record that is in the copy. */
  message(position: number, length: number): Buffer {
    const at = this.#byteOffset + (position - this.#position) + RECORD_HEADER;
    return Buffer.from(this.#memory as ArrayBuffer, at, length);
  }
}
