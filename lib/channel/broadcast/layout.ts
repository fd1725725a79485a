/** What lies in the memory of a broadcast, by the index of its 32-bit words: docs/broadcast.md. */

import { RING } from '../layout';

/** The bytes "PIBC". */
export const MAGIC = 0x4342_4950;
export const LAYOUT = 1;

/** Of broadcasts whose publisher waits, or fails: see FULL_WORD; and of temporary ones. */
export const SHAPED_LAYOUT = 2;

/** Written last, with release: who sees the magic sees the rest of the head. */
export const MAGIC_WORD = 0;
export const LAYOUT_WORD = 1;
/** Never changes. */
export const CAPACITY_WORD = 2;

/** What happens when it is full, by number: see `shape.ts`. Never changes; 0 in the first layout. */
export const FULL_WORD = 3;

/** How many slots for subscribers lie behind the ring. Never changes; 0 in the first layout. */
export const SLOTS_WORD = 4;

/** 1: the name goes with the last one who has opened it by that. Never changes. */
export const TEMPORARY_WORD = 5;

/** Options that are not known: all words from here on up to the role are 0, or else nobody opens it. */
export const UNKNOWN_WORD = 6;

/** A robust mutex, in bytes: who owns it publishes, until the kernel sees that thread die. */
export const PUBLISHER_ROLE = 64;

/**
 * Positions are 64 bits, low word first, and count steps: they do not come round again while a
 * subscriber is stopped, whatever is published meanwhile. They are stored in one piece.
 *
 * HEAD: of the next record to be written. Only the publisher stores it, with release, after the
 * records; a subscriber loads its low word with acquire, before them. That is enough: what it takes
 * for a record after 2^32 steps is refused by OLDEST.
 */
export const HEAD = 64;

/**
 * Position of the oldest record that is kept. Only the publisher stores it, before it writes where
 * older ones lie, with a fence between; a subscriber loads it behind a fence after it has copied:
 * if it read a byte of what was written there, it sees the OLDEST that was stored before.
 *
 * It loads the low word, then the high one, both with acquire. The high one is then at least as new:
 * what they say together is never less than OLDEST was.
 */
export const OLDEST = 96;

/**
 * Where there are slots: what OLDEST is going to be. The publisher stores it, then looks whether all
 * subscribers have come so far; if not, it stores OLDEST there again. Who takes a slot stores its position, then loads
 * this; all sequentially consistent: one of them sees what the other stored.
 */
export const WANTED = 98;

/**
 * Not 0: a subscriber sleeps, or is about to. It stores that, then loads HEAD; the publisher stores HEAD,
 * then loads the bell; all sequentially consistent: one of them sees what the other stored. Who
 * rings stores 0, and wakes all; nobody else does, as others may sleep.
 */
export const BELL = 128;

/** The same for a publisher that waits: 1, and it loads the positions in the slots. */
export const PUBLISHER_BELL = 160;

/** Where the records begin, as in a channel. */
export { RING, RING_WORD } from '../layout';

/** Records begin at a multiple of it: a header fits behind each. */
export const STEP = 16;
const STEP_BITS = 4;

/** Bytes of a record before its message: length, type, and in 64 bits the number of the message. */
export const RECORD_HEADER = 16;

/** The words of a record. */
export const TYPE = 1;
export const NUMBER = 2;
export const HIGH_NUMBER = 3;

/** Behind the last record there is room for a header, which holds the number of the next message. */
export function longestMessage(capacity: number): number {
  return capacity - 2 * RECORD_HEADER;
}

/** Steps that a record takes. */
export function stepsOf(length: number): number {
  return (length + RECORD_HEADER + STEP - 1) >> STEP_BITS;
}

/** Bytes of a slot behind the ring: first a robust mutex, who owns it has the slot. */
const SLOT_BYTES = 256;

/**
 * In bytes: up to there the subscriber needs nothing any more. Only it stores that, with release; the publisher loads it with
 * acquire, before it stores OLDEST and writes.
 */
export const SLOT_POSITION = 128;

export const mostSlots = 64;

/** Where a slot begins, in bytes; and, behind the last one, how many bytes there are. */
export function slotAt(capacity: number, slot: number): number {
  return RING + capacity + slot * SLOT_BYTES;
}
