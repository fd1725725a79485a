/** The TypeScript half of the wait engine: who is told how a native wait ended. */

import { native } from '../native';

/** How a native wait ended: the call's result or negated errno, and one 64-bit number more. */
export type End = (result: number, low: number, high: number) => void;

const wordsPerEnd = 4;
const words = new Int32Array(wordsPerEnd * 64);
const waits: (End | undefined)[] = [];
let keepingAlive = 0;

function word(index: number): number {
  return words[index] ?? 0;
}

function deliver(count: number): void {
  // Copied first: what runs below may end further waits, which writes the same words.
  const ends = words.slice(0, count * wordsPerEnd);
  for (let i = 0; i < ends.length; i += wordsPerEnd) {
    const [wait = 0, result = 0, low = 0, high = 0] = ends.subarray(i, i + wordsPerEnd);
    take(wait)(result, low, high);
  }
}

function take(wait: number): End {
  const end = waits[wait];
  if (end === undefined) throw new Error(`posix-ipc: wait ${String(wait)} ended twice`);
  waits[wait] = undefined;
  return end;
}

native.onWaitEnds(deliver, words, () => undefined);

/** Registers who is told when the wait that the addon has just started ends. */
export function whenEnded(wait: number, end: End): void {
  waits[wait] = end;
}

/** Asks a wait to end soon; it may still end with a result. */
export function cancelWait(wait: number): void {
  native.cancelWait(wait);
}

/** Ends a wait before it returns, and tells how. */
export function endWait(wait: number): void {
  native.endWait(wait);
  take(wait)(word(1), word(2), word(3));
}

/** Counts what keeps the process alive: the addon's wake-up handle is referenced meanwhile. */
export function keepAlive(change: 1 | -1): void {
  keepingAlive += change;
  if (change === 1 && keepingAlive === 1) native.refWaits();
  if (change === -1 && keepingAlive === 0) native.unrefWaits();
}
