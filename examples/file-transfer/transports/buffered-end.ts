import type { memory } from 'posix-ipc';
import { BoundedBuffer, type Semaphore } from './bounded-buffer';
import { FRAME_DATA, FRAME_SIZE } from './frame';
import type { Endpoint, Message } from './transport';

/** There: while the receiver empties one slot, the sender fills others. */
const SLOTS = 4;
/** And back: an answer comes alone. */
const ANSWER_SLOTS = 1;

/** The memory that both buffers take, one after the other. */
export const BUFFERS_SIZE = (SLOTS + ANSWER_SLOTS) * FRAME_SIZE;

/** What the four semaphores begin with, in the order of `SharedObjects.semaphores`. */
export const INITIAL_VALUES = [SLOTS, 0, ANSWER_SLOTS, 0] as const;

/** What a facility has to offer: memory, and four semaphores. */
export interface SharedObjects {
  readonly mapping: memory.Mapping;
  /** Where the buffers begin. */
  readonly offset: number;
  /** free and filled of the way there, free and filled of the way back. */
  readonly semaphores: readonly Semaphore[];
  /** Lets go of all this. */
  close(): void;
}

/** A bounded buffer there and one back: the sender produces for one what the receiver consumes. */
export class BufferedEnd implements Endpoint {
  readonly maxLength = FRAME_DATA;
  readonly #objects: SharedObjects;
  readonly #outgoing: BoundedBuffer;
  readonly #incoming: BoundedBuffer;

  constructor(side: 'sender' | 'receiver', objects: SharedObjects) {
    const { mapping, offset, semaphores } = objects;
    const [free, filled, freeBack, filledBack] = semaphores;
    if (!free || !filled || !freeBack || !filledBack) throw new RangeError('four semaphores');
    const back = offset + SLOTS * FRAME_SIZE;
    const thereBuffer = new BoundedBuffer(mapping, offset, SLOTS, free, filled);
    const backBuffer = new BoundedBuffer(mapping, back, ANSWER_SLOTS, freeBack, filledBack);
    this.#objects = objects;
    this.#outgoing = side === 'sender' ? thereBuffer : backBuffer;
    this.#incoming = side === 'sender' ? backBuffer : thereBuffer;
  }

  send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    return this.#outgoing.put(type, data, signal);
  }

  receive(signal: AbortSignal): Promise<Message> {
    return this.#incoming.take(signal);
  }

  close(): void {
    this.#objects.close();
  }
}
