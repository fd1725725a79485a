import { errnoOf, SystemError } from '../core/error';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import type { Action } from '../core/ready-line';
import { native } from '../native';

const EAGAIN = -errnoOf('EAGAIN');

/** Writes to a pipe's writing end: descriptions of them, for its line. */
export class Outgoing {
  readonly path: string | undefined;
  readonly #descriptor: OwnedDescriptor;
  #isReady = false;

  constructor(descriptor: OwnedDescriptor, path: string | undefined) {
    this.#descriptor = descriptor;
    this.path = path;
  }

  /** Writes all of it; the answer is how many bytes. */
  write(bytes: Uint8Array): Writing {
    return new Writing(this, bytes);
  }

  /** How many bytes were written; undefined: none, there is no room. */
  writeNow(bytes: Uint8Array, from: number): number | undefined {
    // Not before: until now the end may have been meant for a child, which wants to block.
    if (!this.#isReady) this.#descriptor.setNonblocking();
    this.#isReady = true;
    const length = bytes.length - from;
    const result = native.pipeWrite(this.#descriptor.handle, bytes, from, length);
    if (result === EAGAIN) return undefined;
    if (result < 0) throw this.failure(result);
    return result;
  }

  failure(error: number | string): SystemError {
    return new SystemError(error, 'write', { path: this.path });
  }
}

/** One write, which may take several calls. */
class Writing implements Action<number> {
  readonly #outgoing: Outgoing;
  readonly #bytes: Uint8Array;
  #written = 0;

  constructor(outgoing: Outgoing, bytes: Uint8Array) {
    this.#outgoing = outgoing;
    this.#bytes = bytes;
  }

  attempt(): number | undefined {
    let count: number | undefined;
    try {
      count = this.#outgoing.writeNow(this.#bytes, this.#written);
    } catch (error) {
      if (this.#written === 0) throw error;
      return this.#written; // the next write fails
    }
    this.#written += count ?? 0;
    return this.#written < this.#bytes.length ? undefined : this.#written;
  }

  partial(): number | undefined {
    return this.#written === 0 ? undefined : this.#written;
  }

  failure(error: number | string): SystemError {
    return this.#outgoing.failure(error);
  }
}
