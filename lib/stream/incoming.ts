import { errnoOf, SystemError } from '../core/error';
import { lengthOf, mustHaveRoom } from '../core/options';
import { longestPooled, poolAddress, pooledRoom, takePooled } from '../core/pool';
import type { Action } from '../core/ready-line';
import { native, type Memory } from '../native';
import { PIPE_BUF } from './constants';
import type { PipeFile } from './pipe-file';

/** What one read takes at most, unless it is told: what a pipe holds by default. */
export const defaultSize = 64 * 1024;

const EAGAIN = -errnoOf('EAGAIN');

/** Reads of a pipe's reading end: descriptions of them, for its line. */
export class Incoming {
  readonly #file: PipeFile;
  readonly #path: string | undefined;
  /** How many bytes the last read has taken: the next one may take as many. */
  #last = 0;
  /** Memory that a read got too few bytes for. */
  #spare: Buffer | undefined;

  constructor(file: PipeFile, path: string | undefined) {
    this.#file = file;
    this.#path = path;
  }

  /** Takes what is there, `size` bytes at most; null at the end. */
  buffer(size: number): Action<Buffer | null> {
    return { attempt: () => this.#take(size), failure: this.#failure };
  }

  /** The same into the caller's memory; 0 at the end. */
  into(memory: Uint8Array): Action<number> {
    const attempt = (): number | undefined => {
      mustHaveRoom('memory', memory); // a read of no bytes would look like the end
      return this.#read(memory, lengthOf(memory));
    };
    return { attempt, failure: this.#failure };
  }

  readonly #failure = (error: number | string): SystemError =>
    new SystemError(error, 'read', { path: this.#path });

  #take(size: number): Buffer | null | undefined {
    if (size > longestPooled && this.#last > longestPooled) return this.#takeOwn(this.#most(size));
    // A packet that does not fit would lose its end.
    const likely = Math.min(size, Math.max(PIPE_BUF, 2 * this.#last));
    const room = pooledRoom(likely);
    const length = this.#read(poolAddress(), Math.min(size, room));
    if (length === undefined) return undefined;
    this.#last = length;
    return length === 0 ? null : takePooled(length);
  }

  /** Of a size that means "all there is", memory is needed for what a pipe holds. */
  #most(size: number): number {
    return size > defaultSize ? Math.min(size, Math.max(defaultSize, this.#file.capacity)) : size;
  }

  #takeOwn(size: number): Buffer | null | undefined {
    const spare = this.#spare;
    const memory = spare?.length === size ? spare : Buffer.allocUnsafeSlow(size);
    const length = this.#read(memory, size);
    this.#spare = length === undefined || length <= longestPooled ? memory : undefined;
    if (length === undefined) return undefined;
    this.#last = length;
    if (length === 0) return null;
    const taken = memory.subarray(0, length);
    return this.#spare === undefined ? taken : Buffer.from(taken);
  }

  #read(memory: Memory, length: number): number | undefined {
    const result = native.pipeRead(this.#file.ready(), memory, length);
    if (result === EAGAIN) return undefined;
    if (result < 0) throw this.#failure(result);
    return result;
  }
}
