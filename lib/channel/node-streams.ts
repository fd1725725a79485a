import { Readable, Writable } from 'node:stream';

import { optionsOf } from '../core/options';
import { streamOptionsOf, type StreamOptions } from '../core/stream-options';
import type { Receiver } from './receiver';
import type { Sender } from './sender';
import type { TypeOption } from './writing-end';

/** What a Node stream that sends is made with. */
export interface WritableOptions extends StreamOptions, TypeOption {}

type Done = (error?: Error | null) => void;

/** Receives only when the stream is read from. An empty message is the end. */
export class ChannelReadable extends Readable {
  readonly #receiver: Receiver;
  readonly #autoClose: boolean;
  readonly #leaving = new AbortController();

  constructor(receiver: Receiver, options: StreamOptions | undefined) {
    const { highWaterMark, autoClose } = streamOptionsOf(options);
    super({ highWaterMark });
    this.#receiver = receiver;
    this.#autoClose = autoClose;
  }

  override _read(): void {
    this.#receiver.receive({ signal: this.#leaving.signal }).then(
      ({ data }) => {
        this.push(data.length > 0 ? data : null);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#leaving.abort();
    if (this.#autoClose) this.#receiver.close();
    done(error);
  }
}

/** Each chunk is a message; a long one is several. The end is an empty message. */
export class ChannelWritable extends Writable {
  readonly #sender: Sender;
  readonly #autoClose: boolean;
  readonly #type: number | undefined;
  readonly #most: number;
  readonly #leaving = new AbortController();

  /** `most`: bytes in one message at most. */
  constructor(sender: Sender, most: number, options: WritableOptions | undefined) {
    const { highWaterMark, autoClose } = streamOptionsOf(options);
    super({ highWaterMark, decodeStrings: true });
    this.#sender = sender;
    this.#most = most;
    this.#autoClose = autoClose;
    this.#type = optionsOf(options).type;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#sendAll(chunk).then(() => {
      done();
    }, done);
  }

  override _final(done: Done): void {
    this.#send(Buffer.alloc(0)).then(() => {
      this.#sender.flush();
      done();
    }, done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#leaving.abort();
    if (this.#autoClose) this.#sender.close();
    done(error);
  }

  async #sendAll(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length; from += this.#most) {
      await this.#send(chunk.subarray(from, from + this.#most));
    }
  }

  #send(data: Buffer): Promise<void> {
    return this.#sender.send(data, { type: this.#type, signal: this.#leaving.signal });
  }
}
