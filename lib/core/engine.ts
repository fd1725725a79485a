/** The TypeScript half of the wait engine: who is told how a native wait ended. */

import { native, type WaitEnd } from '../native';
import { outOfRange } from './error';

const unusable = native.unusableSignal();
if (unusable !== undefined) {
  const [text, lowest, highest] = unusable;
  const expected = `a real-time signal, ${String(lowest)} to ${String(highest)}`;
  throw outOfRange('POSIX_IPC_SIGNAL', expected, `'${text}'`);
}

const wordsPerEnd = 5;
const words = native.waitWords;
const waits = native.waitEnds;

function word(index: number): number {
  return words[index] ?? 0;
}

function deliver(count: number): void {
  // All are taken before any is told: what runs below may start waits, and write the same words.
  const ends: (() => void)[] = [];
  for (let i = 0; i < count * wordsPerEnd; i += wordsPerEnd) {
    const end = take(word(i));
    const [result, low, high, took] = [word(i + 1), word(i + 2), word(i + 3), word(i + 4) / 1000];
    ends.push(() => {
      end(result, low, high, took);
    });
  }
  for (const end of ends) {
    try {
      end();
    } catch (error) {
      reportLater(error); // a fault of ours; the others are told all the same
    }
  }
}

/** Reports an error as an uncaught one, when what runs now is done. */
export function reportLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function take(wait: number): WaitEnd {
  const end = waits[wait];
  if (end === undefined) throw new Error(`posix-ipc: wait ${String(wait)} ended twice`);
  waits[wait] = undefined;
  return end;
}

native.onWaitEnds(deliver, () => undefined);

/** Registers who is told when the wait that the addon has just started ends. */
export function whenEnded(wait: number, end: WaitEnd): void {
  waits[wait] = end;
}

/** Asks a wait to end soon; it may still end with a result. */
export function cancelWait(wait: number): void {
  native.cancelWait(wait);
}

/** Ends a wait before it returns, and tells how. */
export function endWait(wait: number): void {
  native.endWait(wait);
  take(wait)(word(1), word(2), word(3), word(4) / 1000);
}

/** Counts what keeps the process alive. */
export function keepAlive(change: 1 | -1): void {
  if (change === 1) native.refWaits();
  else native.unrefWaits();
}

/** Where waits are that have been started. */
export interface Parking {
  /** Registers who is told how a wait has ended. */
  whenEnded(wait: number, end: WaitEnd): void;
  /** Asks a wait to end soon; it may still end with a result. */
  cancelWait(wait: number): void;
  /** Ends a wait before it returns, and tells how. */
  endWait(wait: number): void;
}

/** On threads, one for each. */
export const engine: Parking = { whenEnded, cancelWait, endWait };
