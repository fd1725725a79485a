/** Of a batch: messages that lie one behind the other are copied together, and each is shown in the copy. */

import { bufferOver, fillPooled, pooledPlace, pooledRoom, skipPooled } from '../core/pool';
import { RECORD_HEADER, recordSize, RING_WORD } from './layout';
import type { RingPlace } from './place';

interface Shown {
  type: number;
  data: Buffer;
}

/** Longer ones gain little, and would be kept by short ones. */
const longest = 2016;

/** Bytes that are copied at a time: what is behind a long message is copied again, so few where there are such. */
const leastCopied = 4096;
const mostCopied = 65536;

export class Together {
  #most = leastCopied;

  /**
   * Copies the record of a message of `length` bytes that begins `at` of the ring, and what lies behind
   * it in one piece, `there` bytes in all. The messages that are whole in the copy are shown in it, up to
   * `limit` of them. Answers the bytes of their records; 0: there are no two that fit, or one that cannot
   * be so.
   *
   * The copy comes first: the lines that another CPU has written come all at once then, and to go from
   * one record to the next would wait for one after the other.
   */
  take(
    { ring, words }: RingPlace,
    at: number,
    length: number,
    limit: number,
    there: number,
    messages: Shown[],
  ): number {
    if (length > longest) return 0;
    const size = recordSize(length);
    const most = Math.min(there, limit * size, this.#most, pooledRoom(leastCopied));
    if (size + RECORD_HEADER > most) return 0;
    const second = words[RING_WORD + ((at + size) >> 2)] ?? 0;
    if (second >>> 0 > longest || size + recordSize(second) > most) return 0;
    fillPooled(ring, at, at + most);
    const shown = show(most, limit, messages);
    if (shown < most / 2) this.#most = leastCopied;
    else if (most === this.#most) this.#most = Math.min(2 * most, mostCopied);
    return shown;
  }
}

/** What it reads nobody else can write. */
function show(bytes: number, limit: number, messages: Shown[]): number {
  const { memory, words, at: begin } = pooledPlace();
  const end = begin + bytes;
  let at = begin;
  for (let count = 0; count < limit && at + RECORD_HEADER <= end; count++) {
    const length = words[at >> 2] ?? 0;
    const type = words[(at >> 2) + 1] ?? 0;
    const next = at + recordSize(length);
    // Unsigned: of what is not a record, the length is too long.
    if (length >>> 0 > longest || next > end || type < 0) break;
    messages.push({ type, data: bufferOver(memory, at + RECORD_HEADER, length) });
    at = next;
  }
  skipPooled(at - begin);
  return at - begin;
}
