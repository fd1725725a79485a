/** Instants of the monotonic clock, in milliseconds. */

/** When a timeout that begins now is over; never, for Infinity. */
export function deadlineAfter(timeout: number): number {
  return timeout === Infinity ? Infinity : performance.now() + timeout;
}

/** What is left until a deadline: 0 or more, or Infinity. */
export function remaining(deadline: number): number {
  return deadline === Infinity ? Infinity : Math.max(deadline - performance.now(), 0);
}
