/** Positions with their counts, HEAD or TAIL: whoever is killed while it stores them leaves both right. */

import { COUNT, HEAD, NEXT_COUNT, NEXT_POSITION, TAIL } from './layout';
import { damaged, distance, type Place } from './place';

const mostLooks = 100;

/** Only the position is what the other end goes by: it is stored with release, and in one step. */
export function publishPosition(
  words: Int32Array,
  at: number,
  position: number,
  count: number,
): void {
  words[at + NEXT_POSITION] = position;
  words[at + NEXT_COUNT] = count;
  Atomics.store(words, at, position);
  words[at + COUNT] = count;
}

/** The most that was found, whoever else notes it. */
export function noteHigh(words: Int32Array, at: number, bytes: number): void {
  let known = words[at] ?? bytes;
  while (bytes > known) known = Atomics.compareExchange(words, at, known, bytes);
}

/** The count of the position, or of a later one. */
export function countOf(words: Int32Array, at: number): number {
  const position = Atomics.load(words, at);
  const isPublished = Atomics.load(words, at + NEXT_POSITION) === position;
  return Atomics.load(words, at + (isPublished ? NEXT_COUNT : COUNT));
}

/** What was seen: of TAIL, and of HEAD. */
export interface Seen {
  position: number;
  seen: number;
}

/** Both positions of one instant, though others move them; answers the bytes between them. */
export function lookAt(place: Place, into: Seen): number {
  const { words } = place;
  let [tail, head] = [0, 0];
  for (let i = 0; i < mostLooks; i++) {
    tail = Atomics.load(words, TAIL);
    head = Atomics.load(words, HEAD);
    if (Atomics.load(words, TAIL) === tail) break;
  }
  const bytes = distance(place, head, tail);
  if ((tail & 7) !== 0) throw damaged(place); // then head is as wrong
  into.position = tail;
  into.seen = head;
  return bytes;
}
