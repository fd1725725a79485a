import { deadlineAfter, remaining } from '../core/deadline';
import { engine } from '../core/engine';
import { check, errnoOf, invalidType, SystemError } from '../core/error';
import type { Call } from '../core/lane';
import { integer, optionsOf, type WaitOptions } from '../core/options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { native } from '../native';

/** Which part of a file is sent. */
export interface FileRange {
  /** Where it begins. Default: at the descriptor's own position, which moves on. */
  offset?: number | undefined;
  /** How many bytes. Default: to the end. */
  length?: number | undefined;
}

/** How a promise form sends a file. */
export interface SendFileOptions extends WaitOptions, FileRange {}

const EAGAIN = -errnoOf('EAGAIN');
const EINVAL = -errnoOf('EINVAL');
const ETIMEDOUT = -errnoOf('ETIMEDOUT');
const most = Number.MAX_SAFE_INTEGER;

/** The native calls know 30 bits, and move less at a time. */
const mostAtOnce = 2 ** 30;
const ownPosition = -1;

/** Opens a file, or copies a descriptor: it stays open as long as it is needed. */
export function sourceOf(file: unknown): OwnedDescriptor {
  if (typeof file === 'string') {
    return new OwnedDescriptor(check(native.openFile(file, false), 'open', { path: file }));
  }
  if (typeof file !== 'number') throw invalidType('file', 'a path or a descriptor', file);
  return OwnedDescriptor.copyOf(integer('file', file, 0, 2 ** 31 - 1));
}

/** A file on its way into a pipe, portion by portion, on a thread of the wait engine: disks are slow. */
export class FileCall implements Call<number> {
  readonly parking = engine;
  readonly #from: OwnedDescriptor;
  readonly #into: number;
  readonly #offset: number;
  readonly #length: number;
  readonly #path: string | undefined;
  readonly #waits: boolean;
  #moved = 0;

  /** `into`: the handle of the pipe's writing end. At a timeout of 0 it moves what goes at once. */
  constructor(
    from: OwnedDescriptor,
    into: number,
    options: FileRange | undefined,
    path: string | undefined,
    timeout: number,
  ) {
    const { offset, length = most } = optionsOf(options);
    this.#from = from;
    this.#into = into;
    this.#offset = offset === undefined ? ownPosition : integer('options.offset', offset, 0, most);
    this.#length = integer('options.length', length, 0, most);
    this.#path = path;
    this.#waits = timeout > 0;
  }

  attempt(): number | undefined {
    return this.#length === 0 ? 0 : undefined;
  }

  start(): number {
    return native.fillPipeWait(...this.#portion(), this.#waits);
  }

  block(timeout: number): [result: number, low: number, high: number] {
    const most = this.#waits ? timeout : Infinity;
    return [native.fillPipeFor(...this.#portion(), this.#waits, most), 0, 0];
  }

  complete(result: number): number | undefined {
    this.#moved += result;
    const isDone = result === 0 || this.#moved >= this.#length || !this.#waits;
    return isDone ? this.#moved : undefined;
  }

  partial(): number | undefined {
    return this.#moved === 0 ? undefined : this.#moved;
  }

  failure(error: number | string): SystemError {
    const isFull = error === EAGAIN && !this.#waits;
    const hint = error === EINVAL ? 'what it has cannot be spliced into a pipe' : undefined;
    return new SystemError(isFull ? ETIMEDOUT : error, 'splice', { path: this.#path, hint });
  }

  /** All of it, blocking this thread. */
  runSync(timeout: number): number {
    const deadline = deadlineAfter(timeout);
    let answer = this.attempt();
    while (answer === undefined) {
      const left = remaining(deadline);
      const [result] = left === 0 && timeout > 0 ? [ETIMEDOUT] : this.block(left);
      answer = result < 0 ? this.partial() : this.complete(result);
      if (answer === undefined && result < 0) throw this.failure(result);
    }
    return answer;
  }

  #portion(): [from: number, offset: number, into: number, length: number] {
    const offset = this.#offset === ownPosition ? ownPosition : this.#offset + this.#moved;
    const left = Math.min(this.#length - this.#moved, mostAtOnce);
    return [this.#from.number, offset, this.#into, left];
  }
}
