import { listen } from './expiry';

/**
 * Aborted when either of two signals is, also by what only looks like a signal, which AbortSignal.any
 * takes, and never hears of again. It listens to them only while somebody waits: what that makes is
 * remembered by the one that lives longer, for each wait.
 */
class Either {
  readonly #signals: readonly [AbortSignal, AbortSignal];
  readonly #undo: (() => void)[] = [];

  constructor(...signals: [AbortSignal, AbortSignal]) {
    this.#signals = signals;
  }

  get aborted(): boolean {
    return this.#signals.some(({ aborted }) => aborted);
  }

  get reason(): unknown {
    return this.#signals.find(({ aborted }) => aborted)?.reason as unknown;
  }

  /** Who waits has one listener, however many do: see `listen`. */
  addEventListener(_type: string, listener: () => void): void {
    const aborted = (): void => {
      this.removeEventListener();
      listener();
    };
    const failed = (error: unknown): never => {
      this.removeEventListener();
      throw error;
    };
    for (const signal of this.#signals) this.#undo.push(listen(signal, aborted, failed));
  }

  removeEventListener(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}

/** All that a wait asks of a signal. */
export function eitherOf(one: AbortSignal, other: AbortSignal): AbortSignal {
  return new Either(one, other) as Pick<AbortSignal, keyof Either> as AbortSignal;
}
