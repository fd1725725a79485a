import { CallSite } from '../../core/call-site';
import { ClosedError, SystemError } from '../../core/error';
import { after, listen, stopListening } from '../../core/expiry';
import type { Limits } from '../../core/lane';
import { RemoteError } from './remote-error';

/** A promise of something that comes by itself, within limits. */
export class Pending<T> {
  readonly promise: Promise<T>;
  readonly #site: CallSite;
  readonly #release: (() => void)[] = [];
  #resolve: (value: T) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #settled = false;

  /** `method`: the public one, whose caller the stack shows. `late`: it ended early. */
  constructor(
    { timeout, signal }: Limits,
    method: unknown,
    expired: () => SystemError,
    late: () => void,
  ) {
    this.#site = new CallSite(method);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const end = (reason: unknown): void => {
      if (this.#settled) return;
      this.reject(reason);
      late();
    };
    if (timeout < Infinity) {
      this.#release.push(
        after(timeout, () => {
          end(expired());
        }),
      );
    }
    if (signal === undefined) return;
    const abort = (): void => {
      end(signal.reason);
    };
    this.#release.push(() => {
      stopListening(signal, abort);
    });
    listen(signal, abort, end);
  }

  /** Also at once: what it was given as a signal may have failed. */
  get settled(): boolean {
    return this.#settled;
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(reason: unknown): void {
    if (!this.#settle()) return;
    this.#reject(isOurs(reason) ? this.#site.mark(reason) : reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    for (const undo of this.#release) undo();
    return true;
  }
}

function isOurs(reason: unknown): reason is Error {
  return [SystemError, ClosedError, RemoteError].some((one) => reason instanceof one);
}
