import { errnoOf, invalidType, SystemError } from '../core/error';
import { lengthOf } from '../core/options';
import type { Action } from '../core/ready-line';
import { native } from '../native';
import type { PipeFile } from './pipe-file';

const EAGAIN = -errnoOf('EAGAIN');
const EPIPE = -errnoOf('EPIPE');

/** Writes to a pipe's writing end: descriptions of them, for its line. */
export class Outgoing {
  readonly path: string | undefined;
  readonly #file: PipeFile;

  constructor(file: PipeFile, path: string | undefined) {
    this.#file = file;
    this.path = path;
  }

  /** Writes all of it; the answer is how many bytes. */
  write(bytes: Uint8Array): Writing {
    return new Writing(this, bytes);
  }

  /** How many bytes were written; undefined: none, there is no room. */
  writeNow(bytes: Uint8Array, from: number, length: number): number | undefined {
    const result = native.pipeWrite(this.#file.ready(), bytes, from, length);
    if (result === EAGAIN) return undefined;
    if (result < 0) throw this.failure(result);
    return result;
  }

  failure(error: number | string): SystemError {
    const hint = error === EPIPE ? 'nobody reads from it' : undefined;
    return new SystemError(error, 'write', { path: this.path, hint });
  }
}

/** What is said of data that was there when the write began. */
function lost(bytes: Uint8Array): TypeError {
  return invalidType('data', 'memory that stays as it is until it is written', bytes);
}

/** One write, which may take several calls. */
class Writing implements Action<number> {
  readonly #outgoing: Outgoing;
  readonly #bytes: Uint8Array;
  readonly #length: number;
  #written = 0;

  constructor(outgoing: Outgoing, bytes: Uint8Array) {
    this.#outgoing = outgoing;
    this.#bytes = bytes;
    this.#length = lengthOf(bytes);
  }

  attempt(): number | undefined {
    let count: number | undefined;
    try {
      if (lengthOf(this.#bytes) < this.#length) throw lost(this.#bytes);
      count = this.#outgoing.writeNow(this.#bytes, this.#written, this.#length - this.#written);
    } catch (error) {
      if (this.#written === 0) throw error;
      return this.#written; // the next write fails
    }
    this.#written += count ?? 0;
    return this.#written < this.#length ? undefined : this.#written;
  }

  partial(): number | undefined {
    return this.#written === 0 ? undefined : this.#written;
  }

  failure(error: number | string): SystemError {
    return this.#outgoing.failure(error);
  }
}
