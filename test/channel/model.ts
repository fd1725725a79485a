/** Random operations against a plain array: what was sent comes, in order, once. */

import type { channel } from 'posix-ipc';

import { Seeded } from '../campaigns/seeded';
import { pattern } from '../support/files';
import { makeChannel } from '../support/channels';

const capacity = 1024;

interface Sent {
  type: number;
  data: Buffer;
}

/** Both ends in one thread, which come and go, and what must be on the way. */
export class Model {
  readonly #random: Seeded;
  readonly #channel: channel.Channel;
  readonly #expected: Sent[] = [];
  #sender: channel.Sender;
  #receiver: channel.Receiver;

  constructor(seed: number) {
    this.#random = new Seeded(seed);
    this.#channel = makeChannel({ capacity });
    this.#sender = this.#channel.sender();
    this.#receiver = this.#channel.receiver();
  }

  step(): void {
    const ways = [
      this.#send,
      this.#send,
      this.#claim,
      this.#receive,
      this.#receiveInto,
      this.#borrow,
      this.#each,
      this.#replace,
    ];
    this.#random.oneOf(ways).call(this);
  }

  /** Receives what is left; answers how many were sent. */
  finish(): number {
    for (;;) {
      const message = this.#receiver.tryReceive();
      expect(message).toEqual(this.#expected.shift());
      if (message === undefined) break;
    }
    const { sent, received } = this.#channel.statSync();
    expect(received).toBe(sent);
    this.#channel.close();
    return sent;
  }

  #message(): Sent {
    const length = this.#random.chance(0.1) ? this.#random.below(1017) : this.#random.below(80);
    return { type: this.#random.below(2 ** 31), data: pattern(length, this.#random.below(256)) };
  }

  #send(): void {
    const message = this.#message();
    if (this.#sender.trySend(message.data, message)) this.#expected.push(message);
    else expect(this.#mayBeFull(message)).toBe(true);
  }

  /** What is longer than half of the ring must wait until the receiver has gone to its beginning. */
  #mayBeFull({ data }: Sent): boolean {
    return this.#expected.length > 0 || data.length > capacity / 2 - 8;
  }

  #claim(): void {
    const message = this.#message();
    const view = this.#sender.tryClaim(message.data.length, message);
    if (view === undefined) return;
    message.data.copy(view);
    if (this.#random.chance(0.2)) {
      this.#sender.abort();
      return;
    }
    const length = this.#random.below(message.data.length + 1);
    this.#sender.commit(length);
    this.#expected.push({ ...message, data: message.data.subarray(0, length) });
  }

  #receive(): void {
    expect(this.#receiver.tryReceive()).toEqual(this.#expected.shift());
  }

  #receiveInto(): void {
    const into = Buffer.alloc(capacity);
    const got = this.#receiver.tryReceiveInto(into);
    const next = this.#expected.shift();
    const found = got && { type: got.type, data: into.subarray(0, got.length) };
    expect(found).toEqual(next);
  }

  #borrow(): void {
    const borrowed = this.#receiver.tryBorrow();
    const next = this.#expected.shift();
    expect(borrowed && { type: borrowed.type, data: borrowed.data }).toEqual(next);
    borrowed?.release();
  }

  #each(): void {
    const limit = 1 + this.#random.below(9);
    const seen: Sent[] = [];
    this.#receiver.forEach(
      (message) => {
        seen.push({ type: message.type, data: message.copy() });
      },
      { limit },
    );
    expect(seen).toEqual(this.#expected.splice(0, seen.length));
    if (seen.length === 0) expect(this.#receiver.tryReceive()).toEqual(this.#expected.shift());
  }

  /** Another one goes on where the last one has closed. */
  #replace(): void {
    if (this.#random.chance(0.5)) {
      this.#sender.close();
      this.#sender = this.#channel.sender();
    } else {
      this.#receiver.close();
      this.#receiver = this.#channel.receiver();
    }
  }
}
