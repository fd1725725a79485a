/**
 * Requests that wait for the same thing, answered in the order in which they were made.
 *
 * At most one native wait is parked for all of them: it belongs to the first. When it ends, that
 * request is completed or tried again, and then the others are, inline, until one would block.
 */

import { CallSite } from './call-site';
import { Chain } from './chain';
import { deadlineAfter, now, remaining } from './deadline';
import { engine, type Parking } from './engine';
import { errnoOf } from './error';
import type { Keeper } from './keeper';
import { after, listen } from './expiry';
import { nextTurn } from './later';
import { Request, type Call, type Pending } from './request';
import type { WaitEnd } from '../native';

export type { Call };

/** Checked limits of a wait: see `WaitOptions`. */
export interface Limits {
  timeout: number;
  signal: AbortSignal | undefined;
}

/** Calls back in the next turn of the event loop, or at the end of this tick. */
type Later = (serve: () => void) => void;

const ECANCELED = -errnoOf('ECANCELED');
const EIDRM = -errnoOf('EIDRM');
const ETIMEDOUT = -errnoOf('ETIMEDOUT');

export class Lane {
  /** No Set: who looks for its first steps over all that have left it, again and again. */
  readonly #pending = new Chain<Pending>();
  readonly #keeper: Keeper;
  readonly #onEmpty: () => void;
  /** The native wait; an object of its own each time, because the addon uses ids again. */
  #wait: { readonly id: number; readonly parking: Parking } | undefined;
  readonly #parking: Parking;
  #deferred = false;
  readonly #leave = (pending: Pending): void => {
    this.#pending.remove(pending);
    this.#keeper.change(-1);
    if (!this.busy) this.#onEmpty();
    for (const undo of pending.release) undo();
  };

  constructor(keeper: Keeper, onEmpty: () => void, parking = engine) {
    this.#keeper = keeper;
    this.#onEmpty = onEmpty;
    this.#parking = parking;
  }

  /** Whether requests are waiting, so that another one has to queue up behind them. */
  get busy(): boolean {
    return this.#pending.first !== undefined;
  }

  /**
   * Queues a call. `method` is the public one, whose caller the stacks of errors show. `tried`: it
   * has just been found to block; otherwise it is tried in the next turn of the event loop, or at the
   * end of this tick, and its object is known to be there now. Throws where its object is closed.
   * `method` may also be the place of the call itself, or what will be it.
   */
  add<R>(
    call: Call<R>,
    limits: Limits,
    method: unknown,
    tried: boolean,
    later: Later = nextTurn,
  ): Promise<R> {
    this.#keeper.checkOpen();
    const site = method instanceof CallSite ? method : new CallSite(method);
    // Who stands behind those that only wait for the next turn is tried with them.
    if (limits.timeout === 0 && (tried || (this.busy && !this.#deferred))) {
      return this.#over(call, site);
    }
    return new Promise<R>((resolve, reject) => {
      const pending = new Request(call, site, this.#leave, resolve, reject);
      const first = !this.busy;
      this.#pending.add(pending);
      this.#keeper.change(1);
      this.#limit(pending, limits);
      if (pending.settled) return; // its signal has called back at once
      if (first && tried) this.#park(pending);
      else if (first) this.#defer(later);
    });
  }

  /** Of a call that may not wait. */
  #over<R>(call: Call<R>, site: CallSite): Promise<R> {
    const partial = call.partial?.();
    if (!this.busy) this.#onEmpty(); // the lane may have been made for it
    if (partial !== undefined) return Promise.resolve(partial);
    return Promise.reject(site.mark(call.failure('ETIMEDOUT')));
  }

  /** Serves what can be served now, without a native wait in between; see `Call.block`. */
  serve(): void {
    this.#endWait();
    this.#serve(false);
  }

  /** Serves all requests, blocking this thread; a negated errno where that ended early. */
  serveSync(timeout: number): number {
    const deadline = deadlineAfter(timeout);
    let isLate = false;
    this.#endWait();
    for (let one = this.#pending.first; one !== undefined; one = this.#pending.first) {
      // No timer fires while this thread is blocked: what has expired meanwhile takes nothing.
      if ((isLate && expire(one)) || this.#try(one)) continue;
      isLate = true;
      const result = this.#settleSync(one, deadline);
      if (result < 0) return result;
    }
    return 0;
  }

  /**
   * Ends the native wait of the first request, now, for a caller that blocks this thread: what it
   * took is the caller's. undefined: there is none. After that, resume().
   */
  interrupt(): Parameters<WaitEnd> | undefined {
    if (this.#wait === undefined) return undefined;
    const { id, parking } = this.#wait;
    const first = this.#pending.first;
    const ends: Parameters<WaitEnd>[] = [];
    parking.whenEnded(id, (...end) => {
      this.#wait = undefined;
      ends.push(end);
    });
    parking.endWait(id);
    if (first?.cancelled !== undefined) first.reject(first.cancelled.reason);
    return ends[0];
  }

  /** Goes on after interrupt(), in the next turn of the event loop. */
  resume(): void {
    if (this.busy) this.#defer();
  }

  /** Rejects every request, unless the native wait has something for the first. */
  end(reason: () => unknown): void {
    for (const pending of this.#pending.all().reverse()) this.#cancel(pending, reason());
  }

  /** `lingers`: whether the one that would block may try on. */
  #serve(lingers: boolean): void {
    if (this.#wait !== undefined) return;
    for (let one = this.#pending.first; one !== undefined; one = this.#pending.first) {
      if (this.#try(one) || (lingers && this.#try(one, 'linger'))) continue;
      this.#park(one);
      return;
    }
  }

  /** Blocks this thread until a request is settled; a negated errno where that ended early. */
  #settleSync(pending: Pending, deadline: number): number {
    for (let waited = false; ; waited = true) {
      const left = Math.min(remaining(deadline), remaining(pending.deadline));
      // What is ready all the time, and yet not enough, must not outlast its time.
      const isOver = waited && left === 0;
      const [result, low, high] = isOver ? [ETIMEDOUT, 0, 0] : this.#block(pending, left);
      if (result !== ETIMEDOUT) {
        const settled = this.#finish(pending, result, low, high, Infinity) || this.#try(pending);
        if (settled) return result === EIDRM ? result : 0;
      } else if (expire(pending)) {
        return 0;
      } else if (remaining(deadline) === 0) {
        this.#park(pending);
        return result;
      }
    }
  }

  #block(pending: Pending, timeout: number): [result: number, low: number, high: number] {
    try {
      return pending.block(timeout);
    } catch (error) {
      this.#park(pending);
      throw error;
    }
  }

  /** `way`: of settling it. */
  #try(pending: Pending, way: 'attempt' | 'linger' = 'attempt'): boolean {
    try {
      return pending[way]();
    } catch (error) {
      pending.reject(error);
      return true;
    }
  }

  #complete(first: Pending, ...end: Parameters<WaitEnd>): boolean {
    try {
      return first.complete(...end);
    } catch (error) {
      first.reject(error);
      return true;
    }
  }

  /** Has a request end when its time is over, or its signal is aborted. */
  #limit(pending: Pending, { timeout, signal }: Limits): void {
    pending.deadline = deadlineAfter(timeout);
    if (timeout < Infinity) {
      const expire = (): void => {
        if (this.#deferred) this.#serve(false); // it is owed one attempt
        if (!pending.settled) this.#cancel(pending, pending.failure('ETIMEDOUT'));
      };
      pending.release.push(after(timeout, expire));
    }
    if (signal === undefined) return;
    const abort = (): void => {
      this.#cancel(pending, signal.reason);
    };
    const failed = (error: unknown): void => {
      pending.reject(error);
    };
    pending.release.push(listen(signal, abort, failed));
  }

  #defer(later: Later = nextTurn): void {
    if (this.#deferred) return;
    this.#deferred = true;
    later(() => {
      this.#deferred = false;
      this.#serve(true);
    });
  }

  #park(pending: Pending): void {
    let id: number;
    try {
      id = pending.start();
      if (id < 0) throw pending.failure(id);
    } catch (error) {
      pending.reject(error);
      this.#defer();
      return;
    }
    const { parking = this.#parking } = pending;
    const wait = { id, parking };
    this.#wait = wait;
    parking.whenEnded(id, (...end) => {
      // Ends come in batches, and what runs for one of them may have ended this wait: see #endWait.
      if (this.#wait !== wait) return;
      this.#wait = undefined;
      const first = this.#pending.first;
      if (first !== undefined) this.#finish(first, ...end);
      this.#serve(false);
    });
  }

  /** What the end of the first request's wait means; true if that request is settled. */
  #finish(first: Pending, ...end: Parameters<WaitEnd>): boolean {
    const [result] = end;
    if (result === EIDRM) {
      // All of them were waiting when the object went away: all get the same answer.
      for (let one = this.#pending.first; one !== undefined; one = this.#pending.first) {
        one.reject(one.failure(result));
      }
      return true;
    }
    if (result >= 0 && this.#complete(first, ...end)) return true;
    if (first.cancelled !== undefined) first.reject(first.cancelled.reason);
    else if (result < 0 && result !== ECANCELED) first.reject(first.failure(result));
    else return false;
    return true;
  }

  #cancel(pending: Pending, reason: unknown): void {
    const first = this.#pending.first;
    if (pending === first && this.#wait !== undefined) {
      pending.cancelled ??= { reason };
      this.#wait.parking.cancelWait(this.#wait.id);
    } else {
      pending.reject(reason);
    }
  }

  /** Ends the native wait now; what it took is given to the first request. */
  #endWait(): void {
    if (this.#wait === undefined) return;
    const { id, parking } = this.#wait;
    const first = this.#pending.first;
    parking.whenEnded(id, (...end) => {
      this.#wait = undefined;
      if (first !== undefined) this.#finish(first, ...end);
    });
    parking.endWait(id);
  }
}

/** Rejects a request whose time is over; true if it is. */
function expire(pending: Pending): boolean {
  if (now() < pending.deadline) return false;
  pending.reject(pending.failure(ETIMEDOUT));
  return true;
}
