import { keepAlive } from './engine';

/** Whether the pending waits of one object keep the process alive: `ref()` and `unref()`. */
export class Keeper {
  #waits = 0;
  #holding = true;

  /** A wait began (1) or ended (-1). */
  change(by: 1 | -1): void {
    this.#waits += by;
    if (this.#holding) keepAlive(by);
  }

  hold(holding: boolean): void {
    if (holding === this.#holding) return;
    this.#holding = holding;
    for (let i = 0; i < this.#waits; i++) keepAlive(holding ? 1 : -1);
  }
}
