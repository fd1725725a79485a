/**
 * When this tick, or this turn of the event loop, is over: Node's own functions, as they are when the
 * package is loaded. A test that stops the clock later (fake timers) stops time, not messages.
 */

import timers from 'node:timers';

/** In the next turn of the event loop. */
export const { setImmediate: nextTurn } = timers;

/** After some milliseconds. */
export const { setTimeout: startTimer, clearTimeout: clearTimer } = timers;

/** At the end of this tick: after all promises that are ready now. */
export const endOfTick = process.nextTick.bind(process);
