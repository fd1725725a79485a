/** Messages that come by themselves, for one move after the other: what comes early is kept. */

import type { Take } from './payload';

interface Takes<T> extends Pick<Take, 'at'> {
  (data: T): void;
}

interface Asked<T> {
  left: number;
  take: Takes<T>;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

function refuse(asked: Asked<never>, error: unknown): void {
  asked.reject(error);
  asked.left = 0;
}

export class Feed<T = Uint8Array> {
  #early: T[] = [];
  #asked: Asked<T> | undefined;

  /** Whether a move waits for messages. */
  isHungry(): boolean {
    return this.#asked !== undefined;
  }

  /** One has come; `at`: in other memory, of which a view is made for whoever needs one. */
  readonly put: Takes<T> & Required<Pick<Take, 'at'>> = Object.assign(
    (data: T) => {
      this.#put(data);
    },
    {
      at: (memory: Uint8Array, offset: number, length: number) => {
        const asked = this.#asked;
        if (asked?.take.at === undefined) {
          this.#put(memory.subarray(offset, offset + length) as T);
          return;
        }
        try {
          asked.take.at(memory, offset, length);
        } catch (error) {
          refuse(asked, error);
        }
        this.#taken(asked);
      },
    },
  );

  readonly move = (count: number, take: Takes<T>): Promise<void> =>
    new Promise((resolve, reject) => {
      if (count === 0) {
        resolve();
        return;
      }
      this.#asked = { left: count, take, resolve, reject };
      for (const data of this.#early.splice(0)) this.put(data);
    });

  next(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#asked = { left: 1, take: resolve, resolve: () => undefined, reject };
      for (const data of this.#early.splice(0)) this.put(data);
    });
  }

  #put(data: T): void {
    const asked = this.#asked;
    if (asked === undefined) {
      this.#early.push(data);
      return;
    }
    try {
      asked.take(data);
    } catch (error) {
      refuse(asked, error);
    }
    this.#taken(asked);
  }

  #taken(asked: Asked<T>): void {
    if (--asked.left > 0) return;
    this.#asked = undefined;
    asked.resolve();
  }
}
