import { readFile } from 'node:fs/promises';
import { sysv } from 'posix-ipc';
import { ANSWER, END } from '../protocol';
import { removeQuietly } from './remove-quietly';
import { type Endpoint, type Message, type Transport, offerOf } from './transport';

/** The types 1 to 3, the lowest first: never an answer, which is of type 4. */
const FROM_SENDER = -END;

/** Both directions share one queue: each end receives the other's types only. */
class QueueEnd implements Endpoint {
  readonly maxLength: number;
  readonly #queue: sysv.MessageQueue;
  readonly #selector: number;

  private constructor(queue: sysv.MessageQueue, selector: number, maxLength: number) {
    this.maxLength = maxLength;
    this.#queue = queue;
    this.#selector = selector;
  }

  static async of(queue: sysv.MessageQueue, selector: number): Promise<QueueEnd> {
    const msgmax = Number(await readFile('/proc/sys/kernel/msgmax', 'utf8'));
    const { maxBytes } = await queue.stat();
    // A queue that holds two messages lets both ends work at the same time.
    return new QueueEnd(queue, selector, Math.min(msgmax, Math.floor(maxBytes / 2)));
  }

  send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    return this.#queue.send(data, { type, signal });
  }

  receive(signal: AbortSignal): Promise<Message> {
    return this.#queue.receive({ type: this.#selector, signal });
  }

  close(): void {
    this.#queue.close();
  }
}

export const systemVQueue: Transport = {
  id: 'sysv-queue',
  name: 'System V queue',
  peers: ['node', 'c'],

  // A private queue has no key: nobody meets it by chance, and the peer is told its id.
  async create() {
    const queue = await sysv.MessageQueue.create(sysv.IPC_PRIVATE);
    return offerOf(String(queue.id), await QueueEnd.of(queue, ANSWER));
  },

  async open(address) {
    return QueueEnd.of(await sysv.MessageQueue.fromId(Number(address)), FROM_SENDER);
  },

  async remove(address) {
    await removeQuietly(async () => {
      using queue = await sysv.MessageQueue.fromId(Number(address));
      await queue.remove();
    });
  },
};
