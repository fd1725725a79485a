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
  readonly #listeners = new Set<() => void>();
  readonly #signal: AbortSignal;
  readonly #abort = (): void => {
    watches.delete(this.#signal);
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        reportLater(error); // such as one of `signal.reason`; the others are told all the same
      }
    }
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort, { once: true });
    watches.set(signal, this);
  }

  add(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** While it tells the others, too: who is told may settle one that is yet to be told. */
  delete(listener: () => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0 || watches.get(this.#signal) !== this) return;
    watches.delete(this.#signal);
    try {
      this.#signal.removeEventListener('abort', this.#abort);
    } catch (error) {
      reportLater(error); // what it throws here must not hold up the line
    }
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
  const undo = (): void => watch?.delete(listener);
  try {
    watch = watches.get(signal) ?? new Watch(signal);
    watch.add(listener);
    if (!signal.aborted) return undo;
    undo();
    listener();
  } catch (error) {
    undo();
    failed(error);
  }
  return undo;
}
