/** Of a batch: messages that lie one behind the other are copied together, and each is shown in the copy. */

import { bufferOver } from '../core/pool';
import { RECORD_HEADER, recordSize, RING_WORD } from './layout';
import type { RingPlace } from './place';

interface Shown {
  type: number;
  data: Buffer;
}

/** Less than Node's pool gives: a message that is kept keeps as much as one of `Buffer.allocUnsafe`. */
const usual = 4032;

/** Where Node's pool was made small, what is not of the pool could be transferred, with all that is in it. */
function mostTogether(): number {
  return Math.min(usual, ((Buffer.poolSize >>> 1) - 1) & ~7);
}

let memory = new ArrayBuffer(0);
let words = new Int32Array(memory);

/**
 * Copies the record of a message of `length` bytes that begins `at` of the ring, and what lies behind
 * it in one piece, `there` bytes in all. The messages that are whole in the copy are shown in it, up to
 * `limit` of them. Answers the bytes of their records; 0: there are no two that fit, or one that cannot
 * be so.
 *
 * The copy comes first: the lines that another CPU has written come all at once then, and to go from
 * one record to the next would wait for one after the other.
 */
export function takeTogether(
  { ring, words: shared }: RingPlace,
  at: number,
  length: number,
  limit: number,
  there: number,
  messages: Shown[],
): number {
  const size = recordSize(length);
  const most = Math.min(there, limit * size, mostTogether());
  if (size + RECORD_HEADER > most) return 0;
  const second = shared[RING_WORD + ((at + size) >> 2)] ?? 0;
  if (second >>> 0 > most || size + recordSize(second) > most) return 0;
  const copy = Buffer.allocUnsafe(most);
  ring.copy(copy, 0, at, at + most);
  if (copy.buffer !== memory) {
    memory = copy.buffer;
    words = new Int32Array(memory);
  }
  return show(copy.byteOffset, most, limit, messages);
}

/** What it reads nobody else can write. */
function show(begin: number, bytes: number, limit: number, messages: Shown[]): number {
  const end = begin + bytes;
  let at = begin;
  for (let count = 0; count < limit && at + RECORD_HEADER <= end; count++) {
    const length = words[at >> 2] ?? 0;
    const type = words[(at >> 2) + 1] ?? 0;
    const next = at + recordSize(length);
    // Unsigned: of what is not a record, the length is too long.
    if (length >>> 0 > bytes || next > end || type < 0) break;
    messages.push({ type, data: bufferOver(memory, at + RECORD_HEADER, length) });
    at = next;
  }
  return at - begin;
}
