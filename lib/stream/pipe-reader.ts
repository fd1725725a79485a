import { constants } from 'node:fs';
import type { Readable } from 'node:stream';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { outOfRange } from '../core/error';
import { laterLimitsOf, limitsOf } from '../core/limits';
import { iterate, iteration } from '../core/message-iterator';
import {
  integer,
  memoryOf,
  optionsOf,
  timeoutOf,
  type Data,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { descriptorOf, type FromFdOptions, type OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import type { StreamOptions } from '../core/stream-options';
import { defaultSize, Incoming } from './incoming';
import { PipeReadable } from './node-streams';
import { examineEnd, PipeEnd } from './pipe-end';
import { PipeFile } from './pipe-file';
import { linesOf, recordsOf, type LineOptions } from './records';

/** How much a read takes. */
export interface SizeOptions {
  /** Bytes at most. Default 64 KiB. */
  size?: number | undefined;
}

/** How a promise form reads. */
export interface ReadOptions extends WaitOptions, SizeOptions {}

/** How a Sync form reads. */
export interface ReadSyncOptions extends TimeoutOptions, SizeOptions {}

const longest = 2 ** 30;

/** For pipe() and Fifo: the reading end that a descriptor is. */
export let adoptReader: (descriptor: OwnedDescriptor, path?: string) => PipeReader;

/**
 * The reading end of a pipe or a FIFO.
 *
 * Reads take what is there, in order: bytes, without the bounds of the writes that brought them,
 * or one packet. Each has three forms. At the end, when the last writer is gone and all is read,
 * they answer null. Calls of one object are answered in the order in which they were made.
 *
 * Others who have its descriptor do not find it O_NONBLOCK: such an end is opened a second time.
 *
 * Source: pipe(7), read(2).
 *
 * ```js
 * const { reader, writer } = await stream.pipe();
 * await writer.write('hello');
 * console.log(String(await reader.read()));
 * ```
 */
export class PipeReader extends PipeEnd implements AsyncIterable<Buffer> {
  readonly #incoming: Incoming;

  private constructor(by: ByOpener, descriptor: OwnedDescriptor, isShared: boolean, path?: string) {
    checkOpener(by, PipeReader);
    const file = new PipeFile(descriptor, isShared);
    super('reading end', descriptor, file, path);
    this.#incoming = new Incoming(file, path);
  }

  static {
    adoptReader = (descriptor, path) => new PipeReader(byOpener, descriptor, false, path);
  }

  /**
   * Uses a descriptor that is there, such as one that another process has passed.
   *
   * Errors: EBADF, EINVAL (no pipe, or its writing end).
   */
  static fromFd(fd: number, options?: FromFdOptions): Promise<PipeReader> {
    return promised(() => PipeReader.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions): PipeReader {
    return new PipeReader(
      byOpener,
      descriptorOf(fd, options, (given) => {
        examineEnd(given, constants.O_RDONLY);
      }),
      true,
    );
  }

  // ---- reading

  /**
   * Takes what is there, `size` bytes at most, and of much not always all; waits while there is nothing. Null: the end.
   *
   * Of a packet that is longer than `size`, the rest is lost.
   * Errors: ETIMEDOUT, ERR_CLOSED. Source: read(2).
   */
  async read(options?: ReadOptions): Promise<Buffer | null> {
    this.checkOpen();
    const size = sizeOf(options);
    return this.incoming.run(this.#incoming.buffer(size), limitsOf(options), methods.read);
  }

  /** As `read`, blocking the thread. */
  readSync(options?: ReadSyncOptions): Buffer | null {
    this.checkOpen();
    const size = sizeOf(options);
    return this.incoming.runSync(this.#incoming.buffer(size), timeoutOf(optionsOf(options)));
  }

  /** As `read`; undefined where it would have to wait. */
  tryRead(options?: SizeOptions): Buffer | null | undefined {
    this.checkOpen();
    return this.incoming.try(this.#incoming.buffer(sizeOf(options)));
  }

  /**
   * As `read`, into the caller's memory: how many bytes. 0: the end.
   *
   * The memory is written when the promise is about to resolve.
   */
  async readInto(memory: Exclude<Data, string>, options?: WaitOptions): Promise<number> {
    this.checkOpen();
    const target = this.#incoming.into(targetOf(memory));
    return this.incoming.run(target, limitsOf(options), methods.readInto);
  }

  /** As `readInto`, blocking the thread. */
  readIntoSync(memory: Exclude<Data, string>, options?: TimeoutOptions): number {
    this.checkOpen();
    const target = this.#incoming.into(targetOf(memory));
    return this.incoming.runSync(target, timeoutOf(optionsOf(options)));
  }

  /** As `readInto`; undefined where it would have to wait. */
  tryReadInto(memory: Exclude<Data, string>): number | undefined {
    this.checkOpen();
    return this.incoming.try(this.#incoming.into(targetOf(memory)));
  }

  // ---- iterating

  /**
   * Iterates over what is read, until the end or until the object is closed.
   *
   * Nothing is taken ahead: leaving the loop leaves the rest in the pipe. Throws what `read`
   * rejects with.
   */
  chunks(options?: ReadOptions): AsyncIterableIterator<Buffer> {
    const reading = this.#incoming.buffer(sizeOf(options));
    return iterate(
      laterLimitsOf(options),
      () => {
        this.checkOpen();
      },
      (limits) => this.incoming.run(reading, limits, iteration.next),
    );
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return this.chunks();
  }

  /**
   * Iterates over lines, as text without the line feed, until the end or until the object is closed.
   *
   * Leaving the loop loses what was read of the lines that follow.
   * Errors: EMSGSIZE (longer than `maxLength`), and those of `read`.
   *
   * ```js
   * for await (const line of reader.lines()) console.log(line);
   * ```
   */
  lines(options?: LineOptions): AsyncIterableIterator<string> {
    return linesOf(this, options);
  }

  /**
   * Iterates over records of `size` bytes, each a Buffer, until the end or until the object is closed.
   *
   * Nothing is taken ahead; a timeout or an abort inside a record loses its beginning. Errors: EBADMSG (the end came inside a record), and those of `read`.
   *
   * ```js
   * for await (const record of reader.records(8)) console.log(record.readInt32LE(0));
   * ```
   */
  records(size: number, options?: WaitOptions): AsyncIterableIterator<Buffer> {
    return recordsOf(this, integer('size', size, 1, longest), options);
  }

  /**
   * A Node stream of what is read. It closes this object when it ends or is destroyed, unless
   * `autoClose` is false.
   */
  readable(options?: StreamOptions): Readable {
    this.checkOpen();
    return new PipeReadable(this, options);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'read' | 'readInto', unknown> = PipeReader.prototype;

function sizeOf(options: SizeOptions | undefined): number {
  const { size } = optionsOf(options);
  return size === undefined ? defaultSize : integer('options.size', size, 1, longest);
}

/** Where no byte fits, 0 would not mean the end. */
function targetOf(memory: Exclude<Data, string>): Uint8Array {
  const target = memoryOf('memory', memory);
  if (target.length === 0) throw outOfRange('memory', '1 byte or more', 'none');
  return target;
}
