import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import type { LockHandle } from './lock-memory';
import { NO_ROBUST_LIST } from './robust-list';

const EAGAIN = -errnoOf('EAGAIN');
const WAS_LAST = 1;

const hints = new Map<number, string>(
  (
    [
      ['EOWNERDEAD', 'one who waited has died: the barrier is broken until it is reset'],
      ['ENOLCK', 'a thread can hold 2000 locks at a time'],
      ['ENOSYS', NO_ROBUST_LIST],
    ] as const
  ).map(([code, hint]) => [errnoOf(code), hint]),
);

/** What a negated errno, or an expired time, means. */
export function barrierFailure(
  error: number | string,
  syscall: string,
  { name }: LockHandle,
): SystemError {
  const hint = typeof error === 'number' ? hints.get(-error) : undefined;
  return new SystemError(error, syscall, { path: name, hint });
}

/** The waits of one barrier object. Each is a party of its own, so none can wait behind another. */
export class BarrierWaiter implements Call<boolean> {
  readonly #handle: LockHandle;
  readonly #keeper: Keeper;
  readonly #lanes = new Set<Lane>();

  constructor(handle: LockHandle, keeper: Keeper) {
    this.#handle = handle;
    this.#keeper = keeper;
  }

  end(reason: () => unknown): void {
    for (const lane of this.#lanes) lane.end(reason);
  }

  async wait(limits: Limits, method: unknown): Promise<boolean> {
    const tried = mayAnswerInline();
    if (tried && this.attempt() === true) return true;
    const lane = new Lane(this.#keeper, () => undefined);
    this.#lanes.add(lane); // before it listens to a signal, which may close the barrier
    this.#handle.keep();
    try {
      return await lane.add(this, limits, method, tried);
    } finally {
      this.#lanes.delete(lane);
      this.#handle.letGo();
    }
  }

  waitSync(timeout: number): boolean {
    const [result] = this.block(timeout);
    if (result < 0) throw this.failure(result);
    return this.complete(result);
  }

  // ---- what a lane asks for

  /** Only the last one to come need not wait. */
  attempt(): true | undefined {
    const result = native.barrierPass(this.#handle.number);
    if (result === EAGAIN) return undefined;
    if (result < 0) throw this.failure(result);
    return true;
  }

  start(): number {
    return native.barrierWaitStart(this.#handle.number);
  }

  block(timeout: number): [number, number, number] {
    return [native.barrierWaitFor(this.#handle.number, timeout), 0, 0];
  }

  complete(result: number): boolean {
    return result === WAS_LAST;
  }

  failure(error: number | string): SystemError {
    return barrierFailure(error, 'barrier_wait', this.#handle);
  }
}
