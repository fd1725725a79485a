/** Byte streams cut into lines and records. */

import { ClosedError, outOfRange, SystemError } from '../core/error';
import { laterLimitsOf } from '../core/limits';
import { integer, optionsOf, type WaitOptions } from '../core/options';
import type { PipeReader, ReadOptions } from './pipe-reader';

/** How lines are read. */
export interface LineOptions extends WaitOptions {
  /** The text's encoding. Default `'utf8'`. */
  encoding?: BufferEncoding | undefined;
  /** The longest line, in bytes: a writer that sends none must not fill the memory. Default 1 MiB. */
  maxLength?: number | undefined;
}

const lineFeed = 10;
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
  return lines(reader, reader.chunks(options), encoding, longest);
}

async function* lines(
  reader: PipeReader,
  chunks: AsyncIterable<Buffer>,
  encoding: BufferEncoding,
  longest: number,
): AsyncGenerator<string, undefined> {
  let begun: Buffer[] = [];
  let length = 0;
  const checked = (more: number): void => {
    length += more;
    if (length <= longest) return;
    const hint = `a line is longer than ${String(longest)} bytes`;
    throw new SystemError('EMSGSIZE', 'read', { path: reader.path, hint });
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(lineFeed); to >= 0; to = chunk.indexOf(lineFeed, from)) {
      checked(to - from);
      const end = chunk.subarray(from, to);
      yield (begun.length === 0 ? end : Buffer.concat([...begun, end])).toString(encoding);
      [begun, length, from] = [[], 0, to + 1];
    }
    if (from < chunk.length) {
      checked(chunk.length - from);
      begun.push(chunk.subarray(from));
    }
  }
  // What was begun when the object was closed is no line.
  if (length > 0 && !reader.closed) yield Buffer.concat(begun).toString(encoding);
  return undefined;
}

export function recordsOf(
  reader: PipeReader,
  size: number,
  options: WaitOptions | undefined,
): AsyncIterableIterator<Buffer> {
  laterLimitsOf(options); // wrong arguments are told here, not in the loop
  return records(reader, size, options);
}

async function* records(
  reader: PipeReader,
  size: number,
  options: WaitOptions | undefined,
): AsyncGenerator<Buffer, undefined> {
  for (;;) {
    const begun: Buffer[] = [];
    let length = 0;
    while (length < size) {
      const chunk = await nextOf(reader, { ...options, size: size - length });
      if (chunk === null) break;
      begun.push(chunk);
      length += chunk.length;
    }
    const [first] = begun;
    if (first === undefined) return undefined;
    if (length < size) {
      if (reader.closed) return undefined;
      const hint = `the end came after ${String(length)} bytes of a record of ${String(size)}`;
      throw new SystemError('EBADMSG', 'read', { path: reader.path, hint });
    }
    yield begun.length === 1 ? first : Buffer.concat(begun);
  }
}

/** Null: the end, or the object was closed. */
async function nextOf(reader: PipeReader, options: ReadOptions): Promise<Buffer | null> {
  try {
    return await reader.read(options);
  } catch (error) {
    if (error instanceof ClosedError) return null;
    throw error;
  }
}
