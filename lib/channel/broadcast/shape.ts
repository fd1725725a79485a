/** What a broadcast was made for: it is written in its head, as numbers, and never changes. */

import { outOfRange } from '../../core/error';
import { word } from '../../core/mapping-options';
import { integer } from '../../core/options';
import type { WhenFull } from '../shape';
import {
  FULL_WORD,
  LAYOUT,
  LAYOUT_WORD,
  mostSlots,
  PUBLISHER_ROLE,
  SHAPED_LAYOUT,
  SLOTS_WORD,
  TEMPORARY_WORD,
  UNKNOWN_WORD,
} from './layout';

/**
 * What becomes of messages where the ring is full. `'drop-oldest'`: the oldest make room. `'wait'`: the
 * publisher waits until all subscribers have received those. `'fail'`: it is refused, EAGAIN.
 */
export type BroadcastWhenFull = Exclude<WhenFull, 'drop-newest'>;

export interface BroadcastShape {
  full: BroadcastWhenFull;
  /** How many subscribers there may be at a time; 0: any number, of whom nobody knows. */
  subscribers: number;
  /** Whether its name goes with the last one who has it open. */
  temporary: boolean;
}

/** How a broadcast is made. */
export interface BroadcastShapeOptions {
  /** What becomes of messages where the ring is full. Default `'drop-oldest'`. */
  full?: BroadcastWhenFull | undefined;
  /** Where the publisher waits or fails: how many subscribers there may be at a time, 1 to 64. Default 8. */
  subscribers?: number | undefined;
}

/** By its number in the head. */
const policies: readonly BroadcastWhenFull[] = ['drop-oldest', 'wait', 'fail'];
const names: Record<BroadcastWhenFull, number> = { 'drop-oldest': 0, wait: 1, fail: 2 };

const usual: BroadcastShape = { full: 'drop-oldest', subscribers: 0, temporary: false };
const usualSubscribers = 8;

export function shapeOf(
  { full = usual.full, subscribers }: BroadcastShapeOptions,
  temporary = false,
): BroadcastShape {
  const policy = policies[word('options.full', names, full)] ?? usual.full;
  const wanted = subscribers === undefined ? usualSubscribers : subscribers; // null is none
  const asked = integer('options.subscribers', wanted, 1, mostSlots);
  if (policy !== usual.full) return { full: policy, subscribers: asked, temporary };
  if (subscribers === undefined) return { ...usual, temporary };
  throw outOfRange('options.subscribers', "given only where `full` is 'wait' or 'fail'", asked);
}

/** One that has no option has the layout that every version knows. */
export function writeShape(
  words: Int32Array,
  { full, subscribers, temporary }: BroadcastShape,
): void {
  words[LAYOUT_WORD] = full === usual.full && !temporary ? LAYOUT : SHAPED_LAYOUT;
  words[FULL_WORD] = names[full];
  words[SLOTS_WORD] = subscribers;
  words[TEMPORARY_WORD] = Number(temporary);
}

/** undefined: of another version. */
export function readShape(words: Int32Array): BroadcastShape | undefined {
  const layout = words[LAYOUT_WORD];
  const isKnown = words.subarray(UNKNOWN_WORD, PUBLISHER_ROLE / 4).every((one) => one === 0);
  if (!isKnown || (layout !== LAYOUT && layout !== SHAPED_LAYOUT)) return undefined;
  if (layout === LAYOUT) return usual;
  const full = policies[words[FULL_WORD] ?? -1];
  const subscribers = words[SLOTS_WORD] ?? 0;
  const temporary = words[TEMPORARY_WORD] === 1;
  if (full === undefined) return undefined;
  if (!temporary && words[TEMPORARY_WORD] !== 0) return undefined;
  if (full === usual.full)
    return subscribers === 0 && temporary ? { ...usual, temporary } : undefined;
  return subscribers < 1 || subscribers > mostSlots ? undefined : { full, subscribers, temporary };
}
