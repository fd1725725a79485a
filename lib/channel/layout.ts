/** What lies in the memory of a channel, by the index of its 32-bit words: docs/channel.md. */

/** The bytes "PICH". */
export const MAGIC = 0x4843_4950;
export const LAYOUT = 1;
/** Of channels with an option that programs must know: see FULL_WORD. */
export const SHAPED_LAYOUT = 2;

/** In the word of a role: the thread that has it, 0 also where it has died. FUTEX_TID_MASK. */
export const OWNER = 0x3fff_ffff;

/** Written last, with release: who sees the magic sees the rest of the head. */
export const MAGIC_WORD = 0;
export const LAYOUT_WORD = 1;
/** Never changes. */
export const CAPACITY_WORD = 2;

/** What happens when it is full, by number: see `shape.ts`. Never changes; 0 in the first layout. */
export const FULL_WORD = 3;

/** Without capacity: the longest message, and its ring has room for one. Else 0. Never changes. */
export const RENDEZVOUS_WORD = 4;

/**
 * How many senders there may be; 0 is one. Each has a lane: what lies from SENDER_ROLE on, and a ring;
 * one behind the other. The receiver's role and bell are in the first. Never changes.
 */
export const SENDERS_WORD = 5;

/**
 * How many receivers there may be; 0 is one. Each has a slot: the first one's is in the first lane, from
 * RECEIVER_ROLE on, the others lie behind the last ring. Never changes.
 */
export const RECEIVERS_WORD = 6;

/**
 * Of a ring that grows: bytes of one of its segments; CAPACITY_WORD is how far it may grow. 0: all of
 * the ring is there. Never changes.
 */
export const SEGMENT_WORD = 7;

/** 1: the name goes with the last one who has opened it by that. Never changes. */
export const TEMPORARY_WORD = 8;

/** Options that are not known: all words from here on up to the roles are 0, or else nobody opens it. */
export const UNKNOWN_WORD = 9;

/** Robust mutexes, in bytes: who owns one has the role, until the kernel sees that thread die. */
export const SENDER_ROLE = 64;
export const RECEIVER_ROLE = 128;

/** Bytes of the slot of a receiver; its role is at the beginning. */
export const SLOT = 128;
/** In the slot of any but the first receiver: as RECEIVER_WAITS. */
export const SLOT_WAITS = 16;

/**
 * Position of the next record to be written. Only the sender stores it, with release, after the
 * records; the receiver loads it with acquire, before them.
 */
export const HEAD = 64;

/**
 * Position of the next record to be read. Only the receiver stores it, with release, when it needs
 * the bytes before it no more; the sender loads it with acquire, before it writes there. Where others
 * take messages away, too: see ClaimedReading.
 */
export const TAIL = 96;

/**
 * Behind HEAD, and behind TAIL: messages sent or received up to that position, modulo 2^32; then
 * position and count as they are going to be. See `publishPosition`.
 */
export const COUNT = 1;
export const NEXT_POSITION = 2;
export const NEXT_COUNT = 3;

/** Behind HEAD and behind TAIL: the most bytes that the sender, or the receiver, has found waiting. */
export const HIGH_WATER = 4;
/** Behind TAIL: 1 while a call of the first receiver waits for a message, in a channel without capacity. */
export const RECEIVER_WAITS = TAIL + 5;
/** Behind HEAD: messages that were dropped, modulo 2^32. */
export const DROPPED = 5;
/** Behind HEAD: how many segments of a ring that grows have memory. */
export const RESERVED = 6;
/**
 * Of a ring that grows: the thread of a receiver that has the sender's role only to give memory back, or
 * was killed then; else 0. Who comes to send and finds the role taken by that thread waits for it.
 */
export const TIDIES = HEAD + 7;

/**
 * 1: the receiver sleeps here, or is about to. It stores 1, then loads HEAD; the sender stores HEAD,
 * then loads the bell; all sequentially consistent: one of them sees what the other stored. Who
 * rings stores 0, and wakes. Of several receivers all sleep here: see SharedBell.
 */
export const RECEIVER_BELL = 128;
/** The same for the sender, with TAIL. */
export const SENDER_BELL = 160;

/** Where the records begin, in bytes. */
export const RING = 768;
export const RING_WORD = RING / 4;

/** Where the first segment of a ring that grows is, in bytes: at a page, however large pages are. */
export const SEGMENTS = 1 << 16;

/**
 * Of a ring that grows: one word for each receiver, which is where it copies a record that others may
 * take: the position, and 1. 0: it does not. The sender keeps the memory for it.
 */
export const GUARDS = RING_WORD;

/**
 * Of a ring that grows: where a position lies. Positions are cut into pieces as long as a segment;
 * the word of a piece, modulo the number of segments, has the number of its segment. The sender
 * writes it before it publishes anything there, and not again before all there is received.
 */
export const TABLE = 256;

/** Bytes of a record before its message: its length and its type. */
export const RECORD_HEADER = 8;

/** In place of a length: the next record is at the beginning of the ring. */
export const WRAP = -1;

export const leastCapacity = 1024;
export const mostCapacity = 2 ** 30;
export const leastSegment = 4096;
/** So few at least, so that there is room for the longest message wherever the last one is. */
export const fewestSegments = 4;
export const mostSegments = 4096;
export const mostSenders = 64;
export const mostReceivers = 64;
export const highestType = 2 ** 31 - 1;

/** What a record takes of the ring. */
export function recordSize(length: number): number {
  return (length + RECORD_HEADER + 7) & ~7;
}
