import { DROPPED, HEAD, recordSize, RING_WORD, TAIL, WRAP } from './layout';
import { damaged, distance, placeAt, type Place } from './place';

/**
 * So much is made free at least, so that the receiver, which begins at the oldest message, gets on
 * while the sender is fast.
 */
const part = 8;
const mostAtOnce = 1 << 16;

/** A receiver that comes first so often at a whole part gets a smaller one to race for: one record. */
const largeTries = 8;
/** Each time the receiver has taken one. */
const mostTries = 1 << 20;

/**
 * Takes the oldest messages away until there is room; answers the new TAIL. All up to `head` is
 * published. How the receiver is kept from what is written then: see ClaimedReading.
 */
export function discardOldest(place: Place, head: number, room: number): number {
  const { words, capacity } = place;
  const wanted = Math.max(room, Math.min(capacity / part, mostAtOnce));
  for (let i = 0; i < mostTries; i++) {
    const tail = Atomics.load(words, TAIL);
    if (distance(place, head, tail) <= capacity - room) return tail;
    let [to, count] = [tail, 0];
    do {
      const size = sizeAt(place, to);
      if (size > 0) count++;
      to = (to + Math.abs(size)) | 0;
    } while (distance(place, head, to) > capacity - wanted && i < largeTries);
    if (Atomics.compareExchange(words, TAIL, tail, to) === tail) countDropped(words, count);
  }
  throw damaged(place);
}

/** Only the sender counts. */
export function countDropped(words: Int32Array, count: number): void {
  Atomics.store(words, HEAD + DROPPED, ((words[HEAD + DROPPED] ?? 0) + count) | 0);
}

/** What the record at a position takes; negated: there is none, up to the end of the piece. */
function sizeAt(place: Place, position: number): number {
  const within = position & (place.piece - 1);
  const length = place.words[RING_WORD + (placeAt(place, position) >> 2)] ?? -2;
  if (length === WRAP && within !== 0) return within - place.piece;
  if (length < 0 || length > place.capacity) throw damaged(place);
  return recordSize(length);
}
