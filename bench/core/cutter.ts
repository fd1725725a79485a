/** Messages of one size out of the chunks that a stream of bytes comes in. */

import type { Take } from './payload';

export class Cutter {
  readonly #size: number;
  #begun: Buffer[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Hands over each message that a chunk completes; answers how many. */
  cut(chunk: Buffer, take: Take): number {
    let count = 0;
    let rest = chunk;
    while (this.#length + rest.length >= this.#size) {
      const needed = this.#size - this.#length;
      const end = needed === rest.length ? rest : rest.subarray(0, needed);
      take(this.#length === 0 ? end : Buffer.concat([...this.#begun, end]));
      count++;
      rest = rest.subarray(needed);
      [this.#begun, this.#length] = [[], 0];
    }
    if (rest.length > 0) this.#begun.push(rest);
    this.#length += rest.length;
    return count;
  }
}
