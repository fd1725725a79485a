/**
 * Copies between a ring and the caller's memory. For a few bytes a loop over 32-bit words is several
 * times faster than `set`; it needs a view of the caller's memory, so the last one is kept.
 */

import { copyInto } from '../core/options';
import { RING_WORD } from './layout';
import type { RingPlace } from './place';

/** A ring in memory. */
export type Part = Pick<RingPlace, 'words' | 'ring' | 'buffer' | 'ringAt'>;

/** Up to so many bytes a loop is faster than `set`, which takes about 10 ns. */
const fewIn = 32;
/** Out of the ring `set` needs a view of what it copies: twice as much. */
const fewOut = 128;

/** Memory that is larger is not kept: nobody wants to find it here. */
const mostKept = 1 << 16;

let keptBytes: Uint8Array = new Uint8Array(0);
let kept: ArrayBufferLike = keptBytes.buffer;
let keptWords: Int32Array = new Int32Array(kept);
/** The last memory that was not kept: a view of what comes once costs more than it saves. */
let met: ArrayBufferLike = kept;
/** How often in a row there was other memory: to ask for it is a call, too. */
let misses = 0;

/** So often in a row, and then only now and then, a power of two, it is looked for. */
const patience = 16;

/**
 * Whether `keptWords` is over the memory of these bytes, word by word. To ask for their `buffer` is a
 * call, and for their `byteOffset`, too: of what comes once neither is asked for.
 */
function isKept(bytes: Uint8Array): boolean {
  return (bytes === keptBytes || keepBuffer(bytes)) && (bytes.byteOffset & 3) === 0;
}

function keepBuffer(bytes: Uint8Array): boolean {
  if (misses > patience && (++misses & (patience - 1)) !== 0) return false;
  const { buffer } = bytes;
  if (buffer !== kept) {
    const isAgain = buffer === met;
    met = buffer.byteLength > mostKept ? kept : buffer;
    if (!isAgain || changesSize(buffer)) {
      misses++;
      return false;
    }
    kept = buffer;
    keptWords = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  }
  keptBytes = bytes;
  misses = 0;
  return true;
}

/** Whether its length is not that of `keptWords` for good. */
function changesSize(buffer: ArrayBufferLike): boolean {
  const { resizable, growable } = buffer as { resizable?: boolean; growable?: boolean };
  return resizable === true || growable === true;
}

/** Four at a time: the loop itself costs as much as what it copies. */
function copyWords(
  from: Int32Array,
  first: number,
  into: Int32Array,
  to: number,
  count: number,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const a = from[first + i] ?? 0;
    const b = from[first + i + 1] ?? 0;
    const c = from[first + i + 2] ?? 0;
    const d = from[first + i + 3] ?? 0;
    into[to + i] = a;
    into[to + i + 1] = b;
    into[to + i + 2] = c;
    into[to + i + 3] = d;
  }
  for (; i < count; i++) into[to + i] = from[first + i] ?? 0;
}

/** Copies `length` bytes into the ring, from `at` on, a multiple of 4. */
export function copyIn(place: RingPlace, at: number, from: Uint8Array, length: number): void {
  if (length > fewIn || !isKept(from)) {
    copyInto(place.ring, from, at);
    return;
  }
  const count = length >> 2;
  copyWords(keptWords, from.byteOffset >> 2, place.words, RING_WORD + (at >> 2), count);
  for (let i = count << 2; i < length; i++) place.ring[at + i] = from[i] ?? 0;
}

/**
 * Copies `length` bytes out of the ring, from `at` on, a multiple of 4. `ringWord`: where the ring
 * begins in the words.
 */
export function copyOut(
  place: Part,
  at: number,
  into: Uint8Array,
  length: number,
  ringWord = RING_WORD,
): void {
  if (length > fewOut || !isKept(into)) {
    copyInto(into, viewOf(place, at, length));
    return;
  }
  const count = length >> 2;
  copyWords(place.words, ringWord + (at >> 2), keptWords, into.byteOffset >> 2, count);
  for (let i = count << 2; i < length; i++) into[i] = place.ring[at + i] ?? 0;
}

/** Copies bytes out of the ring to the beginning of other memory; multiples of 4. */
export function copyPart(place: RingPlace, at: number, into: Part, length: number): void {
  if (length > fewOut) copyInto(into.ring, viewOf(place, at, length));
  else copyWords(place.words, RING_WORD + (at >> 2), into.words, 0, length >> 2);
}

/** Half as dear as `subarray`, or as `copy` of Node 20. */
function viewOf({ buffer, ringAt }: Part, at: number, length: number): Uint8Array {
  return new Uint8Array(buffer, ringAt + at, length);
}
