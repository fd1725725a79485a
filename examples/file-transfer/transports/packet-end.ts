import type { unix } from 'posix-ipc';
import { FRAME_DATA, FRAME_SIZE, HEAD, readHead, writeFrame } from './frame';
import { Disconnected, type Endpoint, type Message } from './transport';

/** Frames through a socket that keeps messages apart: each frame is a message. */
export class PacketEnd implements Endpoint {
  readonly maxLength = FRAME_DATA;
  readonly #socket: unix.Datagram | unix.SeqPacket;
  readonly #outgoing = Buffer.alloc(FRAME_SIZE);

  constructor(socket: unix.Datagram | unix.SeqPacket) {
    this.#socket = socket;
  }

  send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    const size = writeFrame(this.#outgoing, type, data);
    return this.#socket.send(this.#outgoing.subarray(0, size), { signal });
  }

  async receive(signal: AbortSignal): Promise<Message> {
    const message = await this.#socket.receive({ signal });
    if (message === null) throw new Disconnected();
    const { type, length } = readHead(message.data);
    if (message.data.length !== HEAD + length) throw new Error('a message is no frame');
    return { type, data: message.data.subarray(HEAD) };
  }

  close(): void {
    this.#socket.close();
  }
}
