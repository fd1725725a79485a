/**
 * Requests that wait for the same thing, answered in the order in which they were made.
 *
 * At most one native wait is parked for all of them: it belongs to the first. When it ends, that
 * request is completed or tried again, and then the others are, inline, until one would block.
 */

import { CallSite } from './call-site';
import { deadlineAfter, remaining } from './deadline';
import { engine, type Parking } from './engine';
import { ClosedError, errnoOf, SystemError } from './error';
import type { Keeper } from './keeper';
import { after, listen } from './expiry';
import type { WaitEnd } from '../native';

/** Checked limits of a wait: see `WaitOptions`. */
export interface Limits {
  timeout: number;
  signal: AbortSignal | undefined;
}

/** A call that can be made without waiting, on a parked thread, or on this thread. */
export interface Call<R> {
  /** Makes the call without waiting; undefined if it would have to. Throws what it fails with. */
  attempt(): R | undefined;
  /**
   * Tries on for some time, where that is likely to pay; undefined if nothing came. Asked where the call
   * has had to let the event loop go round, and is found to block after that.
   */
  linger?(): R | undefined;
  /** Starts a native wait: its number, or a negated errno. */
  start(): number;
  /** Waits on this thread: how the wait ended, as a native wait does. */
  block(timeout: number): [result: number, low: number, high: number];
  /**
   * What a wait that ended well means; undefined: nothing was taken, or not all is done yet. `took`:
   * the milliseconds that it lasted; Infinity if this thread was blocked meanwhile.
   */
  complete(result: number, low: number, high: number, took: number): R | undefined;
  /** What has been done so far, if ending early with that is better than failing; else undefined. */
  partial?(): R | undefined;
  /** The error that a result, or an expired time, stands for. */
  failure(error: number | string): SystemError;
  /** Where its native waits are, if not where those of its lane are. */
  readonly parking?: Parking;
}

interface Pending {
  /** In the time of performance.now(). */
  deadline: number;
  /** Tries without waiting; true if the request is settled. */
  attempt(): boolean;
  linger(): boolean;
  start(): number;
  /** Takes the end of a native wait; true if the request is settled. */
  complete(result: number, low: number, high: number, took: number): boolean;
  block(timeout: number): [result: number, low: number, high: number];
  failure(error: number | string): SystemError;
  reject(reason: unknown): void;
  readonly parking: Parking | undefined;
  /** Why it is to be rejected as soon as it is known that it took nothing. */
  cancelled?: { reason: unknown };
}

/** Calls back in the next turn of the event loop, or at the end of this tick. */
type Later = (serve: () => void) => void;

const ECANCELED = -errnoOf('ECANCELED');
const EIDRM = -errnoOf('EIDRM');
const ETIMEDOUT = -errnoOf('ETIMEDOUT');

export class Lane {
  readonly #pending = new Set<Pending>();
  readonly #keeper: Keeper;
  readonly #onEmpty: () => void;
  /** The native wait; an object of its own each time, because the addon uses ids again. */
  #wait: { readonly id: number; readonly parking: Parking } | undefined;
  readonly #parking: Parking;
  #deferred = false;

  constructor(keeper: Keeper, onEmpty: () => void, parking = engine) {
    this.#keeper = keeper;
    this.#onEmpty = onEmpty;
    this.#parking = parking;
  }

