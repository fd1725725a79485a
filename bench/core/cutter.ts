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
    let [count, at] = [0, 0];
    while (this.#length + chunk.length - at >= this.#size) {
      const end = at + this.#size - this.#length;
      const piece = chunk.subarray(at, end);
      take(this.#length === 0 ? piece : Buffer.concat([...this.#begun, piece]));
      count++;
      if (this.#length > 0) [this.#begun, this.#length] = [[], 0];
      at = end;
    }
    if (at < chunk.length) this.#begun.push(at === 0 ? chunk : chunk.subarray(at));
    this.#length += chunk.length - at;
    return count;
  }
}
