import type { memory } from 'posix-ipc';
import { FRAME_SIZE, HEAD, readHead, writeFrame } from './frame';
import type { Message } from './transport';

/** A counting semaphore, whoever makes it. Dijkstra called the two P and V. */
export interface Semaphore {
  /** Takes one; waits while there is none. */
  wait(options: { signal: AbortSignal }): Promise<void>;
  /** Gives one back; never waits. */
  post(): void;
}

/**
 * The bounded buffer of the textbooks: a ring of slots in memory that two processes share, each with
 * room for a frame. One of them, the producer, fills the slots in turn; the other, the consumer,
 * empties them.
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
      const start = offset + slot * FRAME_SIZE;
      this.#slots.push(mapping.bytes.subarray(start, start + FRAME_SIZE));
    }
    this.#free = free;
    this.#filled = filled;
  }

  /** The producer's half. */
  async put(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    await this.#free.wait({ signal });
    writeFrame(this.#nextSlot(), type, data);
    this.#filled.post();
  }

  /** The consumer's half. The data is a copy: after the post the producer writes over the slot. */
  async take(signal: AbortSignal): Promise<Message> {
    await this.#filled.wait({ signal });
    const slot = this.#nextSlot();
    const { type, length } = readHead(slot);
    const data = Buffer.from(slot.subarray(HEAD, HEAD + length));
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
