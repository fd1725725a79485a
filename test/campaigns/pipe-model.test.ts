/**
 * Random calls on both ends of a pipe, many of which wait, are aborted, or have no time: what is read,
 * in the order of the calls, is what the writes say they have written, in the order of theirs.
 *
 * POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/pipe-model for more; POSIX_IPC_SEED=N for the same again.
 */

import { randomInt } from 'node:crypto';

import type { stream } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { descriptorsSince } from '../support/descriptors';
import { temporaryPipe } from '../support/pipes';
import { soon } from '../support/wait-until';
import { Seeded } from './seeded';

const runs = scaled(200);
const seed = Number(process.env['POSIX_IPC_SEED'] ?? randomInt(2 ** 32));
const lengths = [1, 2, 100, 4095, 4096, 4097, 16_384, 65_536, 65_537, 150_000];

interface Limits {
  timeout?: number;
  signal?: AbortSignal;
}

class Run {
  readonly #random: Seeded;
  readonly #pipe: stream.Pipe;
  /** What was written, and read, in the order of the calls. */
  readonly #written: Promise<Buffer>[] = [];
  readonly #read: Promise<Buffer | null>[] = [];

  constructor(seed: number) {
    this.#random = new Seeded(seed);
    const capacity = this.#random.oneOf([4096, 65_536]);
    this.#pipe = temporaryPipe({ capacity, nonBlocking: this.#random.chance(0.2) });
  }

  async all(): Promise<{ written: Buffer; read: Buffer }> {
    for (let i = 5 + this.#random.below(60); i > 0; i--) {
      const chosen = this.#random.below(10);
      if (chosen < 5) this.#write();
      else if (chosen < 9) this.#take();
      else await new Promise(setImmediate);
    }
    const written = await this.#drained();
    const read = (await Promise.all(this.#read)).map((bytes) => bytes ?? Buffer.alloc(0));
    return { written, read: Buffer.concat(read) };
  }

  /** Reads until all writes have ended, and then until the end. */
  async #drained(): Promise<Buffer> {
    const { reader, writer } = this.#pipe;
    const writes = Promise.all(this.#written);
    const ended = (): void => {
      writer.close();
    };
    writes.then(ended, ended);
    for (let last: Buffer | null = Buffer.alloc(0); last !== null;) {
      const reading = reader.read();
      this.#read.push(handled(reading));
      last = await soon('the end of the pipe', reading);
    }
    reader.close();
    return Buffer.concat(await writes);
  }

  #limits(): Limits {
    const { signal, abort } = abortable();
    const chosen = this.#random.below(10);
    if (chosen < 5) return {};
    if (chosen < 7) return { timeout: this.#random.oneOf([0, 0.1, 1]) };
    if (chosen === 7) abort();
    else if (chosen === 8) setImmediate(abort);
    else setTimeout(abort, this.#random.below(3));
    return { signal };
  }

  #write(): void {
    const { writer } = this.#pipe;
    const data = Buffer.alloc(this.#random.oneOf(lengths), 1 + (this.#written.length % 250));
    const form = this.#random.below(4);
    const limits = this.#limits();
    const made = attempted(() => {
      if (form === 0) return writer.tryWrite(data);
      if (form === 1) return writer.writeSync(data, { timeout: 0 });
      return writer.write(data, limits);
    });
    this.#written.push(handled(made.then((count = 0) => data.subarray(0, count))));
  }

  #take(): void {
    const { reader } = this.#pipe;
    const size = this.#random.oneOf([1, 100, 4096, 65_536, 2 ** 20]);
    const form = this.#random.below(5);
    const limits = this.#limits();
    const made = attempted(async () => {
      if (form === 0) return reader.tryRead({ size });
      if (form === 1) return reader.readSync({ size, timeout: 0 });
      if (form === 2) return reader.read({ size, ...limits });
      const memory = Buffer.alloc(size);
      return memory.subarray(0, await reader.readInto(memory, limits));
    });
    this.#read.push(handled(made.then((bytes = null) => bytes)));
  }
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort('storm');
  };
  return { signal: controller.signal, abort };
}

/** It is awaited later: until then nobody else may be told. */
function handled<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => undefined);
  return promise;
}

/** What a call gives; undefined where its time was over, or it was aborted. */
async function attempted<R>(call: () => R | Promise<R>): Promise<R | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error === 'storm' || (error as NodeJS.ErrnoException).code === 'ETIMEDOUT')
      return undefined;
    throw error;
  }
}

test(
  `${String(runs)} runs: every byte that was written is read once, in order (seed ${String(seed)})`,
  async () => {
    const opened = descriptorsSince();
    const seeds = new Seeded(seed);
    let bytes = 0;
    for (let i = 0; i < runs; i++) {
      const { written, read } = await new Run(seeds.seed()).all();
      expect([i, read.length, read.equals(written)]).toEqual([i, written.length, true]);
      bytes += written.length;
    }
    expect(opened().length).toBeLessThanOrEqual(2); // epoll and its like are kept
    report(`${String(runs)} runs, seed ${String(seed)}: ${String(bytes)} bytes`);
  },
  patience(10),
);
