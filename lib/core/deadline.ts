/** Instants of the monotonic clock, in milliseconds. */

import { performance } from 'node:perf_hooks';

/**
 * Now: of Node's own clock, as it is when the package is loaded. A thread that is blocked, or tries on,
 * would never see the end of its time by a clock that a test has stopped (fake timers).
 */
export const now = performance.now.bind(performance);

/** When a timeout that begins now is over; never, for Infinity. */
export function deadlineAfter(timeout: number): number {
  return timeout === Infinity ? Infinity : now() + timeout;
}

/** What is left until a deadline: 0 or more, or Infinity. */
export function remaining(deadline: number): number {
  return deadline === Infinity ? Infinity : Math.max(deadline - now(), 0);
}
