import { Closable } from './closable';
import { ClosedError } from './error';
import type { Keeper } from './keeper';

/** What this process holds of an object that it can wait for. */
export abstract class Handle extends Closable {
  readonly #what: string;
  readonly #keeper: Keeper;

  /** `what` it is, in the words of an error message; `keeper` counts its waits. */
  constructor(what: string, keeper: Keeper) {
    super(what);
    this.#what = what;
    this.#keeper = keeper;
  }

  /** Ends this object's waits with ERR_CLOSED, and lets go of it. It stays in the kernel. Idempotent. */
  override close(): void {
    this.#keeper.end(() => new ClosedError(this.#what));
    super.close();
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
}
