import { Readable, Writable } from 'node:stream';

import { streamOptionsOf, type StreamOptions } from '../core/stream-options';
import type { PipeReader } from './pipe-reader';
import type { PipeWriter } from './pipe-writer';

type Done = (error?: Error | null) => void;

/** Reads only when the stream is read from. */
export class PipeReadable extends Readable {
  readonly #reader: PipeReader;
  readonly #autoClose: boolean;
  readonly #leaving = new AbortController();

  constructor(reader: PipeReader, options: StreamOptions | undefined) {
    const { highWaterMark, autoClose } = streamOptionsOf(options);
    super({ highWaterMark });
    this.#reader = reader;
    this.#autoClose = autoClose;
  }

  override _read(): void {
    this.#reader.read({ signal: this.#leaving.signal }).then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#leaving.abort();
    if (this.#autoClose) this.#reader.close();
    done(error);
  }
}

/** Each chunk is one write, so that small ones stay whole. */
export class PipeWritable extends Writable {
  readonly #writer: PipeWriter;
  readonly #autoClose: boolean;
  readonly #leaving = new AbortController();

  constructor(writer: PipeWriter, options: StreamOptions | undefined) {
    const { highWaterMark, autoClose } = streamOptionsOf(options);
    super({ highWaterMark, decodeStrings: true });
    this.#writer = writer;
    this.#autoClose = autoClose;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#writeAll(chunk).then(() => {
      done();
    }, done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#leaving.abort();
    if (this.#autoClose) this.#writer.close();
    done(error);
  }

  /** A write that something has cut short tells what it was when it goes on. */
  async #writeAll(chunk: Buffer): Promise<void> {
    const { signal } = this.#leaving;
    for (let from = 0; from < chunk.length;) {
      from += await this.#writer.write(chunk.subarray(from), { signal });
    }
  }
}
