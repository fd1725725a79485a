/** Shared memory beside what wakes: a slot for each type of message. As in c/slots.h. */

import { posix, type memory } from 'posix-ipc';

const SLOT = 128;
/** Where a slot has the length of its message, in words of four bytes, and its payload. */
const LENGTH = 16;
const PAYLOAD = 68;

/** The types of a round trip; in slot 0 is what one process uses alone. */
export const REQUEST = 1;
export const REPLY = 2;

export class Slots {
  readonly mapping: memory.Mapping;
  readonly #bytes: Buffer;
  readonly #words: Int32Array;

  constructor(shared: posix.SharedMemory) {
    this.mapping = shared.mapping;
    this.#bytes = shared.bytes;
    this.#words = this.mapping.view(Int32Array);
  }

  static open(name: string): Slots {
    return new Slots(posix.SharedMemory.openSync(name));
  }

  /** Room for so many types, under a name that nobody has. */
  static make(types: number): posix.SharedMemory {
    return posix.SharedMemory.createSync(undefined, { size: SLOT * (types + 1) });
  }

  /** Where a slot begins. */
  static at(type: number): number {
    return SLOT * type;
  }

  put(type: number, payload: Uint8Array): void {
    const begin = SLOT * type;
    this.#words[begin / 4 + LENGTH] = payload.length;
    this.#bytes.set(payload, begin + PAYLOAD);
  }

  /** A view: the next message of the type overwrites it. */
  take(type: number): Buffer {
    const begin = SLOT * type;
    const length = this.#words[begin / 4 + LENGTH] as number;
    return this.#bytes.subarray(begin + PAYLOAD, begin + PAYLOAD + length);
  }
}
