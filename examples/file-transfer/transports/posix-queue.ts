/** Two POSIX message queues, one for each direction: mq_overview(7). */
import { posix } from 'posix-ipc';
import { ANSWER } from '../protocol';
import { removeQuietly } from './remove-quietly';
import { type Endpoint, type Message, type Transport, offerOf } from './transport';
import { namesOf } from './two-ways';
import { uniqueName } from './unique-name';

/** What an unprivileged process gets where nobody has changed the limits. */
const THERE = { maxMessages: 10, messageSize: 8192 };
/** An answer is short, and comes alone: no need to use up what all queues of a user may take. */
const BACK = { maxMessages: 1, messageSize: 128 };

/**
 * Messages of the highest priority come first. So the header has the highest, the end of the file
 * the lowest, and the data, of one priority, keeps its order.
 */
function priorityOf(type: number): number {
  return ANSWER - type;
}

class QueuesEnd implements Endpoint {
  readonly maxLength = THERE.messageSize;
  readonly #incoming: posix.MessageQueue;
  readonly #outgoing: posix.MessageQueue;

  constructor(incoming: posix.MessageQueue, outgoing: posix.MessageQueue) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    return this.#outgoing.send(data, { priority: priorityOf(type), signal });
  }

  async receive(signal: AbortSignal): Promise<Message> {
    const { priority, data } = await this.#incoming.receive({ signal });
    return { type: ANSWER - priority, data };
  }

  close(): void {
    this.#incoming.close();
    this.#outgoing.close();
  }
}

async function remove(address: string): Promise<void> {
  for (const name of Object.values(namesOf(address)))
    await removeQuietly(() => posix.MessageQueue.unlink(name));
}

export const posixQueue: Transport = {
  id: 'posix-queue',
  name: 'POSIX queue',
  peers: ['node', 'c'],
  remove,

  async create() {
    const address = `/${uniqueName()}`;
    const names = namesOf(address);
    try {
      const there = await posix.MessageQueue.create(names.there, { ...THERE, access: 'send' });
      const back = await posix.MessageQueue.create(names.back, { ...BACK, access: 'receive' });
      return offerOf(address, new QueuesEnd(back, there));
    } catch (error) {
      await remove(address); // a limit was hit, perhaps by the second queue
      throw error;
    }
  },

  async open(address) {
    const names = namesOf(address);
    const there = await posix.MessageQueue.open(names.there, { access: 'receive' });
    const back = await posix.MessageQueue.open(names.back, { access: 'send' });
    // Both ends have them now: without names they go when the ends go, even if both are killed.
    await remove(address);
    return new QueuesEnd(there, back);
  },
};
