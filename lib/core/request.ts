/** One request of a lane: a call, and whoever awaits it. */

import type { CallSite } from './call-site';
import { Link } from './chain';
import type { Parking } from './engine';
import { ClosedError, SystemError } from './error';

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

/** What a lane knows of a request, whatever its answer is. */
export interface Pending extends Link<Pending> {
  /** Whether it has been answered, and has left its lane. */
  readonly settled: boolean;
  /** In the time of now(). */
  deadline: number;
  /** What is undone when it is settled. */
  readonly release: (() => void)[];
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

/** Methods, not functions of its own: many may wait, and each of those would hold memory in every one. */
export class Request<R> extends Link<Pending> implements Pending {
  settled = false;
  deadline = Infinity;
  readonly release: (() => void)[] = [];
  readonly parking: Parking | undefined;
  declare cancelled?: { reason: unknown };

  /** `leave` is called when it is settled, before who awaits it is told. */
  constructor(
    private readonly call: Call<R>,
    private readonly site: CallSite,
    private readonly leave: (one: Pending) => void,
    private readonly resolve: (value: R) => void,
    private readonly refuse: (reason: unknown) => void,
  ) {
    super();
    this.parking = call.parking;
  }

  attempt(): boolean {
    return this.#settle(this.call.attempt());
  }

  linger(): boolean {
    return this.#settle(this.call.linger?.());
  }

  start(): number {
    return this.call.start();
  }

  block(timeout: number): [result: number, low: number, high: number] {
    return this.call.block(timeout);
  }

  complete(...end: Parameters<Pending['complete']>): boolean {
    return this.#settle(this.call.complete(...end));
  }

  failure(error: number | string): SystemError {
    return this.call.failure(error);
  }

  reject(reason: unknown): void {
    if (this.#settle(this.call.partial?.())) return;
    this.#leave();
    this.refuse(isOurs(reason) ? this.site.mark(reason) : reason);
  }

  #settle(value: R | undefined): boolean {
    if (value === undefined) return false;
    this.#leave();
    this.resolve(value);
    return true;
  }

  /** Once: what is undone runs code of a signal, which may close the object that it waits for. */
  #leave(): void {
    if (this.settled) return;
    this.settled = true;
    this.leave(this);
  }
}

function isOurs(reason: unknown): reason is SystemError | ClosedError {
  return reason instanceof SystemError || reason instanceof ClosedError;
}
