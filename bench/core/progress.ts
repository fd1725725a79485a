/** One line at a terminal, written over and over: how much is done, and what is being done. */

/** What of `process.stderr` is needed. */
export interface Terminal {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write: (text: string) => unknown;
}

const CELLS = 24;

/** Drawn only between samples: a clock that redraws would take time from what is measured. */
export class Progress {
  readonly #total: number;
  readonly #terminal: Terminal;
  #done = 0;

  /** `total`: how many steps there are. */
  constructor(total: number, terminal: Terminal = process.stderr) {
    this.#total = total;
    this.#terminal = terminal;
  }

  /** What is being done now; nothing where nobody looks. */
  show(text: string): void {
    if (this.#terminal.isTTY !== true) return;
    const full = Math.floor((CELLS * this.#done) / this.#total);
    const bar = '█'.repeat(full) + '░'.repeat(CELLS - full);
    const percent = String(Math.floor((100 * this.#done) / this.#total)).padStart(3);
    // A longer line would go on in the next one, and stay there.
    const line = `${bar} ${percent} % ${text}`.slice(0, (this.#terminal.columns ?? 80) - 1);
    this.#terminal.write(`\r\x1b[K${line}`);
  }

  /** A step is done. */
  advance(): void {
    this.#done++;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#terminal.isTTY === true) this.#terminal.write('\r\x1b[K');
  }
}
