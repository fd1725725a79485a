import { availableParallelism } from 'node:os';

/** A wait that ends sooner than this may be part of a quick exchange. All times in milliseconds. */
const soon = 0.25;

/** Bounds of one spin: up to about what parking costs, so that a spin never costs much more. */
const shortest = 0.02;
const longest = 0.06;

/** Spins in a row that may find nothing; a trial has fewer. */
const mostMisses = 4;
const trialMisses = 2;

/** Most waits to let pass before the next trial. */
const longestPause = 256;

/**
 * Whether, and how long, to try on before a thread is parked.
 *
 * Waking a sleeping thread takes longer than many peers take to answer. So after a wait that ended
 * soon, spins are tried, a little longer than such waits take. While they find something, each wait
 * begins with one; when they do not, the trials become rare. It is never worth while on one CPU, where the
 * peer cannot run meanwhile.
 */
export class Spin {
  #misses = mostMisses;
  #pause = 1;
  #waitsToTrial = 0;
  #typical = shortest;
  #parkedAt = 0;

  /** How long the next spin may last; 0: park at once. */
  get duration(): number {
    if (this.#misses >= mostMisses) return 0;
    return Math.min(Math.max(1.5 * this.#typical, shortest), longest);
  }

  /** A wait is parked. */
  parked(): void {
    this.#parkedAt = performance.now();
  }

  /** The spin found something, or did not. */
  ended(found: boolean): void {
    if (found) {
      this.#misses = 0;
      this.#pause = 1;
      return;
    }
    this.#misses++;
    if (this.#misses < mostMisses) return;
    this.#waitsToTrial = this.#pause;
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }

  /** The wait was answered. */
  answered(): void {
    const waited = performance.now() - this.#parkedAt;
    if (waited >= soon) return;
    this.#typical += (waited - this.#typical) / 8;
    if (this.#waitsToTrial > 0) this.#waitsToTrial--;
    else if (this.duration === 0 && availableParallelism() > 1)
      this.#misses = mostMisses - trialMisses;
  }
}
