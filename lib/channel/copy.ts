/**
 * Copies between a ring and the caller's memory. For a few bytes a loop over 32-bit words is several
 * times faster than `set`; it needs a view of the caller's memory, so the last one is kept.
 */

import { RING_WORD } from './layout';
import type { RingPlace } from './place';

/** A ring in memory. */
export type Part = Pick<RingPlace, 'words' | 'ring'>;

/** Up to so many bytes a loop is faster. */
const few = 128;

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

/** Copies `length` bytes into the ring, from `at` on, a multiple of 4. */
export function copyIn(place: RingPlace, at: number, from: Uint8Array, length: number): void {
  if (length > few || !isKept(from)) {
    place.ring.set(from, at);
    return;
  }
  const { words } = place;
  const source = keptWords;
  const count = length >> 2;
  const to = RING_WORD + (at >> 2);
  const first = from.byteOffset >> 2;
  for (let i = 0; i < count; i++) words[to + i] = source[first + i] ?? 0;
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
  if (length > few || !isKept(into)) {
    place.ring.copy(into, 0, at, at + length);
    return;
  }
  const { words } = place;
  const target = keptWords;
  const count = length >> 2;
  const from = ringWord + (at >> 2);
  const first = into.byteOffset >> 2;
  for (let i = 0; i < count; i++) target[first + i] = words[from + i] ?? 0;
  for (let i = count << 2; i < length; i++) into[i] = place.ring[at + i] ?? 0;
}

/** Copies bytes out of the ring to the beginning of other memory; multiples of 4. */
export function copyPart(place: RingPlace, at: number, into: Part, length: number): void {
  if (length > few) {
    place.ring.copy(into.ring, 0, at, at + length);
    return;
  }
  const { words } = place;
  const from = RING_WORD + (at >> 2);
  const count = length >> 2;
  for (let i = 0; i < count; i++) into.words[i] = words[from + i] ?? 0;
}
