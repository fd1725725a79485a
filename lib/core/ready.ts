/** Waits until descriptors are ready, on the event loop: the other half is native/core/poller. */

import { native, type WaitEnd } from '../native';
import { now } from './deadline';
import { reportLater, type Parking } from './engine';
import { errnoOf } from './error';

/** What a descriptor is waited for. */
export const Direction = { in: 1, out: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

const wordsPerReady = 2;
const words = native.readyWords;
const ends = native.readyEnds;
/** When the waits began, by the same index as `ends`. */
const begun: number[] = [];
const ECANCELED = -errnoOf('ECANCELED');

/** Handles of open descriptors differ in these bits (native/core/handles.h). */
const placeMask = 2 ** 20 - 1;

function slotOf(handle: number, direction: Direction): number {
  return (handle & placeMask) * 2 + direction - 1;
}

function take(slot: number): WaitEnd | undefined {
  const end = ends[slot];
  ends[slot] = undefined;
  return end;
}

function deliver(count: number): void {
  // All are taken before any is told: what runs below may start waits, and write the same words.
  const told: [end: WaitEnd | undefined, begun: number][] = [];
  for (let i = 0; i < count * wordsPerReady; i += wordsPerReady) {
    const [handle = 0, directions = 0] = [words[i], words[i + 1]];
    for (const direction of [Direction.in, Direction.out]) {
      if ((directions & direction) === 0) continue;
      const slot = slotOf(handle, direction);
      told.push([take(slot), begun[slot] ?? 0]);
    }
  }
  const ended = now();
  for (const [end, since] of told) {
    try {
      end?.(0, 0, 0, ended - since);
    } catch (error) {
      reportLater(error); // a fault of ours; the others are told all the same
    }
  }
}

native.onReady(deliver);

/** The wait of a descriptor's handle in one direction: there can be one of each at a time. */
function waitOf(handle: number, direction: Direction): number {
  return handle * 4 + direction;
}

function partsOf(wait: number): [handle: number, direction: Direction] {
  return [Math.floor(wait / 4), (wait % 4) as Direction];
}

/** Begins a wait: its number, or a negated errno. */
export function startReady(handle: number, direction: Direction): number {
  const result = native.readyStart(handle, direction);
  return result < 0 ? result : waitOf(handle, direction);
}

function stop(wait: number): void {
  const [handle, direction] = partsOf(wait);
  native.readyStop(handle, direction);
  take(slotOf(handle, direction))?.(ECANCELED, 0, 0, 0);
}

/** On the event loop: nothing is taken before the descriptor is ready, so a wait ends at once. */
export const loop: Parking = {
  whenEnded(wait, end) {
    const slot = slotOf(...partsOf(wait));
    ends[slot] = end;
    begun[slot] = now();
  },
  cancelWait: stop,
  endWait: stop,
};
