/** How often each message of a channel was taken, in memory that outlives whoever sends and takes it. */

import type { memory } from 'posix-ipc';

/** The type of the message that ends a receiver. */
export const stop = 2 ** 31 - 1;

const [TOTAL, EACH, SENDERS, BEGUN, PUBLISHED] = [0, 1, 2, 3, 4];

/** What the file holds at first. */
export function takenLedger(senders: number, each: number): Buffer {
  const bytes = Buffer.alloc(4 * (PUBLISHED + senders) + senders * each);
  bytes.writeInt32LE(each, 4 * EACH);
  bytes.writeInt32LE(senders, 4 * SENDERS);
  return bytes;
}

export class TakenLedger {
  /** So many messages of each sender, whose types begin at a multiple of it. */
  readonly each: number;
  /** How many this process has taken. */
  own = 0;
  readonly #words: Int32Array;
  readonly #counts: Uint8Array;
  /** Of each sender, which was taken last here. */
  readonly #last = new Map<number, number>();

  constructor(mapping: memory.Mapping) {
    const [, each = 0, senders = 0] = mapping.view(Int32Array, 0, PUBLISHED);
    this.each = each;
    this.#words = mapping.view(Int32Array, 0, PUBLISHED + senders);
    this.#counts = mapping.view(Uint8Array, 4 * (PUBLISHED + senders), senders * each);
  }

  /** The number of a new sender. */
  begin(): number {
    return Atomics.add(this.#words, BEGUN, 1);
  }

  /** So many of the messages of a sender are certainly on their way. */
  published(sender: number, count: number): void {
    Atomics.store(this.#words, PUBLISHED + sender, count);
  }

  /** Throws where those of one sender come out of order. */
  take(type: number): void {
    const sender = Math.floor(type / this.each);
    const before = this.#last.get(sender) ?? -1;
    if (type <= before) throw new Error(`${String(type)} after ${String(before)}`);
    this.#last.set(sender, type);
    Atomics.add(this.#counts, type, 1);
    Atomics.add(this.#words, TOTAL, 1);
    this.own++;
  }

  /** By all together. */
  get total(): number {
    return Atomics.load(this.#words, TOTAL);
  }

  /** How many were taken more than once, and how many that are certainly sent were not. */
  get faults(): { again: number; missing: number } {
    const again = this.#counts.reduce((sum, count) => sum + (count > 1 ? 1 : 0), 0);
    let missing = 0;
    for (let sender = 0; sender < this.#words.length - PUBLISHED; sender++) {
      const from = sender * this.each;
      const sent = this.#counts.subarray(from, from + (this.#words[PUBLISHED + sender] ?? 0));
      for (const count of sent) if (count === 0) missing++;
    }
    return { again, missing };
  }
}
