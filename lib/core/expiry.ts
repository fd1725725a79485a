/** What ends a wait early: its time, or its signal. */

import { reportLater } from './engine';

/** setTimeout's longest delay. */
const longestTimer = 2 ** 31 - 1;

/** Calls back after so many milliseconds or a little later, never earlier; answers how to undo it. */
export function after(milliseconds: number, callback: () => void): () => void {
  const deadline = performance.now() + milliseconds;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const left = deadline - performance.now();
    if (left <= 0) {
      callback();
      return;
    }
    // The wait itself keeps the process alive, or does not: its timer never does.
    timer = setTimeout(arm, Math.min(Math.ceil(left), longestTimer)).unref();
  };
  timer = setTimeout(arm, Math.min(Math.ceil(milliseconds), longestTimer)).unref();
  return () => {
    clearTimeout(timer);
  };
}

/**
 * Calls back at once where the signal is aborted already: a wait of several steps may have missed it.
 * A signal may be any object that looks like one: what it throws is the request's own failure.
 */
export function listen(
  signal: AbortSignal,
  listener: () => void,
  failed: (error: unknown) => void,
): void {
  try {
    signal.addEventListener('abort', listener, { once: true });
    if (signal.aborted) listener();
  } catch (error) {
    failed(error);
  }
}

/** What it throws here must not hold up the line. */
export function stopListening(signal: AbortSignal, listener: () => void): void {
  try {
    signal.removeEventListener('abort', listener);
  } catch (error) {
    reportLater(error);
  }
}
