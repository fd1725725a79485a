/** The rows of the subscribers of a broadcast, and of a publisher that waits for them. */

import { randomInt } from 'node:crypto';

import { channel, event, memory } from 'posix-ipc';

import { operationOf, type Kind, type Row } from './operation-of';
import type { WaitingOperation } from './waiting-operation';

/** The number at its end is what tests know the broadcast by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-broadcast-${String(id)}`;
}

/** A subscriber of a broadcast of its own object. */
class Subscribed {
  readonly subscriber: channel.Subscriber;
  readonly #broadcast: channel.Broadcast;

  constructor(id: number) {
    this.#broadcast = channel.Broadcast.openSync(nameOf(id), { waiting: 'block' });
    this.subscriber = this.#broadcast.subscribe();
  }

  close(): void {
    this.#broadcast.close();
  }

  unref(): void {
    this.subscriber.unref();
  }
}

/** Whoever receives takes nothing away: it tells how many were published. */
const receiving: Kind<Subscribed> = {
  call: 'futex_waitv',
  syncCall: 'futex',
  gives: false,
  contents: { untouched: ['0'], unserved: ['1'], served: ['1'] },
  contentsOf: (id) => {
    using one = channel.Broadcast.openSync(nameOf(id));
    return [String(one.statSync().published)];
  },
  create: () => {
    const id = randomInt(2 ** 47);
    channel.Broadcast.createSync(nameOf(id), { capacity: 1024 }).close();
    return id;
  },
  open: (id) => new Subscribed(id),
  satisfy: (id) => {
    using one = channel.Broadcast.openSync(nameOf(id));
    one.publisher().publishSync('x');
  },
  remove: (id) => {
    channel.Broadcast.unlinkSync(nameOf(id));
  },
};

const subscribers: Row<Subscribed>[] = [
  {
    name: 'broadcast.receive',
    variant: true,
    wait: ({ subscriber }, limits) => subscriber.receive(limits),
  },
  {
    name: 'broadcast iteration',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: ({ subscriber }, limits) => subscriber.messages(limits).next(),
  },
  {
    name: 'broadcast.receiveSync',
    form: 'sync',
    variant: true,
    wait: ({ subscriber }, limits) => {
      subscriber.receiveSync(limits);
    },
  },
];

const capacity = 1024;
const message = '12345678';
/** So many of it fill the ring. */
const full = 31;

/** Subscribers that receive nothing, by the number of their broadcast. */
const slow = new Map<number, channel.Broadcast>();

/** The publisher of a broadcast of its own object, which has the role from the first use on. */
class Publishing {
  readonly #broadcast: channel.Broadcast;
  #publisher: channel.Publisher | undefined;

  constructor(id: number) {
    this.#broadcast = channel.Broadcast.openSync(nameOf(id), { waiting: 'block' });
  }

  get publisher(): channel.Publisher {
    return (this.#publisher ??= this.#broadcast.publisher());
  }

  close(): void {
    this.#broadcast.close();
  }

  unref(): void {
    this.publisher.unref();
  }
}

/** Of words of 32 and of 64 bits: docs/broadcast.md. */
const [HEAD, POSITION, BELL] = [256 / 8, (768 + capacity + 128) / 8, 640];

/** Says, as the slow subscriber would in any process, that it has received all. */
function receiveAll(id: number): void {
  using mapping = memory.mapSync(`/dev/shm${nameOf(id)}`, { access: 'write' });
  const positions = mapping.view(BigInt64Array);
  Atomics.store(positions, POSITION, Atomics.load(positions, HEAD));
  using bell = new event.Futex(mapping, BELL);
  if (Atomics.exchange(mapping.view(Int32Array), BELL / 4, 0) !== 0) bell.wake();
}

const publishing: Kind<Publishing> = {
  call: 'futex_waitv',
  syncCall: 'futex',
  gives: true,
  contents: {
    untouched: [String(full)],
    unserved: [String(full)],
    served: [String(full + 1)],
  },
  contentsOf: receiving.contentsOf,
  create: () => {
    const id = randomInt(2 ** 47);
    const one = channel.Broadcast.createSync(nameOf(id), { capacity, full: 'wait' });
    slow.set(id, one);
    one.subscribe();
    using publisher = one.publisher();
    while (publisher.tryPublish(message));
    return id;
  },
  open: (id) => new Publishing(id),
  satisfy: receiveAll,
  remove: (id) => {
    slow.get(id)?.close();
    slow.delete(id);
    receiving.remove?.(id);
  },
};

const publishers: Row<Publishing>[] = [
  {
    name: 'broadcast.publish',
    variant: true,
    wait: async ({ publisher }, limits) => {
      await publisher.publish(message, limits);
      publisher.flush();
    },
  },
  {
    name: 'broadcast.publishMany',
    variant: true,
    wait: async ({ publisher }, limits) => {
      await publisher.publishMany([message], limits);
      publisher.flush();
    },
  },
  {
    name: 'broadcast.claim',
    variant: true,
    wait: async ({ publisher }, limits) => {
      await publisher.claim(message.length, limits);
      publisher.commit();
      publisher.flush();
    },
  },
  {
    name: 'broadcast.publishSync',
    form: 'sync',
    variant: true,
    wait: ({ publisher }, limits) => {
      publisher.publishSync(message, limits);
      publisher.flush();
    },
  },
  {
    name: 'broadcast.publishManySync',
    form: 'sync',
    variant: true,
    wait: ({ publisher }, limits) => {
      publisher.publishManySync([message], limits);
      publisher.flush();
    },
  },
];

/** One of those that the publisher waits for. */
const awaited: Kind<Subscribed> = {
  ...receiving,
  create: () => {
    const id = randomInt(2 ** 47);
    channel.Broadcast.createSync(nameOf(id), { capacity, full: 'wait' }).close();
    return id;
  },
};

const one: Row<Subscribed>[] = [
  {
    name: 'broadcast.receive where the publisher waits',
    variant: true,
    wait: ({ subscriber }, limits) => subscriber.receive(limits),
  },
];

export const broadcasts: readonly WaitingOperation[] = [
  ...subscribers.map((row) => operationOf(receiving, row)),
  ...one.map((row) => operationOf(awaited, row)),
  ...publishers.map((row) => operationOf(publishing, row)),
];
