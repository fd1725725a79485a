/** What a channel was made for: it is written in its head, as numbers, and never changes. */

import { outOfRange } from '../core/error';
import { word } from '../core/mapping-options';
import { integer } from '../core/options';
import {
  FULL_WORD,
  LAYOUT,
  LAYOUT_WORD,
  leastCapacity,
  mostCapacity,
  mostSenders,
  RECORD_HEADER,
  recordSize,
  RENDEZVOUS_WORD,
  SENDER_ROLE,
  SENDERS_WORD,
  SHAPED_LAYOUT,
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
  /** How many there may be at a time. */
  senders: number;
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
   */
  capacity?: number | undefined;
  /** Without capacity, the longest message. Default 64 KiB. */
  maxLength?: number | undefined;
  /** How many senders there may be at a time, 1 to 64, each with a ring of its own. Default 1. */
  senders?: number | undefined;
}

const usualMaxLength = 1 << 16;
const longestRendezvous = mostCapacity / 2 - RECORD_HEADER;

export function shapeOf(options: ShapeOptions): Shape {
  const { full = 'wait', capacity, maxLength, senders = 1 } = options;
  const policy = policies[word('options.full', names, full)] ?? 'wait';
  const most = capacity === 0 ? 1 : mostSenders;
  const lanes = integer('options.senders', senders, 1, most);
  if (capacity !== 0) return { full: policy, rendezvous: 0, senders: lanes };
  if (policy !== 'wait') throw outOfRange('options.full', "'wait' without capacity", policy);
  const longest = integer('options.maxLength', maxLength ?? usualMaxLength, 1, longestRendezvous);
  return { full: policy, rendezvous: longest, senders: lanes };
}

/** The ring of a channel without capacity: wherever the last message has ended, the next one fits. */
export function ringFor({ rendezvous }: Shape): number {
  return Math.max(2 ** Math.ceil(Math.log2(2 * recordSize(rendezvous))), leastCapacity);
}

/** One that has no option has the layout that every version knows. */
export function writeShape(words: Int32Array, { full, rendezvous, senders }: Shape): void {
  const isUsual = full === 'wait' && rendezvous === 0 && senders === 1;
  words[LAYOUT_WORD] = isUsual ? LAYOUT : SHAPED_LAYOUT;
  words[SENDERS_WORD] = senders === 1 ? 0 : senders;
  words[RENDEZVOUS_WORD] = rendezvous;
  words[FULL_WORD] = names[full];
}

/** undefined: of another version. */
export function readShape(words: Int32Array): Shape | undefined {
  const layout = words[LAYOUT_WORD];
  const isKnown = words.subarray(UNKNOWN_WORD, SENDER_ROLE / 4).every((word) => word === 0);
  if (!isKnown || (layout !== LAYOUT && layout !== SHAPED_LAYOUT)) return undefined;
  if (layout === LAYOUT) return { full: 'wait', rendezvous: 0, senders: 1 };
  const full = policies[words[FULL_WORD] ?? -1];
  const senders = words[SENDERS_WORD] ?? 0;
  if (full === undefined || senders < 0 || senders > mostSenders) return undefined;
  const rendezvous = (words[RENDEZVOUS_WORD] ?? 0) >>> 0;
  return { full, rendezvous, senders: Math.max(senders, 1) };
}

/** Whether the receiver is not the only one that takes messages away: see ClaimedReading. */
export function isClaimed({ full, rendezvous }: Shape): boolean {
  return full === 'drop-oldest' || rendezvous > 0;
}
