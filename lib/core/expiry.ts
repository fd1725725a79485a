/** What ends a wait early: its time, or its signal. */

import { addAbortListener } from 'node:events';

import { deadlineAfter, now } from './deadline';
import { reportLater } from './engine';
import { clearTimer, startTimer } from './later';

/** setTimeout's longest delay. */
const longestTimer = 2 ** 31 - 1;

/** A timer may come a millisecond or two early, by the loop's coarse clock; one that comes sooner has a clock of its own. */
const mostEarly = 5;

/**
 * Calls back after so many milliseconds or a little later, never earlier; answers how to undo it.
 *
 * By the timers that the program has then: where a test moves their clock on (fake timers), what they
 * say is believed.
 */
export function after(milliseconds: number, callback: () => void): () => void {
  const deadline = deadlineAfter(milliseconds);
  let undo: () => void;
  // The wait itself keeps the process alive, or does not: its timer never does.
  const arm = (left: number): void => {
    const { clearTimeout: clear } = globalThis;
    const time = Math.min(Math.ceil(left), longestTimer);
    const timer = setTimeout(come, time, left - time).unref();
    undo = () => {
      clear(timer);
    };
  };
  const come = (rest: number): void => {
    const left = deadline - now();
    if (rest > 0) arm(Math.min(rest, left));
    else if (left <= 0 || left > mostEarly) callback();
    else undo = shortly(left, come);
  };
  arm(milliseconds);
  return () => {
    undo();
  };
}

/** Calls back after the last bit of a time, by Node's own timers: those of a test may stand still again. */
function shortly(milliseconds: number, callback: (rest: number) => void): () => void {
  const timer = startTimer(callback, Math.ceil(milliseconds), 0).unref();
  return () => {
    clearTimer(timer);
  };
}

/** What one signal ends. It has one listener of ours: of more than ten, Node warns as of a leak. */
class Watch {
  readonly #listeners: Set<() => void>;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => {
    if (watches.get(this.#signal) === this) watches.delete(this.#signal);
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
      addAbortListener(signal, this.#abort); // no stopImmediatePropagation of others keeps it from us
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
