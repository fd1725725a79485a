import { native } from '../native';
import { deadlineAfter, now, remaining } from './deadline';
import { errnoOf, type SystemError } from './error';
import type { Keeper } from './keeper';
import { Lane, type Call, type Limits } from './lane';
import type { OwnedDescriptor } from './owned-descriptor';
import { loop, startReady, type Direction } from './ready';
import { Spin } from './spin';
import { mayAnswerInline } from './turn';

const ETIMEDOUT = -errnoOf('ETIMEDOUT');

/** A call on a descriptor that never blocks. */
export interface Action<R> {
  /** Makes it; undefined where it would have to wait. Throws what it fails with. */
  attempt(): R | undefined;
  /** The error that a negated errno, or an expired time, stands for. */
  failure(error: number | string): SystemError;
  /** What has been done so far, if ending early with that is better than failing; else undefined. */
  partial?(): R | undefined;
}

/** What is done on one descriptor in one direction: one after the other, in the order of the calls. */
export class ReadyLine {
  /** Referred to by pending waits, so that it is not closed as forgotten. */
  readonly #descriptor: OwnedDescriptor;
  readonly #direction: Direction;
  readonly #keeper: Keeper;
  readonly #lane: Lane;
  readonly #spin = new Spin();

  constructor(descriptor: OwnedDescriptor, direction: Direction, keeper: Keeper) {
    this.#descriptor = descriptor;
    this.#direction = direction;
    this.#keeper = keeper;
    this.#lane = new Lane(keeper, () => undefined, loop);
  }

  /** Ends all waits with the reason. */
  end(reason: () => unknown): void {
    this.#lane.end(reason);
  }

  /** Whether nobody who came before still has to wait: then a call may be made now. */
  isFree(): boolean {
    this.#keeper.checkOpen();
    if (this.#lane.busy) this.#lane.serve();
    return !this.#lane.busy;
  }

  /** Does it now, if nobody who came before still has to wait. */
  try<R>(action: Action<R>): R | undefined {
    return this.isFree() ? action.attempt() : undefined;
  }

  /** Does it when it can be done. `method`: the public one, whose caller the stacks of errors show. */
  run<R>(action: Action<R>, limits: Limits, method: unknown): R | Promise<R> {
    this.#keeper.checkOpen();
    const tried = !this.#lane.busy && mayAnswerInline();
    if (tried) {
      let answer = action.attempt();
      if (answer === undefined) answer = this.#tryOn(action);
      if (answer !== undefined) return answer;
    }
    return this.#lane.add(this.#call(action), limits, method, tried);
  }

  /** Makes a call that waits elsewhere, when it is its turn. At a timeout of 0 it ends by itself. */
  add<R>(call: Call<R>, limits: Limits, method: unknown): Promise<R> {
    const isFirst = !this.#lane.busy;
    const timeout = isFirst && limits.timeout === 0 ? Infinity : limits.timeout;
    return this.#lane.add(call, { ...limits, timeout }, method, isFirst);
  }

  /** Serves all who came before, blocking the thread; answers what is left of the time. */
  serveSync(timeout: number, failure: (error: number) => SystemError): number {
    this.#keeper.checkOpen();
    const deadline = deadlineAfter(timeout);
    const served = this.#lane.busy ? this.#lane.serveSync(timeout) : 0;
    if (served < 0) throw failure(served);
    return remaining(deadline);
  }

  /** As `run`, blocking the thread. */
  runSync<R>(action: Action<R>, timeout: number): R {
    const left = this.serveSync(timeout, (error) => action.failure(error));
    const deadline = deadlineAfter(left);
    for (let waited = false; ; waited = true) {
      const answer = this.#attemptSync(action, deadline);
      if (answer !== undefined) return answer;
      // What is told to be ready need not be: another process may have been quicker.
      const time = remaining(deadline);
      const began = now();
      const result = waited && time === 0 ? ETIMEDOUT : this.#block(time);
      if (result >= 0) this.#spin.answered(now() - began);
      else {
        const partial = action.partial?.();
        if (partial !== undefined) return partial;
        throw action.failure(result);
      }
    }
  }

  /** Where that has paid lately, waits a moment without giving up the CPU. */
  #tryOn<R>(action: Action<R>): R | undefined {
    return this.#spin.run((duration) => this.#tryFor(action, duration));
  }

  #attemptSync<R>(action: Action<R>, deadline: number): R | undefined {
    const answer = action.attempt();
    if (answer !== undefined) return answer;
    return this.#spin.runSync((duration) => this.#tryFor(action, duration), remaining(deadline));
  }

  #tryFor<R>(action: Action<R>, duration: number): R | undefined {
    const end = now() + duration;
    // It may take more than one attempt: a long write, for which there is room bit by bit.
    for (let left = duration; left > 0; left = end - now()) {
      if (!native.readySpin(this.#descriptor.handle, this.#direction, left)) return undefined;
      const answer = action.attempt();
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  #block(timeout: number): number {
    return native.readyWait(this.#descriptor.handle, this.#direction, timeout);
  }

  #call<R>(action: Action<R>): Call<R> {
    return {
      attempt: () => action.attempt(),
      start: () => startReady(this.#descriptor.handle, this.#direction),
      block: (timeout) => [this.#block(timeout), 0, 0],
      complete: (_result, _low, _high, took) => {
        this.#spin.answered(took);
        return undefined; // it is ready, no more: the lane tries again
      },
      failure: (error) => action.failure(error),
      partial: () => action.partial?.(),
    };
  }
}
