/** The rows of both ends of a channel. Only one process can wait at each end: see peers/channel.test.ts for those. */

import { randomInt } from 'node:crypto';

import { channel } from 'posix-ipc';

import { operationOf, type Kind, type Row } from './operation-of';
import type { WaitingOperation } from './waiting-operation';

const capacity = 1024;
const message = '12345678';
/** So many of it fill the ring. */
const full = 64;

/** The number at its end is what tests know the channel by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-channel-${String(id)}`;
}

function use(id: number, body: (one: channel.Channel) => void): void {
  using one = channel.Channel.openSync(nameOf(id));
  body(one);
}

/** One end of a channel, which has its role from the first use on. */
class Later<E extends channel.Sender | channel.Receiver> {
  readonly #channel: channel.Channel;
  readonly #join: (one: channel.Channel) => E;
  #end: E | undefined;

  constructor(id: number, join: (one: channel.Channel) => E) {
    this.#channel = channel.Channel.openSync(nameOf(id), { waiting: 'block' });
    this.#join = join;
  }

  get end(): E {
    return (this.#end ??= this.#join(this.#channel));
  }

  close(): void {
    this.#channel.close();
  }

  unref(): void {
    this.end.unref();
  }
}

function depthOf(id: number): string[] {
  using one = channel.Channel.openSync(nameOf(id));
  return [String(one.statSync().depth)];
}

function created(filling: number, receivers = 1): number {
  const id = randomInt(2 ** 47);
  using one = channel.Channel.createSync(nameOf(id), { capacity, receivers });
  one.sender().sendManySync(Array<string>(filling).fill(message));
  return id;
}

const shared = {
  call: 'futex_waitv',
  syncCall: 'futex',
  contentsOf: depthOf,
  remove: (id: number) => {
    channel.Channel.unlinkSync(nameOf(id));
  },
} as const;

const receiving: Kind<Later<channel.Receiver>> = {
  ...shared,
  gives: false,
  contents: { untouched: ['0'], unserved: ['1'], served: ['0'] },
  create: () => created(0),
  open: (id) => new Later(id, (one) => one.receiver()),
  satisfy: (id) => {
    use(id, (one) => {
      one.sender().sendSync(message);
    });
  },
};

const receivers: Row<Later<channel.Receiver>>[] = [
  { name: 'channel.receive', variant: true, wait: ({ end }, limits) => end.receive(limits) },
  {
    name: 'channel.receiveInto',
    variant: true,
    wait: ({ end }, limits) => end.receiveInto(Buffer.alloc(64), limits),
  },
  {
    name: 'channel.borrow',
    variant: true,
    wait: async ({ end }, limits) => {
      (await end.borrow(limits)).release();
      end.flush();
    },
  },
  {
    name: 'channel iteration',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: ({ end }, limits) => end.messages(limits).next(),
  },
  {
    name: 'channel batches',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: ({ end }, limits) => end.batches(limits).next(),
  },
  {
    name: 'channel.receiveSync',
    form: 'sync',
    variant: true,
    wait: ({ end }, limits) => {
      end.receiveSync(limits);
      end.flush();
    },
  },
];

const sending: Kind<Later<channel.Sender>> = {
  ...shared,
  gives: true,
  contents: { untouched: [String(full)], unserved: [String(full - 1)], served: [String(full)] },
  create: () => created(full),
  open: (id) => new Later(id, (one) => one.sender()),
  satisfy: (id) => {
    use(id, (one) => {
      one.receiver().receiveSync();
    });
  },
};

const senders: Row<Later<channel.Sender>>[] = [
  {
    name: 'channel.send',
    variant: true,
    wait: async ({ end }, limits) => {
      await end.send(message, limits);
      end.flush();
    },
  },
  {
    name: 'channel.sendMany',
    variant: true,
    wait: async ({ end }, limits) => {
      await end.sendMany([message], limits);
      end.flush();
    },
  },
  {
    name: 'channel.claim',
    variant: true,
    wait: async ({ end }, limits) => {
      await end.claim(message.length, limits);
      end.commit();
      end.flush();
    },
  },
  {
    name: 'channel.sendSync',
    form: 'sync',
    variant: true,
    wait: ({ end }, limits) => {
      end.sendSync(message, limits);
      end.flush();
    },
  },
];

/** One of several receivers, which sleep at one bell. */
const amongOthers: Kind<Later<channel.Receiver>> = { ...receiving, create: () => created(0, 3) };

const one: Row<Later<channel.Receiver>>[] = [
  {
    name: 'channel.receive of several',
    variant: true,
    wait: ({ end }, limits) => end.receive(limits),
  },
  {
    name: 'channel.receiveSync of several',
    form: 'sync',
    variant: true,
    wait: ({ end }, limits) => end.receiveSync(limits),
  },
];

export const channels: readonly WaitingOperation[] = [
  ...receivers.map((row) => operationOf(receiving, row)),
  ...one.map((row) => operationOf(amongOthers, row)),
  ...senders.map((row) => operationOf(sending, row)),
];
