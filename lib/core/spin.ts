import { cpus } from 'node:os';

import { now } from './deadline';
import { countTime, mayTryOn } from './turn';

/** All times in milliseconds. A spin lasts a little longer than waits usually take. */
const shortest = 0.02;
const longest = 0.06;
const margin = 1.5;

/** A trial may last longer: until a peer that is parked itself has woken. */
const longestTrial = 0.3;

/** A wait that ends sooner than this may be part of a quick exchange. */
const soon = 0.4;

/** Spins in a row that may find nothing; a trial has fewer. */
const mostMisses = 4;
const trialMisses = 2;

/** Most waits to let pass before the next trial. */
const longestPause = 256;

let several: boolean | undefined;

/**
 * Of the machine, not those that this process may use: where each of two programs is bound to a CPU of
 * its own, trying on pays most. Where both have to share one, the trials become rare.
 */
function hasSeveralCpus(): boolean {
  return (several ??= cpus().length > 1); // reads files: once
}

/**
 * Whether, and how long, to try on before a thread is parked.
 *
 * Waking a sleeping thread takes longer than many peers take to answer. So after a wait that ended
 * soon, spins are tried, a little longer than such waits take. While they find something, each wait
 * begins with one; when they do not, the trials become rare. It is never worth while on a machine
 * of one CPU, where the peer cannot run meanwhile.
 */
export class Spin {
  #misses = mostMisses;
  #trying = false;
  #pause = 1;
  #waitsToTrial = 0;
  #typical = shortest;

  /** How long the next spin may last; 0: park at once. */
  get duration(): number {
    if (this.#misses >= mostMisses) return 0;
    const most = this.#trying ? longestTrial : longest;
    return Math.min(Math.max(margin * this.#typical, shortest), most);
  }

  /** Whether to try on only after the event loop has gone round. */
  get needsTurn(): boolean {
    return this.duration > 0 && !mayTryOn();
  }

  /**
   * Tries on, where that has paid lately: `attempt` is given so many milliseconds, and answers
   * undefined if it has found nothing.
   */
  run<R>(attempt: (duration: number) => R | undefined): R | undefined {
    if (this.duration === 0 || !mayTryOn()) return undefined;
    const began = now();
    const found = this.runSync(attempt, Infinity);
    countTime(now() - began);
    return found;
  }

  /** As `run`, on a thread that is to be blocked anyway; for `most` milliseconds at most. */
  runSync<R>(attempt: (duration: number) => R | undefined, most: number): R | undefined {
    const duration = Math.min(this.duration, most);
    if (duration === 0) return undefined;
    const began = now();
    const found = attempt(duration);
    this.ended(found !== undefined, now() - began);
    return found;
  }

  /** The spin lasted so long, and found something or did not. */
  ended(found: boolean, lasted: number): void {
    if (found) {
      this.#misses = 0;
      this.#pause = 1;
      this.#trying = false;
      this.#typical += (lasted - this.#typical) / 2;
      return;
    }
    this.#misses++;
    if (this.#misses < mostMisses) return;
    this.#waitsToTrial = this.#pause;
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }

  /** A parked wait was answered after so long, as its thread saw it. */
  answered(after: number): void {
    if (after >= soon) return;
    this.#typical += (after - this.#typical) / 4;
    if (this.#waitsToTrial > 0) this.#waitsToTrial--;
    else if (this.#misses >= mostMisses && hasSeveralCpus()) {
      this.#misses = mostMisses - trialMisses;
      this.#trying = true;
    }
  }
}
