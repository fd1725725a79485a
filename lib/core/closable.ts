import { ClosedError } from './error';
import { promised } from './promised';

/** What this process holds of something, until it is closed. */
export abstract class Closable implements Disposable, AsyncDisposable {
  readonly #what: string;
  #closed = false;

  /** `what` it is, in the words of an error message. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Lets go of what this process holds. The object stays in the kernel. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.release(() => new ClosedError(this.#what));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return promised(() => {
      this.close();
    });
  }

  /** Lets go; called once. `reason`: what is told to who waits. */
  protected abstract release(reason: () => ClosedError): void;

  /** Throws ERR_CLOSED after `close`. */
  protected checkOpen(): void {
    if (this.#closed) throw new ClosedError(this.#what);
  }
}
