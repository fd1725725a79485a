/** Random operations against a plain array: what was published comes, in order, once, or is counted as lost. */

import type { channel } from 'posix-ipc';

import { Seeded } from '../../campaigns/seeded';
import { makeBroadcast } from '../../support/broadcasts';
import { pattern } from '../../support/files';

const capacity = 1024;

interface Sent {
  type: number;
  data: Buffer;
}

/** What a subscriber has received, and lost, of all. */
class Follower {
  #next: number;

  constructor(
    readonly subscriber: channel.Subscriber,
    begin: number,
  ) {
    this.#next = begin;
  }

  get next(): number {
    return this.#next;
  }

  /** The next message of all, but for what it says it has lost. */
  expect(all: readonly Sent[], got: { type: number; data: Buffer; lost: number }): void {
    this.#next += got.lost;
    expect({ type: got.type, data: got.data }).toEqual(all[this.#next++]);
  }
}

/** All in one thread, who come and go, and all that was published. */
export class Model {
  readonly #random: Seeded;
  readonly #waits: boolean;
  readonly #broadcast: channel.Broadcast;
  readonly #all: Sent[] = [];
  readonly #followers: Follower[] = [];
  #publisher: channel.Publisher;

  /** `waits`: the publisher does, for the followers: nothing is ever lost. */
  constructor(seed: number, waits = false) {
    this.#random = new Seeded(seed);
    this.#waits = waits;
    this.#broadcast = makeBroadcast(waits ? { capacity, full: 'wait' } : { capacity });
    this.#publisher = this.#broadcast.publisher();
    this.#subscribe();
  }

  step(): void {
    const one = this.#random.oneOf(this.#followers);
    const ways = [
      () => {
        this.#publish();
      },
      () => {
        this.#publish();
      },
      () => {
        this.#claim();
      },
      () => this.#receive(one),
      () => {
        this.#receiveInto(one);
      },
      () => {
        this.#each(one);
      },
      () => {
        this.#subscribe();
      },
      () => {
        this.#publisher.close();
        this.#publisher = this.#broadcast.publisher();
      },
    ];
    this.#random.oneOf(ways)();
  }

  /** All receive what is left; answers how many were published. */
  finish(): number {
    for (const one of this.#followers) {
      while (this.#receive(one));
      expect(one.next).toBe(this.#all.length);
      if (this.#waits) expect(one.subscriber.lost).toBe(0);
    }
    expect(this.#broadcast.statSync().published).toBe(this.#all.length);
    this.#broadcast.close();
    return this.#all.length;
  }

  #message(): Sent {
    const length = this.#random.chance(0.1) ? this.#random.below(993) : this.#random.below(80);
    return { type: this.#random.below(2 ** 31), data: pattern(length, this.#random.below(256)) };
  }

  #subscribe(): void {
    this.#publisher.flush();
    const { published, kept } = this.#broadcast.statSync();
    const [from, begin] = this.#random.oneOf([
      ['oldest', published - kept],
      ['newest', published],
    ] as const);
    const one = new Follower(this.#broadcast.subscribe({ from }), begin);
    if (this.#followers.length < 5) {
      this.#followers.push(one);
      return;
    }
    const at = this.#random.below(5);
    this.#followers[at]?.subscriber.close();
    this.#followers[at] = one;
  }

  #publish(): void {
    const message = this.#message();
    if (this.#publisher.tryPublish(message.data, message)) this.#all.push(message);
    else this.#expectFull();
  }

  #claim(): void {
    const message = this.#message();
    const view = this.#publisher.tryClaim(message.data.length, message);
    if (view === undefined) {
      this.#expectFull();
      return;
    }
    message.data.copy(view);
    if (this.#random.chance(0.2)) {
      this.#publisher.abort();
      return;
    }
    const length = this.#random.below(message.data.length + 1);
    this.#publisher.commit(length);
    this.#all.push({ ...message, data: message.data.subarray(0, length) });
  }

  /** There is no room only because somebody is behind, or has not seen yet that the ring begins anew. */
  #expectFull(): void {
    expect(this.#waits).toBe(true);
    const isBehind = ({ next }: Follower): boolean => next < this.#all.length;
    if (this.#followers.some(isBehind)) return;
    for (const { subscriber } of this.#followers) expect(subscriber.tryReceive()).toBeUndefined();
    const message = this.#message();
    expect(this.#publisher.tryPublish(message.data, message)).toBe(true);
    this.#all.push(message);
  }

  #receive(one: Follower): boolean {
    const got = one.subscriber.tryReceive();
    if (got !== undefined) one.expect(this.#all, got);
    return got !== undefined;
  }

  #receiveInto(one: Follower): void {
    const into = Buffer.alloc(capacity);
    const got = one.subscriber.tryReceiveInto(into);
    if (got !== undefined) one.expect(this.#all, { ...got, data: into.subarray(0, got.length) });
  }

  #each(one: Follower): void {
    const limit = 1 + this.#random.below(9);
    one.subscriber.forEach(
      (message) => {
        const { type, lost } = message;
        one.expect(this.#all, { type, lost, data: message.copy() });
      },
      { limit },
    );
  }
}
