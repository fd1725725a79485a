import { CallSite } from '../../core/call-site';
import { ClosedError, SystemError } from '../../core/error';
import { after, listen } from '../../core/expiry';
import type { Limits } from '../../core/lane';
import { RemoteError } from './remote-error';

/** A promise of something that comes by itself, within limits. Its errors are to be `located`. */
export class Pending<T> {
  readonly promise: Promise<T>;
  readonly #release: (() => void)[] = [];
  #resolve: (value: T) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #settled = false;

  /** `late`: it ended early. */
  constructor({ timeout, signal }: Limits, expired: () => SystemError, late: () => void) {
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
    this.#release.push(listen(signal, abort, end));
  }

  /** Also at once: what it was given as a signal may have failed. */
  get settled(): boolean {
    return this.#settled;
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    for (const undo of this.#release) undo();
    return true;
  }
}

/**
 * The error that an async function has caught, with the stack of who awaits that function, which passes
 * itself. It is taken then: to take it at each call would cost more than most answers.
 */
export function located(error: unknown, method: unknown): unknown {
  return isOurs(error) ? new CallSite(method).mark(error) : error;
}

function isOurs(reason: unknown): reason is Error {
  return [SystemError, ClosedError, RemoteError].some((one) => reason instanceof one);
}
