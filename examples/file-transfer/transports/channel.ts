/**
 * Two channels in shared memory, one for each direction: docs/channel.md. What is sent is copied
 * into the ring, and out of it; or a message is made in the ring, and read there.
 */
import { channel } from 'posix-ipc';
import { removeQuietly } from './remove-quietly';
import {
  offerOf,
  type Endpoint,
  type InPlaceEndpoint,
  type Message,
  type Transport,
} from './transport';
import { namesOf } from './two-ways';
import { uniqueName } from './unique-name';

/** As much as is read from the disk at once. */
const PIECE = 256 * 1024;

/** Room for a few pieces; an answer is short, and comes alone. */
const THERE = { capacity: 2 ** 21 };
const BACK = { capacity: 1024 };

class ChannelsEnd implements Endpoint {
  readonly maxLength = PIECE;
  protected readonly receiver: channel.Receiver;
  protected readonly sender: channel.Sender;
  readonly #channels: readonly channel.Channel[];

  constructor(incoming: channel.Channel, outgoing: channel.Channel) {
    this.receiver = incoming.receiver();
    this.sender = outgoing.sender();
    this.#channels = [incoming, outgoing];
  }

  send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    return this.sender.send(data, { type, signal });
  }

  receive(signal: AbortSignal): Promise<Message> {
    return this.receiver.receive({ signal });
  }

  /** Closes the ends, too; what was sent stays for the other process. */
  close(): void {
    for (const each of this.#channels) each.close();
  }
}

class InPlaceEnd extends ChannelsEnd implements InPlaceEndpoint {
  #borrowed: channel.Borrowed | undefined;

  async sendInPlace(
    type: number,
    fill: (memory: Buffer) => number,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const memory = await this.sender.claim(this.maxLength, { type, signal });
    const length = fill(memory);
    if (length === 0) this.sender.abort();
    else this.sender.commit(length);
    return memory.subarray(0, length);
  }

  override async receive(signal: AbortSignal): Promise<Message> {
    this.#borrowed?.release();
    this.#borrowed = await this.receiver.borrow({ signal });
    return this.#borrowed;
  }
}

async function remove(address: string): Promise<void> {
  for (const name of Object.values(namesOf(address)))
    await removeQuietly(() => channel.Channel.unlink(name));
}

function transportOf(id: string, name: string, End: typeof ChannelsEnd): Transport {
  return {
    id,
    name,
    peers: ['node', 'c'],
    remove,

    async create() {
      const address = `/${uniqueName()}`;
      const names = namesOf(address);
      try {
        const there = await channel.Channel.create(names.there, THERE);
        const back = await channel.Channel.create(names.back, BACK);
        return offerOf(address, new End(back, there));
      } catch (error) {
        await remove(address); // no room for the second one, perhaps
        throw error;
      }
    },

    async open(address) {
      const names = namesOf(address);
      const there = await channel.Channel.open(names.there);
      const back = await channel.Channel.open(names.back);
      // Both ends have them now: without names they go when the ends go, even if both are killed.
      await remove(address);
      return new End(there, back);
    },
  };
}

export const copyingChannel = transportOf('channel', 'Channel, copied', ChannelsEnd);
export const channelInPlace = transportOf('channel-in-place', 'Channel, zero copy', InPlaceEnd);
