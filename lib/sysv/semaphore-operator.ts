import { deadlineAfter, remaining } from '../core/deadline';
import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call } from '../core/lane';
import { quick4 } from '../core/quick';
import { Spin } from '../core/spin';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import { SEMBUFS } from './sembuf';
import type { Operations } from './semaphore-operations';
import type { WaitPlan } from './semaphore-options';
import { hintOf, isGone } from './semaphore-hints';

const { semopTimed } = native; // see core/quick.ts

const EAGAIN = -errnoOf('EAGAIN');
const EIDRM = -errnoOf('EIDRM');
const EINVAL = -errnoOf('EINVAL');

/** What operates on a set. All calls with the same operations form one line. */
export class SemaphoreOperator {
  readonly #id: number;
  readonly #key: number;
  readonly #keeper: Keeper;
  readonly #lanes = new Map<number | string, Lane>();
  readonly #spin = new Spin();

  constructor(id: number, key: number, keeper: Keeper) {
    this.#id = id;
    this.#key = key;
    this.#keeper = keeper;
  }

  end(reason: () => unknown): void {
    for (const lane of [...this.#lanes.values()]) lane.end(reason);
  }

  /** At once, or not: whether they were performed. */
  try(operations: Operations): boolean {
    this.#keeper.checkOpen();
    return !this.#overtaking(operations) && this.perform(operations, false);
  }

  /** Operations that give only, or must not wait: done or failed at once. */
  now(operations: Operations): void {
    if (!this.perform(operations, false)) throw this.failure(EAGAIN, operations);
  }

  /** undefined: they were performed at once. */
  wait(operations: Operations, plan: WaitPlan, method: unknown): Promise<true> | undefined {
    this.#keeper.checkOpen();
    if (operations.neverWaits) {
      this.now(operations);
      return undefined;
    }
    const lane = this.#laneOf(operations);
    const tried = lane === undefined && mayAnswerInline();
    if (tried && (this.perform(operations, false) || this.#spinFor(operations) === true))
      return undefined;
    // Tried later, it could not tell a removal before the call from one after it.
    if (!tried && lane === undefined && isGone(this.#id)) throw this.failure(EINVAL, operations);
    const call = new OperateCall(this, operations);
    return (lane ?? this.#newLane(operations)).add(call, plan, method, tried);
  }

  waitSync(operations: Operations, { timeout }: WaitPlan): void {
    this.#keeper.checkOpen();
    const result = operations.neverWaits
      ? operations.attempt(this.#id)
      : timeout === Infinity && this.#lanes.size === 0
        ? this.block(operations, timeout)
        : this.#blockBehindOthers(operations, timeout);
    if (result < 0) throw this.failure(result, operations);
  }

  /** Without waiting: whether it could be done. `waited`: found to block before. */
  perform(operations: Operations, waited: boolean): boolean {
    const result = operations.attempt(this.#id);
    if (result === 0) return true;
    if (result === EAGAIN) return false;
    throw this.failure(waited && result === EINVAL ? 'EIDRM' : result, operations);
  }

  start(operations: Operations): number {
    operations.load();
    return native.semopWait(this.#id, SEMBUFS, operations.count);
  }

  block(operations: Operations, timeout: number): number {
    operations.load();
    return quick4(semopTimed, this.#id, SEMBUFS, operations.count, timeout);
  }

  answered(took: number): void {
    this.#spin.answered(took);
  }

  failure(error: number | string, operations: Operations): SystemError {
    return new SystemError(error, 'semop', {
      id: this.#id,
      key: this.#key,
      hint: hintOf(error, this.#id, operations.count),
    });
  }

  #blockBehindOthers(operations: Operations, timeout: number): number {
    const deadline = deadlineAfter(timeout);
    const served = this.#laneOf(operations)?.serveSync(timeout) ?? 0;
    return served < 0 ? served : this.block(operations, remaining(deadline));
  }

  #spinFor(operations: Operations): true | undefined {
    return this.#spin.run((duration) => {
      operations.load();
      const result = native.semopSpin(this.#id, SEMBUFS, operations.count, duration);
      // A failure is found again, and reported, by the wait that follows.
      return result === 0 ? true : undefined;
    });
  }

  /** Serves those who came before; true if some still wait. */
  #overtaking(operations: Operations): boolean {
    const lane = this.#laneOf(operations);
    lane?.serve();
    return lane?.busy === true;
  }

  #laneOf(operations: Operations): Lane | undefined {
    return this.#lanes.size === 0 ? undefined : this.#lanes.get(operations.key);
  }

  #newLane({ key }: Operations): Lane {
    const lane = new Lane(this.#keeper, () => this.#lanes.delete(key));
    this.#lanes.set(key, lane);
    return lane;
  }
}

class OperateCall implements Call<true> {
  constructor(
    private readonly operator: SemaphoreOperator,
    private readonly operations: Operations,
  ) {}

  attempt(): true | undefined {
    return this.operator.perform(this.operations, true) ? true : undefined;
  }

  start(): number {
    return this.operator.start(this.operations);
  }

  block(timeout: number): [number, number, number] {
    const result = this.operator.block(this.operations, timeout);
    return [result === EINVAL ? EIDRM : result, 0, 0]; // it was there when the wait began
  }

  complete(_result: number, _low: number, _high: number, took: number): true {
    this.operator.answered(took);
    return true;
  }

  failure(error: number | string): SystemError {
    return this.operator.failure(error, this.operations);
  }
}
