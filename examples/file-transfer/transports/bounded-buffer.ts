import type { memory } from 'posix-ipc';
import type { Message } from './transport';

/** What one slot holds at most. */
export const SLOT_DATA = 64 * 1024;

/** `struct slot` of c/bounded-buffer.h: the type, the length, and room for the data. */
const LENGTH = 4;
const DATA = 8;
export const SLOT_SIZE = DATA + SLOT_DATA;

/** A counting semaphore, whoever makes it. Dijkstra called the two P and V. */
export interface Semaphore {
  /** Takes one; waits while there is none. */
  wait(options: { signal: AbortSignal }): Promise<void>;
  /** Gives one back; never waits. */
  post(): void;
}

/**
 * The bounded buffer of the textbooks: a ring of slots in memory that two processes share. One of
 * them, the producer, fills the slots in turn; the other, the consumer, empties them.
 *
 *     producer                     consumer
 *     --------                     --------
 *     wait(free)                   wait(filled)
 *     write slot[next]             read slot[next]
 *     next = (next + 1) % slots    next = (next + 1) % slots
 *     post(filled)                 post(free)
 *
 * `free` counts the empty slots and begins with all of them; `filled` counts the full ones and
 * begins with 0. A full buffer makes the producer wait, an empty one the consumer. Each process has
 * a `next` of its own, so with one producer and one consumer nothing has to be locked.
 */
export class BoundedBuffer {
  readonly #slots: Buffer[] = [];
  readonly #free: Semaphore;
  readonly #filled: Semaphore;
  #next = 0;

  constructor(
    mapping: memory.Mapping,
    offset: number,
    slots: number,
    free: Semaphore,
    filled: Semaphore,
  ) {
    for (let slot = 0; slot < slots; slot++) {
      const start = offset + slot * SLOT_SIZE;
      this.#slots.push(mapping.bytes.subarray(start, start + SLOT_SIZE));
    }
    this.#free = free;
    this.#filled = filled;
  }

  /** The producer's half. */
  async put(type: number, data: Buffer, signal: AbortSignal): Promise<void> {
    if (data.length > SLOT_DATA) throw new RangeError('the data does not fit into a slot');
    await this.#free.wait({ signal });
    const slot = this.#nextSlot();
    slot.writeUInt32LE(type, 0);
    slot.writeUInt32LE(data.length, LENGTH);
    data.copy(slot, DATA);
    this.#filled.post();
  }

  /** The consumer's half. The data is a copy: after the post the producer writes over the slot. */
  async take(signal: AbortSignal): Promise<Message> {
    await this.#filled.wait({ signal });
    const slot = this.#nextSlot();
    const type = slot.readUInt32LE(0);
    const length = slot.readUInt32LE(LENGTH);
    if (length > SLOT_DATA) throw new Error(`a slot cannot hold ${String(length)} bytes`);
    const data = Buffer.from(slot.subarray(DATA, DATA + length));
    this.#free.post();
    return { type, data };
  }

  #nextSlot(): Buffer {
    const slot = this.#slots[this.#next];
    if (!slot) throw new RangeError('a buffer has at least one slot');
    this.#next = (this.#next + 1) % this.#slots.length;
    return slot;
  }
}
