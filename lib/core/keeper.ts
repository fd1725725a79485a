import { keepAlive } from './engine';

/**
 * What the waits of one object have in common: whether they keep the process alive (`ref()` and
 * `unref()`), and whether the object is open.
 */
export class Keeper {
  #closed: (() => Error) | undefined;
  #waits = 0;
  #holding = true;

  /** A wait began (1) or ended (-1). */
  change(by: 1 | -1): void {
    this.#waits += by;
    if (this.#holding) keepAlive(by);
  }

  /** The object is closed, for a reason. */
  end(reason: () => Error): void {
    this.#closed = reason;
  }

  /** Throws the reason where the object is closed: a getter of a caller's options may close it. */
  checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed();
  }

  hold(holding: boolean): void {
    if (holding === this.#holding) return;
    this.#holding = holding;
    for (let i = 0; i < this.#waits; i++) keepAlive(holding ? 1 : -1);
  }
}
