import { errnoOf, type SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import { tryLock, unlock } from './mutex-calls';
import { lockFailure } from './mutex-failure';
import type { LockHandle } from './lock-memory';

const EBUSY = -errnoOf('EBUSY');

/** Those of this thread by whom promises wait. */
const waiting = new Set<MutexWaiter>();

/** The waits of one mutex object: they form one line. How it was taken: 0, or 1 after a death. */
export class MutexWaiter implements Call<number> {
  /** Referred to by pending waits, so that it is not forgotten. */
  readonly #handle: LockHandle;
  readonly #lane: Lane;
  readonly #failureOf: typeof lockFailure;

  /** `failureOf`: what errors mean to who waits. */
  constructor(handle: LockHandle, keeper: Keeper, failureOf = lockFailure) {
    this.#handle = handle;
    this.#failureOf = failureOf;
    this.#lane = new Lane(keeper, () => {
      if (waiting.delete(this)) handle.letGo();
    });
  }

  end(reason: () => unknown): void {
    this.#lane.end(reason);
  }

  /** Takes it if it is free; undefined: it is not. */
  try(barging: boolean): number | undefined {
    const result = tryLock(this.#handle.number, barging);
    if (result >= 0) return result;
    if (result === EBUSY) return undefined;
    throw this.failure(result);
  }

  wait(limits: Limits, method: unknown): number | Promise<number> {
    const tried = !this.#lane.busy && mayAnswerInline();
    const taken = tried ? this.try(false) : undefined;
    if (taken !== undefined) return taken;
    const promise = this.#lane.add(this, limits, method, tried);
    if (this.#lane.busy && !waiting.has(this)) {
      waiting.add(this);
      this.#handle.keep(); // what was taken when the mutex is closed can still be collected
    }
    return promise;
  }

  /** Overtakes the promises of this thread: it could release for them nothing while it is blocked. */
  waitSync(timeout: number): number {
    return this.try(false) ?? this.#block(timeout);
  }

  #block(timeout: number): number {
    const others = this.#others();
    try {
      for (const other of others) {
        const given = other.#giveWay(this);
        if (given !== undefined) return given;
      }
      const result = native.mutexWaitFor(this.#handle.number, timeout);
      if (result < 0) throw this.failure(result);
      return result;
    } finally {
      for (const other of others) other.#lane.resume();
    }
  }

  // ---- what the lane asks for

  attempt(): number | undefined {
    return this.try(false);
  }

  start(): number {
    return native.mutexWaitStart(this.#handle.number);
  }

  block(timeout: number): [number, number, number] {
    return [native.mutexWaitFor(this.#handle.number, timeout), 0, 0];
  }

  complete(_result: number, taker: number): number {
    const result = native.mutexCollect(this.#handle.number, taker);
    if (result < 0) throw this.failure(result);
    return result;
  }

  failure(error: number | string): SystemError {
    return this.#failureOf(error, this.#handle);
  }

  /** Those whose promises wait for this mutex in this thread. */
  #others(): MutexWaiter[] {
    const { number } = this.#handle;
    return [...waiting].filter((other) => native.mutexSame(number, other.#handle.number));
  }

  /** Stops waiting for promises; what was taken for one is `who`'s, if it is by its handle. */
  #giveWay(who: MutexWaiter): number | undefined {
    const ended = this.#lane.interrupt();
    if (ended === undefined || ended[0] < 0) return undefined;
    const taken = this.complete(ended[0], ended[1]);
    if (this === who) return taken;
    if (taken === 0) unlock(this.#handle.number);
    else native.mutexAbandon(this.#handle.number);
    return undefined;
  }
}
