/** Messages of one size out of the chunks that a stream of bytes comes in. */

import type { Take } from './payload';

export class Cutter {
  readonly #size: number;
  #begun: Buffer[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Hands over each message that a chunk completes, without a view where that can be; answers how many. */
  cut(chunk: Buffer, take: Take): number {
    let [count, at] = [0, 0];
    while (this.#length + chunk.length - at >= this.#size) {
      const end = at + this.#size - this.#length;
      if (this.#length > 0) {
        take(Buffer.concat([...this.#begun, chunk.subarray(at, end)]));
        [this.#begun, this.#length] = [[], 0];
      } else if (take.at === undefined) {
        take(chunk.subarray(at, end));
      } else {
        take.at(chunk, at, this.#size);
      }
      count++;
      at = end;
    }
    if (at < chunk.length) this.#begun.push(at === 0 ? chunk : chunk.subarray(at));
    this.#length += chunk.length - at;
    return count;
  }
}
