/** Positions and message numbers: 64 bits in memory, here exact numbers below 2^53. */

import { damaged } from '../place';
import { HEAD, HIGH_NUMBER, NUMBER, OLDEST, RING_WORD, WANTED } from './layout';
import type { BroadcastPlace } from './place';

const TWO_32 = 2 ** 32;

/** The processor does loads in program order, and stores, too. */
const isOrdered = process.arch === 'x64';

const own = new Int32Array(1);

/**
 * Between what was copied and a load that tells whether it was whole. On arm64 an acquiring load
 * (LDAR) does not wait for plain loads before it; a releasing store (STLR) does, and LDAR waits for
 * that.
 */
function fenceLoads(): void {
  if (!isOrdered) Atomics.store(own, 0, 0);
}

export function numberOf(low: number, high: number): number {
  return high * TWO_32 + (low >>> 0);
}

export function highOf(number: number): number {
  return Math.floor(number / TWO_32) | 0;
}

/** Whether none is lost above 2^53: that many are not reached in years. */
export function isExact(number: number): boolean {
  return number >= 0 && number <= Number.MAX_SAFE_INTEGER;
}

/** A position that the publisher stores. */
type Known = typeof HEAD | typeof OLDEST | typeof WANTED;

/** A position as it was at one instant: for those who do not look often. */
export function loadPosition(place: BroadcastPlace, at: Known): number {
  const position = Number(Atomics.load(place.pairs, at >> 1));
  if (!isExact(position)) throw damaged(place);
  return position;
}

/** With release, in one piece: whoever is killed leaves the old one or the new one. */
export function storeHead(place: BroadcastPlace, position: number): void {
  Atomics.store(place.pairs, HEAD >> 1, BigInt(position));
}

/** Before it is looked whether all subscribers have come so far. */
export function storeWanted(place: BroadcastPlace, position: number): void {
  Atomics.store(place.pairs, WANTED >> 1, BigInt(position));
}

/** Before the records before it are overwritten. On arm64 an LDAR keeps later stores behind the STLR. */
export function storeOldest(place: BroadcastPlace, position: number): void {
  Atomics.store(place.pairs, OLDEST >> 1, BigInt(position));
  if (!isOrdered) Atomics.load(place.words, OLDEST);
}

/** Whether what lies at a position may have been overwritten; true, too, once in a while too early. */
export function isOvertaken({ words }: BroadcastPlace, position: number): boolean {
  fenceLoads();
  const low = Atomics.load(words, OLDEST);
  return numberOf(low, Atomics.load(words, OLDEST + 1)) > position;
}

/** A publisher in a small ring may be faster than who looks for the oldest record: so often. */
const oldestAttempts = 100;
/**
 * A publisher in C may come round in a small ring faster than this looks while it is not compiled yet:
 * so many times. Memory that nobody changes is found out at once.
 */
const attempts = 100_000;

/** Where to begin: a position, and the number of the message that is, or will be, there. */
export interface Start {
  position: number;
  number: number;
}

/** The number in the record, or behind the last one, at a position. */
export function numberAt({ words, steps }: BroadcastPlace, position: number): number {
  const record = RING_WORD + 4 * ((position | 0) & (steps - 1));
  return numberOf(words[record + NUMBER] ?? 0, words[record + HIGH_NUMBER] ?? 0);
}

/** The record at a position, or what comes next. */
export function startAt(place: BroadcastPlace, from: Known = HEAD): Start {
  for (let i = 0; i < attempts; i++) {
    const oldest = loadPosition(place, OLDEST);
    const chosen = from === WANTED ? loadPosition(place, WANTED) : oldest;
    const head = loadPosition(place, HEAD);
    if (Math.min(chosen, head) < oldest) break; // they are never before it, and were looked at later
    const position = from === HEAD || i >= oldestAttempts ? head : chosen;
    const number = numberAt(place, position);
    if (isOvertaken(place, position)) continue;
    // While OLDEST stays, HEAD is less than the capacity from it.
    const isWithin = head - oldest < place.steps && position <= head;
    if (isWithin && isExact(number)) return { position, number };
    if (!isOvertaken(place, oldest)) break;
  }
  throw damaged(place);
}
