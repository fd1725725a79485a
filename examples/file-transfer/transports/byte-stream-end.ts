import { FRAME_DATA, FRAME_SIZE, HEAD, readHead, writeFrame } from './frame';
import { Disconnected, type Endpoint, type Message } from './transport';

interface Limits {
  signal: AbortSignal;
}

/** Bytes in both directions, such as two pipes or a stream socket. */
export interface ByteStream {
  /** Writes all of it, unless the signal or the end of the reader comes in between: how much. */
  write(data: Buffer, limits: Limits): Promise<number>;
  /** Reads what is there: how many bytes; 0 at the end. */
  read(memory: Buffer, limits: Limits): Promise<number>;
  close(): void;
}

/** Frames through a stream of bytes, which knows no messages. */
export class ByteStreamEnd implements Endpoint {
  readonly maxLength = FRAME_DATA;
  readonly #stream: ByteStream;
  readonly #outgoing = Buffer.alloc(FRAME_SIZE);
  readonly #incoming = Buffer.alloc(FRAME_SIZE);

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  async send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    const size = writeFrame(this.#outgoing, type, data);
    const written = await this.#stream.write(this.#outgoing.subarray(0, size), { signal });
    if (written === size) return;
    signal.throwIfAborted();
    throw new Disconnected();
  }

  async receive(signal: AbortSignal): Promise<Message> {
    await this.#read(this.#incoming.subarray(0, HEAD), signal);
    const { type, length } = readHead(this.#incoming);
    const data = this.#incoming.subarray(HEAD, HEAD + length);
    await this.#read(data, signal);
    return { type, data };
  }

  close(): void {
    this.#stream.close();
  }

  async #read(memory: Buffer, signal: AbortSignal): Promise<void> {
    for (let done = 0; done < memory.length;) {
      const count = await this.#stream.read(memory.subarray(done), { signal });
      if (count === 0) throw new Disconnected();
      done += count;
    }
  }
}
