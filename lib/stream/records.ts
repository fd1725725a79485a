/** Byte streams cut into lines and records. */

import { outOfRange, SystemError } from '../core/error';
import type { Limits } from '../core/lane';
import { laterLimitsOf } from '../core/limits';
import { iterate } from '../core/message-iterator';
import { integer, optionsOf, type WaitOptions } from '../core/options';
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

export function linesOf(
  reader: PipeReader,
  options: LineOptions | undefined,
): AsyncIterableIterator<string> {
  const { encoding = 'utf8', maxLength = mebibyte } = optionsOf(options);
  if (!Buffer.isEncoding(encoding)) {
    throw outOfRange('options.encoding', 'an encoding that Buffer knows', encoding);
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

/** The lines of a stream, as they come in chunks. */
class Lines {
  readonly #reader: PipeReader;
  readonly #encoding: BufferEncoding;
  readonly #longest: number;
  /** Bytes of a character: the line feed of UTF-16 has two, at an even place. */
  readonly #unit: number;
  #chunk: Buffer = Buffer.alloc(0);
  #from = 0;
  #begun: Buffer[] = [];
  #length = 0;
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
    while (!this.#ended) {
      this.#keep(this.#chunk.length - ((this.#chunk.length - this.#from) % this.#unit));
      const half = this.#chunk.subarray(this.#from); // of a character, or empty
      const chunk = await this.#reader.read(limits);
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
    return this.#length === 0 ? null : this.#line();
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
    this.#begun.push(this.#chunk.subarray(this.#from, to));
    this.#length += to - this.#from;
    this.#from = to;
    if (this.#length <= this.#longest) return;
    const hint = `a line is longer than ${String(this.#longest)} bytes`;
    throw new SystemError('EMSGSIZE', 'read', { path: this.#reader.path, hint });
  }

  #line(): string {
    const [begun, ...more] = this.#begun;
    const bytes = more.length === 0 ? begun : Buffer.concat(this.#begun);
    [this.#begun, this.#length] = [[], 0];
    return bytes === undefined ? '' : bytes.toString(this.#encoding);
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
  const begun: Buffer[] = [];
  let length = 0;
  while (length < size) {
    const chunk = await reader.read({ ...limits, size: size - length });
    if (chunk === null) break;
    begun.push(chunk);
    length += chunk.length;
  }
  const [first] = begun;
  if (first === undefined) return null;
  if (length < size) {
    const hint = `the end came after ${String(length)} bytes of a record of ${String(size)}`;
    throw new SystemError('EBADMSG', 'read', { path: reader.path, hint });
  }
  return begun.length === 1 ? first : Buffer.concat(begun);
}
