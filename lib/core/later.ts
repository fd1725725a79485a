/**
 * When this tick, or this turn of the event loop, is over: Node's own functions, as they are when the
 * package is loaded. A test that stops the clock later (fake timers) stops time, not messages.
 */

import timers from 'node:timers';

/** In the next turn of the event loop. */
export const { setImmediate: nextTurn, clearImmediate: cancelTurn } = timers;

/** After some milliseconds: for what no test of a program waits for. */
export const { setTimeout: startTimer, clearTimeout: clearTimer } = timers;

/** At the end of this tick: after all promises that are ready now. */
export const endOfTick = process.nextTick.bind(process);
