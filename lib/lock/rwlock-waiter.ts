import { deadlineAfter, remaining } from '../core/deadline';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import type { LockHandle } from './lock-memory';
import type { RwRequest, Taken } from './rwlock-request';

/** Those of this thread by whom promises wait. */
const waiting = new Set<RwWaiter>();

/** Requests that wait for each other: those for reading, or for writing, of one lock object. */
export class RwWaiter {
  readonly #handle: LockHandle;
  readonly #lane: Lane;
  /** Whose native wait it is, if there is one. */
  #parked: RwRequest | undefined;

  constructor(handle: LockHandle, keeper: Keeper) {
    this.#handle = handle;
    this.#lane = new Lane(keeper, () => {
      if (waiting.delete(this)) handle.letGo();
    });
  }

  end(reason: () => unknown): void {
    this.#lane.end(reason);
  }

  /** `use` is called with what was taken. */
  wait<T>(
    request: RwRequest,
    limits: Limits,
    method: unknown,
    use: (taken: Taken) => T,
  ): T | Promise<T> {
    const tried = !this.#lane.busy && mayAnswerInline();
    const taken = tried ? request.attempt() : undefined;
    if (taken !== undefined) return use(taken);
    const promise = this.#queued(request, limits, method, tried);
    if (this.#lane.busy && !waiting.has(this)) {
      waiting.add(this);
      this.#handle.keep(); // what was taken when the lock is closed can still be collected
    }
    return this.#settled(request, promise, use);
  }

  /** Tries without waiting. */
  static try(request: RwRequest): Taken | undefined {
    try {
      return request.attempt();
    } finally {
      request.undo();
    }
  }

  /** Overtakes the promises of this thread: it could release for them nothing while it is blocked. */
  static waitSync(request: RwRequest, handle: LockHandle, timeout: number): Taken {
    const deadline = deadlineAfter(timeout);
    const taken = request.attempt();
    if (taken !== undefined) return taken;
    const others = [...waiting].filter((other) =>
      native.rwlockSame(handle.number, other.#handle.number),
    );
    try {
      for (const other of others) other.#giveWay();
      request.undoOthers();
      return block(request, deadline);
    } finally {
      request.undo();
      for (const other of others) other.#lane.resume();
    }
  }

  /** Throws where the lock is closed: its guards go on, but no upgrade waits any more. */
  #queued(request: RwRequest, limits: Limits, method: unknown, tried: boolean): Promise<Taken> {
    try {
      return this.#lane.add(this.#callOf(request), limits, method, tried);
    } catch (error) {
      request.undo(); // it may have the gate
      throw error;
    }
  }

  #callOf(request: RwRequest): Call<Taken> {
    return {
      attempt: () => request.attempt(),
      start: () => {
        this.#parked = request;
        return request.start();
      },
      block: (timeout) => request.block(timeout),
      complete: (_result, taker) => request.complete(taker),
      failure: (error) => request.failure(error),
    };
  }

  async #settled<T>(
    request: RwRequest,
    promise: Promise<Taken>,
    use: (taken: Taken) => T,
  ): Promise<T> {
    this.#handle.keep();
    try {
      return use(await promise);
    } finally {
      request.undo();
      this.#handle.letGo();
    }
  }

  /** Stops waiting for promises; a gate that was taken for one is let go. */
  #giveWay(): void {
    const ended = this.#lane.interrupt();
    if (ended === undefined || ended[0] < 0) return;
    this.#parked?.giveBack(ended[1]);
  }
}

function block(request: RwRequest, deadline: number): Taken {
  for (;;) {
    const [result] = request.block(remaining(deadline));
    if (result < 0) throw request.failure(result);
    const taken = request.blocked() ?? request.attempt();
    if (taken !== undefined) return taken;
    if (remaining(deadline) === 0) throw request.failure('ETIMEDOUT');
  }
}
