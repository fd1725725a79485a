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

/** What one signal ends. It has one listener of ours: of more than ten, Node warns as of a leak. */
class Watch {
  readonly listeners = new Set<() => void>();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  readonly abort = (): void => {
    watches.delete(this.#signal);
    for (const listener of this.listeners) {
      try {
        listener();
      } catch (error) {
        reportLater(error); // such as one of `signal.reason`; the others are told all the same
      }
    }
  };
}

const watches = new WeakMap<AbortSignal, Watch>();

function watch(signal: AbortSignal, listener: () => void): void {
  const known = watches.get(signal);
  const watching = known ?? new Watch(signal);
  watching.listeners.add(listener);
  if (known !== undefined) return;
  watches.set(signal, watching);
  signal.addEventListener('abort', watching.abort, { once: true });
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
    watch(signal, listener);
    if (signal.aborted) listener();
  } catch (error) {
    failed(error);
  }
}

/** What it throws here must not hold up the line. */
export function stopListening(signal: AbortSignal, listener: () => void): void {
  const watching = watches.get(signal);
  if (watching?.listeners.delete(listener) !== true || watching.listeners.size > 0) return;
  watches.delete(signal);
  try {
    signal.removeEventListener('abort', watching.abort);
  } catch (error) {
    reportLater(error);
  }
}
