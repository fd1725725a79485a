import { constants } from 'node:fs';
import type { Writable } from 'node:stream';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { limitsOf } from '../core/limits';
import {
  bytesOf,
  optionsOf,
  timeoutOf,
  type Data,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { descriptorOf, type FromFdOptions, type OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import type { StreamOptions } from '../core/stream-options';
import { FileCall, sourceOf, type FileRange, type SendFileOptions } from './file-source';
import { PipeWritable } from './node-streams';
import { Outgoing } from './outgoing';
import { examineEnd, PipeEnd } from './pipe-end';
import { PipeFile } from './pipe-file';

/** How a Sync form sends a file. */
export interface SendFileSyncOptions extends TimeoutOptions, FileRange {}

/** For pipe() and Fifo: the writing end that a descriptor is. */
export let adoptWriter: (descriptor: OwnedDescriptor, path?: string) => PipeWriter;

/**
 * The writing end of a pipe or a FIFO.
 *
 * Up to PIPE_BUF (4096) bytes are written in one piece: those of other writers are before or behind
 * them. More may be written in pieces, in order, as room becomes free. Where nobody reads any more,
 * a write fails with EPIPE; no SIGPIPE ends the process. Calls of one object are made in their order.
 *
 * Others who have its descriptor do not find it O_NONBLOCK: such an end is opened a second time.
 *
 * Source: pipe(7), write(2).
 *
 * ```js
 * const { reader, writer } = await stream.pipe();
 * spawn('wc', ['-c'], { stdio: [reader.fd, 'inherit', 'inherit'] });
 * reader.close(); // the child has it
 * await writer.sendFile('/etc/services');
 * writer.close();
 * ```
 */
export class PipeWriter extends PipeEnd {
  readonly #outgoing: Outgoing;

  private constructor(by: ByOpener, descriptor: OwnedDescriptor, isShared: boolean, path?: string) {
    checkOpener(by, PipeWriter);
    const file = new PipeFile(descriptor, isShared);
    super('writing end', descriptor, file, path);
    this.#outgoing = new Outgoing(file, path);
  }

  static {
    adoptWriter = (descriptor, path) => new PipeWriter(byOpener, descriptor, false, path);
  }

  /**
   * Uses a descriptor that is there, such as one that another process has passed.
   *
   * Errors: EBADF, EINVAL (no pipe, or its reading end).
   */
  static fromFd(fd: number, options?: FromFdOptions): Promise<PipeWriter> {
    return promised(() => PipeWriter.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions): PipeWriter {
    return new PipeWriter(
      byOpener,
      descriptorOf(fd, options, (given) => {
        examineEnd(given, constants.O_WRONLY);
      }),
      true,
    );
  }

  // ---- writing

  /**
   * Writes all of it; waits while there is no room. The memory must not change meanwhile.
   *
   * Resolves with the number of bytes: all, unless something (time, abort, an error) ended the call
   * after some were written. If none was, it rejects.
   * Errors: EPIPE (nobody reads), ETIMEDOUT, ERR_CLOSED. Source: write(2).
   */
  async write(data: Data, options?: WaitOptions): Promise<number> {
    this.checkOpen();
    const writing = this.#outgoing.write(bytesOf('data', data));
    return this.outgoing.run(writing, limitsOf(options), methods.write);
  }

  /** As `write`, blocking the thread. */
  writeSync(data: Data, options?: TimeoutOptions): number {
    this.checkOpen();
    const writing = this.#outgoing.write(bytesOf('data', data));
    return this.outgoing.runSync(writing, timeoutOf(optionsOf(options)));
  }

  /** Writes what there is room for now: how many bytes; undefined: none. */
  tryWrite(data: Data): number | undefined {
    this.checkOpen();
    const writing = this.#outgoing.write(bytesOf('data', data));
    return this.outgoing.try(writing) ?? writing.partial();
  }

  /**
   * Moves a file, or what a descriptor has to read, into the pipe; its bytes do not pass through
   * JavaScript. A thread of its own does it, so that no disk holds up the event loop.
   *
   * `file` is a path, or a descriptor, which stays open. Resolves with the number of bytes, as `write`.
   * Errors: EINVAL (what cannot be spliced, such as an eventfd), ENOENT, EPIPE, ETIMEDOUT, ERR_CLOSED.
   * Source: splice(2).
   */
  async sendFile(file: string | number, options?: SendFileOptions): Promise<number> {
    this.checkOpen();
    const limits = limitsOf(options);
    const source = sourceOf(file);
    try {
      const call = new FileCall(source, this.handle, options, pathOf(file), limits.timeout);
      return await this.outgoing.add(call, limits, methods.sendFile);
    } finally {
      source.close();
    }
  }

  /** As `sendFile`, blocking the thread. */
  sendFileSync(file: string | number, options?: SendFileSyncOptions): number {
    this.checkOpen();
    const timeout = timeoutOf(optionsOf(options));
    const source = sourceOf(file);
    try {
      const call = new FileCall(source, this.handle, options, pathOf(file), timeout);
      return call.runSync(this.outgoing.serveSync(timeout, (error) => call.failure(error)));
    } finally {
      source.close();
    }
  }

  /**
   * A Node stream that writes here, each chunk by one `write`. It closes this object when it ends or
   * is destroyed, unless `autoClose` is false.
   */
  writable(options?: StreamOptions): Writable {
    this.checkOpen();
    return new PipeWritable(this, options);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'write' | 'sendFile', unknown> = PipeWriter.prototype;

function pathOf(file: string | number): string | undefined {
  return typeof file === 'string' ? file : undefined;
}
