/** Messages that come by themselves, for one move after the other: what comes early is kept. */

import type { Moves } from './driver';
import type { Take } from './payload';

interface Asked {
  left: number;
  take: Take;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export class Feed {
  #early: Uint8Array[] = [];
  #asked: Asked | undefined;

  /** Whether a move waits for messages. */
  isHungry(): boolean {
    return this.#asked !== undefined;
  }

  /** One has come. */
  readonly put: Take = (data) => {
    const asked = this.#asked;
    if (asked === undefined) {
      this.#early.push(data);
      return;
    }
    try {
      asked.take(data);
    } catch (error) {
      asked.reject(error);
      asked.left = 0;
    }
    if (--asked.left > 0) return;
    this.#asked = undefined;
    asked.resolve();
  };

  readonly move: Moves = (count, take) =>
    new Promise((resolve, reject) => {
      if (count === 0) {
        resolve();
        return;
      }
      this.#asked = { left: count, take, resolve, reject };
      for (const data of this.#early.splice(0)) this.put(data);
    });

  next(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#asked = { left: 1, take: resolve, resolve: () => undefined, reject };
      for (const data of this.#early.splice(0)) this.put(data);
    });
  }
}
