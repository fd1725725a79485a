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
  readonly #listeners: Set<() => void>;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => {
    watches.delete(this.#signal);
    for (const listener of this.#listeners) {
      this.#listeners.delete(listener);
      try {
        listener();
      } catch (error) {
        reportLater(error); // such as one of `signal.reason`; the others are told all the same
      }
    }
  };

  /** What looks like a signal may call back at once. */
  constructor(signal: AbortSignal, listener: () => void) {
    this.#signal = signal;
    this.#listeners = new Set([listener]);
    watches.set(signal, this);
    try {
      signal.addEventListener('abort', this.#abort, { once: true });
    } catch (error) {
      watches.delete(signal);
      throw error;
    }
  }

  add(listener: () => void): this {
    this.#listeners.add(listener);
    return this;
  }

  /** While it tells the others, too: who is told may settle one that is yet to be told. False: it was told. */
  delete(listener: () => void): boolean {
    const isFound = this.#listeners.delete(listener);
    if (this.#listeners.size > 0 || watches.get(this.#signal) !== this) return isFound;
    watches.delete(this.#signal);
    try {
      this.#signal.removeEventListener('abort', this.#abort);
    } catch (error) {
      reportLater(error); // what it throws here must not hold up the line
    }
    return isFound;
  }
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls back when the signal is aborted, at once where it is already: a wait of several steps may have
 * missed it. Answers how to undo it. A signal may be any object that looks like one: what it throws is
 * the request's own failure.
 */
export function listen(
  signal: AbortSignal,
  listener: () => void,
  failed: (error: unknown) => void,
): () => void {
  let watch: Watch | undefined;
  try {
    watch = watches.get(signal)?.add(listener) ?? new Watch(signal, listener);
    if (signal.aborted && watch.delete(listener)) listener();
  } catch (error) {
    watch?.delete(listener);
    failed(error);
  }
  return () => void watch?.delete(listener);
}
