import { checkOpener, type ByOpener } from '../core/by-opener';
import { ClosedError } from '../core/error';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';

/**
 * A descriptor that came from another process. It is close-on-exec, and closed when this object is
 * closed or forgotten.
 *
 * ```js
 * const [received] = (await socket.receive()).fds;
 * const file = memory.Memfd.fromFdSync(received.detach());
 * ```
 */
export class ReceivedDescriptor implements Disposable, AsyncDisposable {
  readonly #descriptor: OwnedDescriptor;
  #closed = false;

  /** @internal Takes it over. */
  constructor(by: ByOpener, descriptor: OwnedDescriptor) {
    checkOpener(by, ReceivedDescriptor);
    this.#descriptor = descriptor;
  }

  /** Its number; it belongs to this object. */
  get fd(): number {
    if (this.#closed) throw new ClosedError('received descriptor');
    return this.#descriptor.number;
  }

  /** Whether `close` or `detach` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Hands it over to the caller, who closes it. */
  detach(): number {
    const { fd } = this;
    this.#closed = true;
    this.#descriptor.release();
    return fd;
  }

  /** Closes it. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return promised(() => {
      this.close();
    });
  }
}
