/** What a channel was made for: it is written in its head, as numbers, and never changes. */

import { outOfRange, quoted } from '../core/error';
import { word } from '../core/mapping-options';
import { integer } from '../core/options';
import {
  fewestSegments,
  FULL_WORD,
  LAYOUT,
  LAYOUT_WORD,
  leastCapacity,
  leastSegment,
  mostCapacity,
  mostReceivers,
  mostSegments,
  mostSenders,
  RECEIVERS_WORD,
  RECORD_HEADER,
  recordSize,
  RENDEZVOUS_WORD,
  SEGMENT_WORD,
  SENDER_ROLE,
  SENDERS_WORD,
  SHAPED_LAYOUT,
  TEMPORARY_WORD,
  UNKNOWN_WORD,
} from './layout';

/**
 * What becomes of a message for which there is no room. `'wait'`: it waits for it. `'fail'`: it is
 * refused, EAGAIN. `'drop-newest'`: it is dropped. `'drop-oldest'`: the oldest ones that wait are.
 */
export type WhenFull = 'wait' | 'fail' | 'drop-newest' | 'drop-oldest';

export interface Shape {
  full: WhenFull;
  /** Of a channel without capacity, the longest message; else 0. */
  rendezvous: number;
  /** Of one whose rings grow, the bytes that they grow by; else 0. */
  segment: number;
  /** How many there may be at a time. */
  senders: number;
  receivers: number;
  /** Whether its name goes with the last one who has it open. */
  temporary: boolean;
}

/** By its number in the head. */
const policies: readonly WhenFull[] = ['wait', 'fail', 'drop-newest', 'drop-oldest'];
const names: Record<WhenFull, number> = { wait: 0, fail: 1, 'drop-newest': 2, 'drop-oldest': 3 };

/** How a channel is made. */
export interface ShapeOptions {
  /** What becomes of a message for which there is no room. Default `'wait'`. */
  full?: WhenFull | undefined;
  /**
   * Bytes of the ring: a power of two, 1 KiB to 1 GiB. A message takes its length, rounded up to 8,
   * and 8 more. Default 1 MiB: good for small messages; take at least 32 of the longest.
   *
   * 0: a rendezvous. A message is sent when the receiver has taken it, and `trySend` sends only if a
   * receiver waits.
   *
   * `'unbounded'`: it has as much memory as the messages that wait need, up to `limit`.
   */
  capacity?: number | 'unbounded' | undefined;
  /** Of an unbounded one, the most bytes of the ring: a power of two, up to 1 GiB. Default 64 MiB. */
  limit?: number | undefined;
  /**
   * Of an unbounded one, the bytes that it grows and shrinks by: a power of two, 4 KiB to a quarter of
   * the limit, which has at most 4096 of them. Default 64 KiB, or the nearest that may be.
   */
  segment?: number | undefined;
  /** Without capacity, the longest message. Default 64 KiB. */
  maxLength?: number | undefined;
  /** How many senders there may be at a time, 1 to 64, each with a ring of its own. Default 1. */
  senders?: number | undefined;
  /**
   * How many receivers there may be at a time, 1 to 64: each message goes to one of them, to whoever
   * is first. Default 1.
   */
  receivers?: number | undefined;
}

const usualMaxLength = 1 << 16;
const usualSegment = 1 << 16;
export const usualLimit = 1 << 26;
const longestRendezvous = mostCapacity / 2 - RECORD_HEADER;

/** What says nothing of such a channel: whoever gives it has another one in mind. */
function refuseUnused({ capacity, maxLength, limit, segment }: ShapeOptions): void {
  const isUnbounded = capacity === 'unbounded';
  const unused = [
    ['options.maxLength', capacity === 0 ? undefined : maxLength, '0'],
    ['options.limit', isUnbounded ? undefined : limit, "'unbounded'"],
    ['options.segment', isUnbounded ? undefined : segment, "'unbounded'"],
  ] as const;
  for (const [name, value, of] of unused) {
    if (value !== undefined)
      throw outOfRange(name, `given only where \`capacity\` is ${of}`, value);
  }
}

