/** Byte streams cut into lines and records. */

import { deadlineAfter, remaining } from '../core/deadline';
import { outOfRange, quoted, SystemError } from '../core/error';
import type { Limits } from '../core/lane';
import { laterLimitsOf } from '../core/limits';
import { iterate } from '../core/message-iterator';
import { integer, optionsOf, text, type WaitOptions } from '../core/options';
import type { PipeReader } from './pipe-reader';

/** How lines are read. */
export interface LineOptions extends WaitOptions {
  /** The text's encoding. Default `'utf8'`. */
  encoding?: BufferEncoding | undefined;
  /** The longest line, in bytes: a writer that sends none must not fill the memory. Default 1 MiB. */
  maxLength?: number | undefined;
}

const lineFeed = 10;
const wideLineFeed = Uint8Array.of(lineFeed, 0);
const mebibyte = 2 ** 20;

/** So many pieces of a line or a record are kept as they are. */
const mostPieces = 64;

export function linesOf(
  reader: PipeReader,
  options: LineOptions | undefined,
): AsyncIterableIterator<string> {
  const { encoding = 'utf8', maxLength = mebibyte } = optionsOf(options);
  if (!Buffer.isEncoding(text('options.encoding', encoding))) {
    throw outOfRange('options.encoding', 'an encoding that Buffer knows', quoted(encoding));
  }
  const longest = integer('options.maxLength', maxLength, 1, 2 ** 30);
  const lines = new Lines(reader, encoding, longest);
  return iterate(laterLimitsOf(options), always, inTurn(lines.next.bind(lines)));
}

/** What was read before the object was closed is still given; to go on reading fails then. */
function always(): void {
  // nothing
}

/** Calls one after the other, in the order in which they were made. */
function inTurn<L, T>(call: (limits: L) => T | Promise<T>): (limits: L) => T | Promise<T> {
  let last: Promise<unknown> | undefined;
  return (limits) => {
    const next = (): T | Promise<T> => call(limits);
    const result = last === undefined ? next() : last.then(next, next);
    if (!(result instanceof Promise)) return result;
    last = result;
    const settled = (): void => {
      if (last === result) last = undefined;
    };
    result.then(settled, settled);
    return result;
  };
}

/** What is left of the limits at each of several reads: one that sends byte by byte must not hold it up. */
function leftOf(limits: Limits): () => Limits {
  if (limits.timeout === Infinity) return () => limits;
  const deadline = deadlineAfter(limits.timeout);
  return () => ({ ...limits, timeout: remaining(deadline) });
}

const nothing = Buffer.alloc(0);

/** Bytes that come piece by piece. A writer may send them one by one: so many pieces are copied together. */
class Gathered {
  length = 0;
  #pieces: Buffer[] = [];
  /** What was copied together, and how much of its room that takes. */
  #front = nothing;
  #used = 0;

  add(piece: Buffer): void {
    this.length += piece.length;
    if (this.#pieces.push(piece) === mostPieces) this.#pack();
  }

  /** All of them, in one Buffer. */
  take(): Buffer {
    const [first = nothing, ...more] = this.#pieces;
    const isWhole = this.#used === 0 && more.length === 0;
    const all = isWhole ? first : Buffer.concat([this.#packed, ...this.#pieces], this.length);
    this.length = 0;
    this.#pieces = [];
    if (!isWhole) [this.#front, this.#used] = [nothing, 0];
    return all;
  }

  get #packed(): Buffer {
    return this.#front.subarray(0, this.#used);
  }

  #pack(): void {
    if (this.#front.length < this.length) {
      const larger = Buffer.allocUnsafeSlow(2 * this.length);
      larger.set(this.#packed);
      this.#front = larger;
    }
    for (const piece of this.#pieces) {
      this.#front.set(piece, this.#used);
      this.#used += piece.length;
    }
    this.#pieces = [];
  }
}

/** The lines of a stream, as they come in chunks. */
class Lines {
  readonly #reader: PipeReader;
  readonly #encoding: BufferEncoding;
  readonly #longest: number;
  /** Bytes of a character: the line feed of UTF-16 has two, at an even place. */
  readonly #unit: number;
  #chunk: Buffer = nothing;
  #from = 0;
  readonly #begun = new Gathered();
  #ended = false;

  constructor(reader: PipeReader, encoding: BufferEncoding, longest: number) {
    this.#reader = reader;
    this.#encoding = encoding;
    this.#longest = longest;
    this.#unit = Buffer.from('\n', encoding).length === 2 ? 2 : 1;
  }

  /** Null at the end. */
  next(limits: Limits): string | null | Promise<string | null> {
    return this.#take() ?? this.#readOn(limits);
  }

  async #readOn(limits: Limits): Promise<string | null> {
    const left = leftOf(limits);
    while (!this.#ended) {
      this.#keep(this.#chunk.length - ((this.#chunk.length - this.#from) % this.#unit));
      const half = this.#chunk.subarray(this.#from); // of a character, or empty
      const chunk = await this.#reader.read(left());
      if (chunk === null) {
        this.#ended = true;
        this.#keep(this.#chunk.length);
        break;
      }
      this.#chunk = half.length === 0 ? chunk : Buffer.concat([half, chunk]);
      this.#from = 0;
      const line = this.#take();
      if (line !== undefined) return line;
    }
    return this.#begun.length === 0 ? null : this.#line();
  }

  /** A line that ends in this chunk. */
  #take(): string | undefined {
    const end = this.#find();
    if (end < 0) return undefined;
    this.#keep(end);
    this.#from += this.#unit;
    return this.#line();
  }

  #find(): number {
    if (this.#unit === 1) return this.#chunk.indexOf(lineFeed, this.#from);
    let at = this.#chunk.indexOf(wideLineFeed, this.#from);
    while ((at - this.#from) % 2 !== 0 && at >= 0) at = this.#chunk.indexOf(wideLineFeed, at + 1);
    return at;
  }

  /** So far the chunk belongs to the line that has begun. */
  #keep(to: number): void {
    if (to === this.#from) return;
    this.#begun.add(this.#chunk.subarray(this.#from, to));
    this.#from = to;
    if (this.#begun.length <= this.#longest) return;
    const hint = `a line is longer than ${String(this.#longest)} bytes`;
    throw new SystemError('EMSGSIZE', 'read', { path: this.#reader.path, hint });
  }

  #line(): string {
    return this.#begun.take().toString(this.#encoding);
  }
}

export function recordsOf(
  reader: PipeReader,
  size: number,
  options: WaitOptions | undefined,
): AsyncIterableIterator<Buffer> {
  const next = (limits: Limits): Promise<Buffer | null> => recordOf(reader, size, limits);
  return iterate(laterLimitsOf(options), always, inTurn(next));
}

/** Null at the end. */
async function recordOf(reader: PipeReader, size: number, limits: Limits): Promise<Buffer | null> {
  const left = leftOf(limits);
  const begun = new Gathered();
  while (begun.length < size) {
    const chunk = await reader.read({ ...left(), size: size - begun.length });
    if (chunk === null) break;
    begun.add(chunk);
  }
  const { length } = begun;
  if (length === 0) return null;
  if (length < size) {
    const hint = `the end came after ${String(length)} bytes of a record of ${String(size)}`;
    throw new SystemError('EBADMSG', 'read', { path: reader.path, hint });
  }
  return begun.take();
}
