import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import type { LockHandle } from './lock-memory';
import { NO_ROBUST_LIST } from './robust-list';

const ENOSYS = errnoOf('ENOSYS');

export function eventFailure(
  error: number | string,
  syscall: string,
  { name }: LockHandle,
): SystemError {
  const hint = error === -ENOSYS ? NO_ROBUST_LIST : undefined;
  return new SystemError(error, syscall, { path: name, hint });
}

/** One wait. It is told of what was set since it began, even if that was reset at once. */
class EventCall implements Call<true> {
  readonly #handle: LockHandle;
  readonly #since: number;

  constructor(handle: LockHandle) {
    this.#handle = handle;
    this.#since = native.eventSets(handle.number);
  }

  attempt(): true | undefined {
    const result = native.eventPass(this.#handle.number, this.#since);
    if (result < 0) throw this.failure(result);
    return result === 1 ? true : undefined;
  }

  start(): number {
    return native.eventWaitStart(this.#handle.number, this.#since);
  }

  block(timeout: number): [number, number, number] {
    return [native.eventWaitFor(this.#handle.number, this.#since, timeout), 0, 0];
  }

  complete(): true {
    return true;
  }

  failure(error: number | string): SystemError {
    return eventFailure(error, 'event_wait', this.#handle);
  }
}

/** The waits of one event object: they form one line. */
export class EventWaiter {
  readonly #handle: LockHandle;
  readonly #lane: Lane;
  #keeps = false;

  constructor(handle: LockHandle, keeper: Keeper) {
    this.#handle = handle;
    this.#lane = new Lane(keeper, () => {
      if (this.#keeps) handle.letGo();
      this.#keeps = false;
    });
  }

  end(reason: () => unknown): void {
    this.#lane.end(reason);
  }

  try(): boolean {
    return new EventCall(this.#handle).attempt() === true;
  }

  async wait(limits: Limits, method: unknown): Promise<void> {
    const call = new EventCall(this.#handle);
    const tried = !this.#lane.busy && mayAnswerInline();
    if (tried && call.attempt() === true) return;
    const promise = this.#lane.add(call, limits, method, tried);
    if (this.#lane.busy && !this.#keeps) {
      this.#keeps = true;
      this.#handle.keep();
    }
    await promise;
  }

  waitSync(timeout: number): void {
    const call = new EventCall(this.#handle);
    const [result] = call.block(timeout);
    if (result < 0) throw call.failure(result);
  }
}
