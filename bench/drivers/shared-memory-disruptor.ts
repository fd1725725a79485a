/**
 * The npm package shared-memory-disruptor: a ring of elements of one size for each type of message, made by
 * core/disruptors.ts. It waits by asking again and again: one way it does so on a thread of libuv, as in the
 * example of its docs; there and back the thread itself does.
 */

import type { Call, Driver, Forms, Moves } from '../core/driver';
import { attach, type Disruptor } from '../core/disruptors';
import type { Take } from '../core/payload';
import { REPLY, REQUEST } from '../core/slots';
import { placeOf } from '../core/sockets';

export const open: Driver['open'] = (address) => {
  const { size } = placeOf(address);
  const of = (type: number): Disruptor => attach(address, type, size);
  return { ...streams(of, size), ...roundTrips(of, size) };
};

function put(ring: Disruptor, payload: Buffer): void {
  ring.produceClaimSync().set(payload);
  ring.produceCommitSync();
}

/** Elements lie side by side in what it gives; what it gave before is given back when it is asked for more. */
class Elements {
  #buffers: readonly Buffer[] = [];
  /** Of the next one: in which buffer, and where. */
  #which = 0;
  #at = 0;

  constructor(
    private readonly ring: Disruptor,
    private readonly size: number,
  ) {}

  /** Takes up to so many of those that are there, as they lie; answers how many. */
  each(take: Take, limit: number): number {
    const { size } = this;
    let count = 0;
    for (; this.#which < this.#buffers.length; this.#which++, this.#at = 0) {
      const buffer = this.#buffers[this.#which] as Buffer;
      for (; this.#at < buffer.length; this.#at += size) {
        if (count === limit) return count;
        if (take.at === undefined) take(buffer.subarray(this.#at, this.#at + size));
        else take.at(buffer, this.#at, size);
        count++;
      }
    }
    return count;
  }

  async more(): Promise<void> {
    this.#put((await this.ring.consumeNew()).bufs);
  }

  nextSync(): Buffer {
    for (;;) {
      const buffer = this.#buffers[this.#which];
      if (buffer === undefined) {
        this.#put(this.ring.consumeNewSync());
      } else if (this.#at < buffer.length) {
        const begin = this.#at;
        this.#at += this.size;
        return buffer.subarray(begin, this.#at);
      } else {
        [this.#which, this.#at] = [this.#which + 1, 0];
      }
    }
  }

  #put(buffers: readonly Buffer[]): void {
    this.#buffers = buffers;
    [this.#which, this.#at] = [0, 0];
  }
}

type Opens = (type: number) => Disruptor;

function streams(of: Opens, size: number): Forms {
  return {
    copies: true,
    send: {
      sync: (source) => {
        const ring = of(REQUEST);
        return (count) => {
          for (let i = 0; i < count; i++) put(ring, source.next());
        };
      },
    },
    receive: {
      'await consumeNew': () => consumed(new Elements(of(REQUEST), size)),
    },
  };
}

function consumed(ring: Elements): Moves {
  return async (count, take) => {
    for (let left = count; left > 0;) {
      left -= ring.each(take, left);
      if (left > 0) await ring.more();
    }
  };
}

function roundTrips(of: Opens, size: number): Forms {
  const pair = (to: number, from: number): [Disruptor, Elements] => [
    of(to),
    new Elements(of(from), size),
  ];
  return {
    call: {
      sync: (): Call => {
        const [requests, replies] = pair(REQUEST, REPLY);
        return {
          blocking: true,
          call: (payload) => {
            put(requests, payload);
            return replies.nextSync();
          },
        };
      },
    },
    flight: {
      sync: () => {
        const [requests, replies] = pair(REQUEST, REPLY);
        return {
          send: (payload) => {
            put(requests, payload);
            return undefined;
          },
          move: consumed(replies),
        };
      },
    },
    serve: {
      sync: () => {
        const [replies, requests] = pair(REPLY, REQUEST);
        return (count) => {
          for (let i = 0; i < count; i++) put(replies, requests.nextSync());
        };
      },
    },
  };
}
