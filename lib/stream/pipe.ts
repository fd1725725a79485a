import { constants } from 'node:fs';

import { check } from '../core/error';
import { boolean, integer, optionsOf } from '../core/options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import { native } from '../native';
import { O_CLOEXEC, O_DIRECT } from './constants';
import { setCapacity } from './pipe-end';
import { adoptReader, type PipeReader } from './pipe-reader';
import { adoptWriter, type PipeWriter } from './pipe-writer';

/** What a pipe is made with. */
export interface PipeOptions {
  /** Each write of up to PIPE_BUF bytes is a packet, and each read takes one (O_DIRECT). Default false. */
  packet?: boolean | undefined;
  /** Both ends have O_NONBLOCK from the start, for children that want it above descriptor 2. Default false. */
  nonBlocking?: boolean | undefined;
  /** Bytes that it holds. Default: what the kernel gives, 64 KiB. */
  capacity?: number | undefined;
}

/** Both ends of a pipe. */
export interface Pipe {
  /** What is written comes here. */
  reader: PipeReader;
  /** Where it is written. */
  writer: PipeWriter;
}

/**
 * Makes a pipe. Both ends are close-on-exec: a child gets one through `stdio`.
 *
 * Errors: EMFILE, ENFILE; EPERM (`capacity` above fs.pipe-max-size). Source: pipe(2).
 *
 * ```js
 * const { reader, writer } = await stream.pipe();
 * spawn('sort', { stdio: ['ignore', writer.fd, 'inherit'] });
 * writer.close(); // the child has it: without this the end would never come
 * for await (const line of reader.lines()) console.log(line);
 * ```
 */
export function pipe(options?: PipeOptions): Promise<Pipe> {
  return promised(() => pipeSync(options));
}

/** As `pipe`, at once. */
export function pipeSync(options?: PipeOptions): Pipe {
  const { packet = false, nonBlocking = false, capacity } = optionsOf(options);
  const flags =
    (boolean('options.packet', packet) ? O_DIRECT : 0) |
    (boolean('options.nonBlocking', nonBlocking) ? constants.O_NONBLOCK : 0);
  const bytes =
    capacity === undefined ? undefined : integer('options.capacity', capacity, 1, 2 ** 31 - 1);
  const ends = new Int32Array(2);
  check(native.pipeOwned(ends, flags | O_CLOEXEC), 'pipe2');
  const [reading, writing] = [...ends].map((handle) => new OwnedDescriptor(handle));
  if (reading === undefined || writing === undefined) throw new Error('posix-ipc: no pipe');
  try {
    if (bytes !== undefined) setCapacity(writing.number, bytes);
  } catch (error) {
    reading.close();
    writing.close();
    throw error;
  }
  return { reader: adoptReader(reading), writer: adoptWriter(writing) };
}
