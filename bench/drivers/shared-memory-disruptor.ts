/**
 * The npm package shared-memory-disruptor: a ring of elements of one size for each type of message, made by
 * core/disruptors.ts. It waits by asking again and again: one way it does so on a thread of libuv, as in the
 * example of its docs; there and back the thread itself does.
 */

import type { Call, Driver, Forms, Moves } from '../core/driver';
import { attach, type Disruptor } from '../core/disruptors';
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

/** Elements lie side by side in what it gives. */
function* elements(buffers: readonly Buffer[], size: number): Generator<Buffer> {
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size);
  }
}

/** One element after the other; what it gave before is given back when it is asked for more. */
class Elements {
  #left: Iterator<Buffer> = [].values();

  constructor(
    private readonly ring: Disruptor,
    private readonly size: number,
  ) {}

  next(): Buffer | undefined {
    const next = this.#left.next();
    return next.done === true ? undefined : next.value;
  }

  moreSync(): void {
    this.#left = elements(this.ring.consumeNewSync(), this.size);
  }

  async more(): Promise<void> {
    this.#left = elements((await this.ring.consumeNew()).bufs, this.size);
  }

  nextSync(): Buffer {
    for (;;) {
      const next = this.next();
      if (next !== undefined) return next;
      this.moreSync();
    }
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
      const next = ring.next();
      if (next === undefined) {
        await ring.more();
      } else {
        take(next);
        left--;
      }
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
