import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { SystemError } from 'posix-ipc';
import { Disconnected } from './transports/transport';

/** How long a process may take to end after its descriptors are closed, in milliseconds. */
const PATIENCE = 1000;

/** A receiver that runs. Its stderr must be a pipe: what it complains about becomes part of the error. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #failure = new AbortController();
  #complaint = '';
  #closed = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (text: Buffer) => {
      this.#complaint = (this.#complaint + text.toString()).slice(0, 1000);
    });
    child.once('error', (error) => {
      this.#failure.abort(new Error(`the receiver did not start: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      this.#closed = true;
      // A receiver that ends well has sent its verdict before, which is still to be read.
      if (code !== 0) this.#failure.abort(new Error(this.#describeEnd(code, signal)));
    });
  }

  /** Aborted with the reason when the process fails or is killed. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  async ended(signal: AbortSignal): Promise<void> {
    if (!this.#closed) await once(this.#child, 'close', { signal });
  }

  /**
   * Why a transfer failed. Where the connection broke, the receiver has just ended, or is about to,
   * and its end says more.
   */
  async reasonFor(error: unknown): Promise<unknown> {
    const isBroken = error instanceof SystemError || error instanceof Disconnected;
    if (isBroken && !this.#closed) {
      const patience = AbortSignal.timeout(PATIENCE);
      await once(this.#child, 'close', { signal: patience }).catch(() => undefined);
    }
    return this.failed.aborted ? this.failed.reason : error;
  }

  /** When this resolves the process is no more. Harmless if it ended before, or never began. */
  async kill(): Promise<void> {
    if (this.#closed || this.#child.pid === undefined) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    if (signal) return `the receiver was killed by ${signal}`;
    return `the receiver ended with exit code ${String(code)}: ${this.#complaint.trim() || 'it did not say why'}`;
  }
}
