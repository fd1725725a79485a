import { ClosedError } from './error';
import type { Keeper } from './keeper';
import { promised } from './promised';

/** What this process holds of an object in the kernel, until it is closed. */
export abstract class Handle implements Disposable, AsyncDisposable {
  readonly #what: string;
  readonly #keeper: Keeper;
  #closed = false;

  /** `what` it is, in the words of an error message; `keeper` counts its waits. */
  constructor(what: string, keeper: Keeper) {
    this.#what = what;
    this.#keeper = keeper;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends this object's waits with ERR_CLOSED, and lets go of it. It stays in the kernel. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const reason = (): ClosedError => new ClosedError(this.#what);
    this.#keeper.end(reason);
    this.release(reason);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return promised(() => {
      this.close();
    });
  }

  /** Pending waits keep the process alive, as they do by default. */
  ref(): this {
    this.#keeper.hold(true);
    return this;
  }

  /** Pending waits do not keep the process alive. */
  unref(): this {
    this.#keeper.hold(false);
    return this;
  }

  /** Ends all waits with the reason; called once. */
  protected abstract release(reason: () => ClosedError): void;

  /** Throws ERR_CLOSED after `close`. */
  protected checkOpen(): void {
    if (this.#closed) throw new ClosedError(this.#what);
  }
}
