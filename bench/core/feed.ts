/** Messages that come by themselves, for one move after the other: what comes early is kept. */

interface Asked<T> {
  left: number;
  take: (data: T) => void;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export class Feed<T = Uint8Array> {
  #early: T[] = [];
  #asked: Asked<T> | undefined;

  /** Whether a move waits for messages. */
  isHungry(): boolean {
    return this.#asked !== undefined;
  }

  /** One has come. */
  readonly put = (data: T): void => {
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

  readonly move = (count: number, take: (data: T) => void): Promise<void> =>
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
}
