/** The rows of the subscribers of a broadcast. */

import { randomInt } from 'node:crypto';

import { channel } from 'posix-ipc';

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

export const broadcasts: readonly WaitingOperation[] = subscribers.map((row) =>
  operationOf(receiving, row),
);
