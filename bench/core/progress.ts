/** How much is done, and what is being done: one line at a terminal, written over and over; elsewhere a line now and then. */

/** What of `process.stderr` is needed. */
export interface Terminal {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write: (text: string) => unknown;
}

const CELLS = 24;

/** Without a terminal a line is written for each so many percent: a log of an hour tells that it goes on. */
const STRIDE = 5;

/** Drawn only between samples: a clock that redraws would take time from what is measured. */
export class Progress {
  readonly #total: number;
  readonly #terminal: Terminal;
  #done = 0;
  /** Percent that the next line without a terminal waits for. */
  #next = 0;

  /** `total`: how many steps there are. */
  constructor(total: number, terminal: Terminal = process.stderr) {
    this.#total = total;
    this.#terminal = terminal;
  }

  /** What is being done now. */
  show(text: string): void {
    const done = Math.floor((100 * this.#done) / this.#total);
    const percent = String(done).padStart(3);
    if (this.#terminal.isTTY !== true) {
      if (done < this.#next) return;
      this.#next = done - (done % STRIDE) + STRIDE;
      this.#terminal.write(`${percent} % ${text}\n`);
      return;
    }
    const full = Math.floor((CELLS * this.#done) / this.#total);
    const bar = '█'.repeat(full) + '░'.repeat(CELLS - full);
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