  /** Whether requests are waiting, so that another one has to queue up behind them. */
  get busy(): boolean {
    return this.#pending.size > 0;
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
    later: Later = setImmediate,
  ): Promise<R> {
    this.#keeper.checkOpen();
    const site = method instanceof CallSite ? method : new CallSite(method);
    if (limits.timeout === 0 && (tried || this.busy)) {
      const partial = call.partial?.();
      if (partial !== undefined) return Promise.resolve(partial);
      return Promise.reject(site.mark(call.failure('ETIMEDOUT')));
    }
    return new Promise<R>((resolve, reject) => {
      const release: (() => void)[] = [];
      const settle = (): void => {
        this.#pending.delete(pending);
        this.#keeper.change(-1);
        if (!this.busy) this.#onEmpty();
        for (const undo of release) undo();
      };
      const pending = pendingOf(call, site, settle, resolve, reject);
      const first = !this.busy;
      this.#pending.add(pending);
      this.#keeper.change(1);
      this.#limit(pending, limits, release);
      if (!this.#pending.has(pending)) return; // its signal has called back at once
      if (first && tried) this.#park(pending);
      else if (first) this.#defer(later);
    });
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
    for (const pending of this.#pending) {
      // No timer fires while this thread is blocked: what has expired meanwhile takes nothing.
      if ((isLate && expire(pending)) || this.#try(pending)) continue;
      isLate = true;
      const result = this.#settleSync(pending, deadline);
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
    const [first] = this.#pending;
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
    for (const pending of [...this.#pending].reverse()) this.#cancel(pending, reason());
  }

  /** `lingers`: whether the one that would block may try on. */
  #serve(lingers: boolean): void {
    if (this.#wait !== undefined) return;
    for (const pending of this.#pending) {
      if (this.#try(pending) || (lingers && this.#try(pending, 'linger'))) continue;
      this.#park(pending);
      return;
    }
  }

  /** Blocks this thread until a request is settled; a negated errno where that ended early. */
  #settleSync(pending: Pending, deadline: number): number {
    for (;;) {
      const left = Math.min(remaining(deadline), remaining(pending.deadline));
      const [result, low, high] = this.#block(pending, left);
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
  #limit(pending: Pending, { timeout, signal }: Limits, release: (() => void)[]): void {
    pending.deadline = deadlineAfter(timeout);
    if (timeout < Infinity) {
      const expire = (): void => {
        if (this.#deferred) this.#serve(false); // it is owed one attempt
        if (this.#pending.has(pending)) this.#cancel(pending, pending.failure('ETIMEDOUT'));
      };
      release.push(after(timeout, expire));
    }
    if (signal === undefined) return;
    const abort = (): void => {
      this.#cancel(pending, signal.reason);
    };
    const failed = (error: unknown): void => {
      pending.reject(error);
    };
    release.push(listen(signal, abort, failed));
  }

  #defer(later: Later = setImmediate): void {
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
      const [first] = this.#pending;
      if (first !== undefined) this.#finish(first, ...end);
      this.#serve(false);
    });
  }

  /** What the end of the first request's wait means; true if that request is settled. */
  #finish(first: Pending, ...end: Parameters<WaitEnd>): boolean {
    const [result] = end;
    if (result === EIDRM) {
      // All of them were waiting when the object went away: all get the same answer.
      for (const pending of this.#pending) pending.reject(pending.failure(result));
      return true;
    }
    if (result >= 0 && this.#complete(first, ...end)) return true;
    if (first.cancelled !== undefined) first.reject(first.cancelled.reason);
    else if (result < 0 && result !== ECANCELED) first.reject(first.failure(result));
    else return false;
    return true;
  }

  #cancel(pending: Pending, reason: unknown): void {
    const [first] = this.#pending;
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
    const [first] = this.#pending;
    parking.whenEnded(id, (...end) => {
      this.#wait = undefined;
      if (first !== undefined) this.#finish(first, ...end);
    });
    parking.endWait(id);
  }
}

/** Rejects a request whose time is over; true if it is. */
function expire(pending: Pending): boolean {
  if (performance.now() < pending.deadline) return false;
  pending.reject(pending.failure(ETIMEDOUT));
  return true;
}

function isOurs(reason: unknown): reason is SystemError | ClosedError {
  return reason instanceof SystemError || reason instanceof ClosedError;
}

function pendingOf<R>(
  call: Call<R>,
  site: CallSite,
  settle: () => void,
  resolve: (value: R) => void,
  reject: (reason: unknown) => void,
): Pending {
  const settled = (value: R | undefined): boolean => {
    if (value === undefined) return false;
    settle();
    resolve(value);
    return true;
  };
  return {
    deadline: Infinity,
    attempt: () => settled(call.attempt()),
    linger: () => settled(call.linger?.()),
    start: () => call.start(),
    block: (timeout) => call.block(timeout),
    complete: (...end) => settled(call.complete(...end)),
    failure: (error) => call.failure(error),
    parking: call.parking,
    reject: (reason) => {
      if (settled(call.partial?.())) return;
      settle();
      reject(isOurs(reason) ? site.mark(reason) : reason);
    },
  };
}
