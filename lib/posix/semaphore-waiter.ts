import { deadlineAfter, remaining } from '../core/deadline';
import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { quick2 } from '../core/quick';
import { Spin } from '../core/spin';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import type { SemaphoreHandle } from './semaphore-handle';

const EAGAIN = -errnoOf('EAGAIN');

/** The waits of one semaphore object: they form one line. */
export class SemaphoreWaiter implements Call<true> {
  /** Referred to by pending waits, so that it is not forgotten. */
  readonly #handle: SemaphoreHandle;
  readonly #name: string | undefined;
  readonly #keeper: Keeper;
  readonly #lane: Lane;
  readonly #spin = new Spin();

  constructor(handle: SemaphoreHandle, name: string | undefined, keeper: Keeper) {
    this.#handle = handle;
    this.#name = name;
    this.#keeper = keeper;
    this.#lane = new Lane(keeper, () => undefined);
  }

  end(reason: () => unknown): void {
    this.#lane.end(reason);
  }

  /** Takes one if there is one now, and nobody who came before wants it. */
  try(): boolean {
    return !this.#overtaking() && this.take();
  }

  /** undefined: it was taken at once. */
  wait(limits: Limits, method: unknown): Promise<true> | undefined {
    this.#keeper.checkOpen();
    const tried = !this.#lane.busy && mayAnswerInline();
    if (tried && (this.take() || this.#trySpinning() === true)) return undefined;
    return this.#lane.add(this, limits, method, tried);
  }

  waitSync(timeout: number): void {
    this.#keeper.checkOpen();
    if (!this.#lane.busy && this.#handle.take()) return;
    const deadline = deadlineAfter(timeout);
    const served = this.#lane.busy ? this.#lane.serveSync(timeout) : 0;
    if (served < 0) throw this.failure(served);
    const result = quick2(native.semWaitFor, this.#handle.number, remaining(deadline));
    if (result < 0) throw this.failure(result);
  }

  take(): boolean {
    const result = this.#handle.trywait();
    if (result === 0) return true;
    if (result === EAGAIN) return false;
    throw this.failure(result);
  }

  // ---- what the lane asks for

  attempt(): true | undefined {
    return this.take() ? true : undefined;
  }

  start(): number {
    return native.semWaitStart(this.#handle.number);
  }

  block(timeout: number): [number, number, number] {
    return [quick2(native.semWaitFor, this.#handle.number, timeout), 0, 0];
  }

  complete(_result: number, _low: number, _high: number, took: number): true {
    this.#spin.answered(took);
    return true;
  }

  failure(error: number | string): SystemError {
    return new SystemError(error, 'sem_wait', { path: this.#name === '' ? undefined : this.#name });
  }

  /** Serves those who came before; true if some still wait. */
  #overtaking(): boolean {
    if (this.#lane.busy) this.#lane.serve();
    return this.#lane.busy;
  }

  #trySpinning(): true | undefined {
    return this.#spin.run((duration) =>
      native.semSpin(this.#handle.number, duration) === 0 ? true : undefined,
    );
  }
}
