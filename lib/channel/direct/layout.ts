/** What lies in the memory of a direct channel: docs/direct.md. */

import { RING, SENDER_ROLE } from '../layout';

/** The bytes "PIDR". */
export const MAGIC = 0x5244_4950;
export const LAYOUT = 1;

/** By the index of its 32-bit words. None of them changes. */
export const MAGIC_WORD = 0;
export const LAYOUT_WORD = 1;
/** Of each of the four channels. */
export const CAPACITY_WORD = 2;
/** Requests of each end that may be unanswered. */
export const WINDOW_WORD = 3;
/** Two words, random: a name that refers to another object has others. */
export const ID_WORD = 4;

export const HEAD_BYTES = 64;

export const mostWindow = 2 ** 20;

/** The ends, in the order in which they come. */
export type Side = 0 | 1;

export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** What goes from one end to the other: messages, and calls, which are requests and their replies. */
export type Lane = 'messages' | 'calls';

/** Where the channel is by which one end sends. */
export function laneOffset(lane: Lane, from: Side, capacity: number): number {
  return HEAD_BYTES + ((lane === 'calls' ? 2 : 0) + from) * (RING + capacity);
}

/** Where the seat of an end is: the role of the sender of its calls. */
export function seatOffset(side: Side, capacity: number): number {
  return laneOffset('calls', side, capacity) + SENDER_ROLE;
}

export function sizeOf(capacity: number): number {
  return HEAD_BYTES + 4 * (RING + capacity);
}
