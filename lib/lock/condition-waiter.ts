import { deadlineAfter, remaining } from '../core/deadline';
import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { native } from '../native';
import type { LockHandle } from './lock-memory';
import { ends, waits, type MutexGuard } from './mutex-guard';
import { MutexWaiter } from './mutex-waiter';
import { recovered, recoveredSync, type Recovering } from './recovery';

const hints = new Map<number, string>(
  (
    [
      ['EPERM', 'the guard does not hold its mutex in this thread'],
      ['EINVAL', 'the condition is used with another mutex'],
      ['EPROTO', 'somebody has overwritten the condition'],
    ] as const
  ).map(([code, hint]) => [errnoOf(code), hint]),
);

/** What a negated errno, or an expired time, means. */
function conditionFailure(
  error: number | string,
  syscall: string,
  { name }: LockHandle,
): SystemError {
  const hint = typeof error === 'number' ? hints.get(-error) : undefined;
  return new SystemError(error, syscall, { path: name, hint });
}

/** Without the mutex, until somebody notifies. Its end takes nothing. */
class Sleep implements Call<true> {
  readonly #handle: LockHandle;
  readonly #sequence: number;

  constructor(handle: LockHandle, sequence: number) {
    this.#handle = handle;
    this.#sequence = sequence;
  }

  attempt(): true | undefined {
    return native.conditionLook(this.#handle.number) === this.#sequence ? undefined : true;
  }

  start(): number {
    return native.conditionWaitStart(this.#handle.number, this.#sequence);
  }

  block(timeout: number): [number, number, number] {
    return [native.conditionWaitFor(this.#handle.number, this.#sequence, timeout), 0, 0];
  }

  complete(): true {
    return true;
  }

  failure(error: number | string): SystemError {
    return conditionFailure(error, 'condition_wait', this.#handle);
  }
}

/** One wait, which has a ticket. All but its sleep is done with the mutex. */
class ConditionWait {
  readonly guard: MutexGuard;
  readonly mutex: Recovering<MutexGuard>;
  readonly #handle: LockHandle;
  readonly #ticket: number;

  constructor(handle: LockHandle, guard: MutexGuard) {
    this.guard = guard;
    this.mutex = waits.mutexOf(guard);
    this.#handle = handle;
    this.#ticket = this.#check(native.conditionEnter(handle.number, this.#owned));
  }

  /** Gives up the mutex. */
  unlock(): Sleep {
    const sleep = new Sleep(this.#handle, native.conditionLook(this.#handle.number));
    try {
      waits.unlock(this.guard);
    } catch (error) {
      native.conditionLeave(this.#handle.number, this.#owned);
      throw error;
    }
    return sleep;
  }

  /** Whether the wait is over, after the mutex was locked again; `failed`: how the sleep ended. */
  isOver(failed: { reason: unknown } | undefined): boolean {
    const passed = native.conditionPass(this.#handle.number, this.#owned, this.#ticket);
    if (this.#check(passed) === 1) return true;
    const isToldOfDeath = this.guard.ownerDied && this.mutex.recover === undefined;
    if (failed === undefined && !isToldOfDeath) return false;
    this.#check(native.conditionLeave(this.#handle.number, this.#owned));
    if (isToldOfDeath || failed === undefined) return true;
    throw failed.reason;
  }

  get #owned(): number {
    return this.mutex.handle.number;
  }

  #check(result: number): number {
    if (result < 0) throw conditionFailure(result, 'condition_wait', this.#handle);
    return result;
  }
}

/** The waits of one condition object. */
export class ConditionWaiter {
  readonly #handle: LockHandle;
  readonly #sleeps: Keeper;
  readonly #relocks: Keeper;
  readonly #lanes = new Set<Lane>();

  /** `relocks`: counts those who lock the mutex again, also when the condition is closed. */
  constructor(handle: LockHandle, sleeps: Keeper, relocks: Keeper) {
    this.#handle = handle;
    this.#sleeps = sleeps;
    this.#relocks = relocks;
  }

  end(reason: () => unknown): void {
    for (const lane of this.#lanes) lane.end(reason);
  }

  /** What a wait fails with when its time is over. */
  expired(): SystemError {
    return conditionFailure('ETIMEDOUT', 'condition_wait', this.#handle);
  }

  async wait(guard: MutexGuard, { timeout, signal }: Limits, method: unknown): Promise<void> {
    const wait = new ConditionWait(this.#handle, guard);
    const deadline = deadlineAfter(timeout);
    this.#handle.keep(); // the condition may be closed meanwhile
    try {
      let failed: { reason: unknown } | undefined;
      do {
        const sleep = wait.unlock();
        failed = await this.#sleep(sleep, { timeout: remaining(deadline), signal }, method, guard);
        await this.#relock(wait, method);
      } while (!wait.isOver(failed));
      if (waits.isLeft(guard)) {
        this.notify(guard, false); // somebody else is to have it
        throw this.#left();
      }
    } finally {
      this.#handle.letGo();
      waits.end(guard);
    }
  }

  waitSync(guard: MutexGuard, timeout: number): void {
    const wait = new ConditionWait(this.#handle, guard);
    const deadline = deadlineAfter(timeout);
    this.#handle.keep(); // recovering may close it
    try {
      let failed: { reason: unknown } | undefined;
      do {
        const sleep = wait.unlock();
        const [result] = sleep.block(remaining(deadline));
        failed = result < 0 ? { reason: sleep.failure(result) } : undefined;
        this.#relockSync(wait);
      } while (!wait.isOver(failed));
    } finally {
      this.#handle.letGo();
    }
  }

  notify(guard: MutexGuard, all: boolean): void {
    const { handle } = waits.mutexOf(guard);
    const result = native.conditionNotify(this.#handle.number, handle.number, all);
    if (result < 0) throw conditionFailure(result, 'condition_notify', this.#handle);
  }

  #left(): SystemError {
    const hint = 'the block of the guard has ended while it waited';
    return new SystemError('EPERM', 'condition_wait', { path: this.#handle.name, hint });
  }

  /** How it failed, if it did. */
  async #sleep(
    sleep: Sleep,
    limits: Limits,
    method: unknown,
    guard: MutexGuard,
  ): Promise<{ reason: unknown } | undefined> {
    const lane = new Lane(this.#sleeps, () => undefined);
    this.#lanes.add(lane); // before it listens to a signal, which may close the condition
    try {
      const promise = lane.add(sleep, limits, method, true);
      waits.onLeft(guard, () => {
        lane.end(() => this.#left());
      });
      await promise;
      return undefined;
    } catch (reason) {
      return { reason };
    } finally {
      this.#lanes.delete(lane);
    }
  }

  async #relock({ guard, mutex }: ConditionWait, method: unknown): Promise<void> {
    const waiter = new MutexWaiter(mutex.handle, this.#relocks);
    try {
      waits.relocked(guard, await waiter.wait({ timeout: Infinity, signal: undefined }, method));
    } catch (error) {
      waits.relocked(guard, undefined);
      throw error;
    }
    if (guard.ownerDied && mutex.recover !== undefined) {
      await recovered(guard, mutex.recover, ends);
    }
  }

  #relockSync({ guard, mutex }: ConditionWait): void {
    try {
      waits.relocked(guard, new MutexWaiter(mutex.handle, this.#relocks).waitSync(Infinity));
    } catch (error) {
      waits.relocked(guard, undefined);
      throw error;
    }
    if (guard.ownerDied && mutex.recover !== undefined) recoveredSync(guard, mutex.recover, ends);
  }
}