export function shapeOf(options: ShapeOptions, temporary = false): Shape {
  refuseUnused(options);
  const { full = 'wait', capacity, senders = 1, receivers = 1 } = options;
  const policy = policies[word('options.full', names, full)] ?? 'wait';
  const most = capacity === 0 ? 1 : mostSenders;
  const ends = {
    senders: integer('options.senders', senders, 1, most),
    receivers: integer('options.receivers', receivers, 1, mostReceivers),
    temporary,
  };
  if (capacity !== 0) return { full: policy, rendezvous: 0, segment: segmentOf(options), ...ends };
  if (policy !== 'wait')
    throw outOfRange('options.full', "'wait' without capacity", quoted(policy));
  const { maxLength = usualMaxLength } = options;
  const longest = integer('options.maxLength', maxLength, 1, longestRendezvous);
  return { full: policy, rendezvous: longest, segment: 0, ...ends };
}

/** Of a ring that may grow to `limit`. */
function segmentOf({ capacity, limit = usualLimit, segment }: ShapeOptions): number {
  if (capacity !== 'unbounded') return 0;
  const most = powerOfTwo('options.limit', limit, fewestSegments * leastSegment, mostCapacity);
  const [few, many] = [most / mostSegments, most / fewestSegments];
  const usual = Math.min(Math.max(usualSegment, few), many);
  const chosen = segment === undefined ? usual : segment; // null is none
  return powerOfTwo('options.segment', chosen, Math.max(few, leastSegment), many);
}

export function powerOfTwo(name: string, value: unknown, least: number, most: number): number {
  const bytes = integer(name, value, least, most);
  if ((bytes & (bytes - 1)) !== 0) throw outOfRange(name, 'a power of two', bytes);
  return bytes;
}

/** The ring of a channel without capacity: wherever the last message has ended, the next one fits. */
export function ringFor({ rendezvous }: Shape): number {
  return Math.max(2 ** Math.ceil(Math.log2(2 * recordSize(rendezvous))), leastCapacity);
}

/** One that has no option has the layout that every version knows. */
export function writeShape(words: Int32Array, shape: Shape): void {
  const { full, rendezvous, segment, senders, receivers, temporary } = shape;
  const isOne = senders === 1 && receivers === 1;
  const isUsual = full === 'wait' && rendezvous === 0 && segment === 0 && isOne && !temporary;
  words[LAYOUT_WORD] = isUsual ? LAYOUT : SHAPED_LAYOUT;
  words[SENDERS_WORD] = senders === 1 ? 0 : senders;
  words[RECEIVERS_WORD] = receivers === 1 ? 0 : receivers;
  words[RENDEZVOUS_WORD] = rendezvous;
  words[SEGMENT_WORD] = segment;
  words[FULL_WORD] = names[full];
  words[TEMPORARY_WORD] = Number(temporary);
}

/** undefined: of another version. */
export function readShape(words: Int32Array): Shape | undefined {
  const layout = words[LAYOUT_WORD];
  const isKnown = words.subarray(UNKNOWN_WORD, SENDER_ROLE / 4).every((word) => word === 0);
  if (!isKnown || (layout !== LAYOUT && layout !== SHAPED_LAYOUT)) return undefined;
  if (layout === LAYOUT) {
    return { full: 'wait', rendezvous: 0, segment: 0, senders: 1, receivers: 1, temporary: false };
  }
  const full = policies[words[FULL_WORD] ?? -1];
  const senders = endsIn(words[SENDERS_WORD], mostSenders);
  const receivers = endsIn(words[RECEIVERS_WORD], mostReceivers);
  const temporary = words[TEMPORARY_WORD] ?? 0;
  if (temporary >>> 0 > 1) return undefined;
  if (full === undefined || senders === undefined || receivers === undefined) return undefined;
  const rendezvous = (words[RENDEZVOUS_WORD] ?? 0) >>> 0;
  const segment = (words[SEGMENT_WORD] ?? 0) >>> 0;
  return { full, rendezvous, segment, senders, receivers, temporary: temporary === 1 };
}

/** How many ends a word means: 0 is one. */
function endsIn(word = 0, most: number): number | undefined {
  return word < 0 || word > most ? undefined : Math.max(word, 1);
}

/** Whether a receiver is not the only one that takes messages away: see ClaimedReading. */
export function isClaimed(shape: Shape): boolean {
  return shape.receivers > 1 || dropsSent(shape);
}

/** Whether the sender takes away what it has sent: it is counted in both `sent` and `dropped`. */
export function dropsSent({ full, rendezvous }: Shape): boolean {
  return full === 'drop-oldest' || rendezvous > 0;
}
