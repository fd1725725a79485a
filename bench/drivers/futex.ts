/** posix-ipc: futex words in shared memory, whose name is the address. A word counts the messages of its type. */

import { event } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { exchange } from '../core/exchange';
import { Slots } from '../core/slots';

/** One word, and how many of its messages were received here. */
class Word {
  readonly #futex: event.Futex;
  readonly #words: Int32Array;
  #seen = 0;

  constructor(slots: Slots, type: number) {
    this.#futex = new event.Futex(slots.mapping, Slots.at(type));
    this.#words = slots.mapping.view(Int32Array, Slots.at(type), 1);
  }

  send(): void {
    Atomics.add(this.#words, 0, 1);
    this.#futex.wake(1);
  }

  receiveSync(): void {
    while (Atomics.load(this.#words, 0) === this.#seen) this.#futex.waitSync(this.#seen);
    this.#seen++;
  }

  async receive(): Promise<void> {
    while (Atomics.load(this.#words, 0) === this.#seen) await this.#futex.wait(this.#seen);
    this.#seen++;
  }
}

export const open: Driver['open'] = (address) => {
  const slots = Slots.open(address);
  const words = new Map<number, Word>();
  const of = (type: number): Word => {
    const word = words.get(type) ?? new Word(slots, type);
    words.set(type, word);
    return word;
  };
  return {
    ...exchange(slots, {
      send: (type) => {
        of(type).send();
      },
      receiveSync: (type) => {
        of(type).receiveSync();
      },
      receive: (type) => of(type).receive(),
    }),
    pending: {
      wait: () => ({
        receive: async (type) => {
          await of(type).receive();
          return slots.take(type);
        },
        send: (payload, type) => {
          slots.put(type, payload);
          of(type).send();
        },
      }),
    },
  };
};
