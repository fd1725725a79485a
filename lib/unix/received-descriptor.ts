import { checkOpener, type ByOpener } from '../core/by-opener';
import { Closable } from '../core/closable';
import type { OwnedDescriptor } from '../core/owned-descriptor';

/**
 * A descriptor that came from another process. It is close-on-exec, and closed when this object is
 * closed or forgotten.
 *
 * ```js
 * const [received] = (await socket.receive()).fds;
 * const file = memory.Memfd.fromFdSync(received.detach());
 * ```
 */
export class ReceivedDescriptor extends Closable {
  readonly #descriptor: OwnedDescriptor;
  #detaching = false;

  /** @internal Takes it over. */
  constructor(by: ByOpener, descriptor: OwnedDescriptor) {
    checkOpener(by, ReceivedDescriptor);
    super('received descriptor');
    this.#descriptor = descriptor;
  }

  /** Its number; it belongs to this object. */
  get fd(): number {
    this.checkOpen();
    return this.#descriptor.number;
  }

  /** Hands it over to the caller, who closes it. */
  detach(): number {
    const { fd } = this;
    this.#detaching = true;
    this.close();
    return fd;
  }

  protected release(): void {
    if (this.#detaching) this.#descriptor.release();
    else this.#descriptor.close();
  }
}
