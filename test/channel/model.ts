/** Random operations against a plain array: what was sent comes, in order, once, whoever of the receivers takes it. */

import type { channel } from 'posix-ipc';

import { Seeded } from '../campaigns/seeded';
import { pattern } from '../support/files';
import { makeChannel } from '../support/channels';
import { beginAt } from '../support/come-round';

const usual = { capacity: 1024 };

interface Sent {
  type: number;
  data: Buffer;
}

/** All ends in one thread, which come and go, and what must be on the way. */
export class Model {
  readonly #random: Seeded;
  readonly #channel: channel.Channel;
  /** Bytes of the ring, and of the longest message. */
  readonly #capacity: number;
  readonly #expected: Sent[] = [];
  #sender: channel.Sender;
  readonly #receivers: channel.Receiver[];
  /** What one of several has borrowed, and not released yet. */
  readonly #held = new Map<channel.Receiver, { borrowed: channel.Borrowed; is: Sent }>();

  constructor(seed: number, options: channel.ChannelOptions = {}) {
    const { receivers = 1 } = options;
    this.#random = new Seeded(seed);
    this.#channel = makeChannel({ ...usual, ...options });
    beginAt(this.#channel, this.#random.oneOf([0, -(2 ** 13), 2 ** 31 - 2 ** 13]));
    this.#capacity = this.#channel.capacity;
    this.#sender = this.#channel.sender();
    this.#receivers = Array.from({ length: receivers }, () => this.#channel.receiver());
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
      this.#receivers.length > 1 ? this.#hold : this.#receive,
    ];
    this.#random.oneOf(ways).call(this);
  }

  /** Receives what is left; answers how many were sent. */
  finish(): number {
    for (;;) {
      const message = this.#anyReceiver().tryReceive();
      expect(message).toEqual(this.#expected.shift());
      if (message === undefined) break;
    }
    const { sent, received } = this.#channel.statSync();
    expect(received).toBe(sent);
    this.#channel.close();
    return sent;
  }

  #message(): Sent {
    const most = this.#sender.maxLength;
    const length = this.#random.chance(0.1) ? this.#random.below(most + 1) : this.#random.below(80);
    return { type: this.#random.below(2 ** 31), data: pattern(length, this.#random.below(256)) };
  }

  #send(): void {
    const message = this.#message();
    if (this.#sender.trySend(message.data, message)) this.#expected.push(message);
    else expect(this.#mayBeFull(message)).toBe(true);
  }

  /** What is longer than half of the ring must wait until the receiver has gone to its beginning. */
  #mayBeFull({ data }: Sent): boolean {
    return this.#expected.length > 0 || data.length > this.#capacity / 2 - 8;
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
    expect(this.#anyReceiver().tryReceive()).toEqual(this.#expected.shift());
  }

  #receiveInto(): void {
    const into = Buffer.alloc(this.#capacity);
    const got = this.#anyReceiver().tryReceiveInto(into);
    const next = this.#expected.shift();
    const found = got && { type: got.type, data: into.subarray(0, got.length) };
    expect(found).toEqual(next);
  }

  #borrow(): void {
    const borrowed = this.#anyReceiver().tryBorrow();
    const next = this.#expected.shift();
    expect(borrowed && { type: borrowed.type, data: borrowed.data }).toEqual(next);
    borrowed?.release();
  }

  #each(): void {
    const limit = 1 + this.#random.below(9);
    const seen: Sent[] = [];
    const receiver = this.#anyReceiver();
    receiver.forEach(
      (message) => {
        seen.push({ type: message.type, data: message.copy() });
      },
      { limit },
    );
    expect(seen).toEqual(this.#expected.splice(0, seen.length));
    if (seen.length === 0) expect(receiver.tryReceive()).toEqual(this.#expected.shift());
  }

  /** Another one goes on where the last one has closed. */
  #replace(): void {
    if (this.#random.chance(0.5)) {
      this.#sender.close();
      this.#sender = this.#channel.sender();
    } else {
      const receiver = this.#anyReceiver();
      receiver.close();
      this.#receivers[this.#receivers.indexOf(receiver)] = this.#channel.receiver();
    }
  }

  /** What one has borrowed, the others do not get, and the sender does not write over. */
  #hold(): void {
    const receiver = this.#anyReceiver();
    const borrowed = receiver.tryBorrow();
    const is = this.#expected.shift();
    expect(borrowed === undefined).toBe(is === undefined);
    if (borrowed !== undefined && is !== undefined) this.#held.set(receiver, { borrowed, is });
  }

  /** It has nothing borrowed any more. */
  #anyReceiver(): channel.Receiver {
    const receiver = this.#random.oneOf(this.#receivers);
    const held = this.#held.get(receiver);
    if (held === undefined) return receiver;
    const { borrowed, is } = held;
    expect({ type: borrowed.type, data: borrowed.data }).toEqual(is);
    borrowed.release();
    this.#held.delete(receiver);
    return receiver;
  }
}
