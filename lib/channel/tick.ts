/**
 * What the channels of this thread have put off until the end of the tick: publishing positions.
 * Before the thread sleeps or spins, and before the process exits, it is done at once.
 */

import { endOfTick } from '../core/later';

/** One end of a channel. */
export interface Deferred {
  /** Publishes what it has put off. */
  settle(): void;
}

let deferred: Deferred[] = [];
let spare: Deferred[] = [];
let scheduled = false;
let listening = false;
let exiting = false;
let actions = 0;

function endTick(): void {
  scheduled = false;
  settleAll();
}

/** No tick ends after this one: what listens to `exit`, too, and still sends is published at once. */
function exit(): void {
  exiting = true;
  settleAll();
}

/**
 * To be called before anything is deferred, when an end is made: a listener that is added amid the
 * exit, by the first message that another one sends there, is not called any more.
 */
export function settleAtExit(): void {
  if (listening) return;
  listening = true;
  process.on('exit', exit);
}

/** Has it settled at the end of the tick: after all promises that are ready now. */
export function defer(one: Deferred): void {
  actions++;
  if (exiting) {
    one.settle();
    return;
  }
  deferred.push(one);
  if (scheduled) return;
  scheduled = true;
  endOfTick(endTick);
}

/** Calls back at the end of the tick: after all promises that are ready now. */
export function atEndOfTick(callback: () => void): void {
  endOfTick(callback);
}

/** Counts what the ends of this thread do: whether it is as before tells whether one has done something. */
export function activity(): number {
  return actions;
}

/** Settles all ends at once; whether there was one. */
export function settleAll(): boolean {
  if (deferred.length === 0) return false;
  const list = deferred;
  deferred = spare;
  for (const one of list) one.settle();
  while (list.pop() !== undefined); // faster than to set the length
  spare = list;
  return true;
}
