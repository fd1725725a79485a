import { constants, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { errnoOf, SystemError, type ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import {
  boolean,
  fileMode,
  optionsOf,
  text,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { FifoOpener, fifoFailure } from './fifo-open';
import { adoptReader, type PipeReader } from './pipe-reader';
import { adoptWriter, type PipeWriter } from './pipe-writer';

/** What a FIFO is made with. */
export interface FifoOptions {
  /** Permission bits, exactly, whatever the umask. Default 0o600. */
  mode?: number | undefined;
}

/** How a reading end is opened. */
export interface KeepOpenOptions {
  /**
   * It is a writer too, so that the end never comes: for servers, whose clients come and go. It
   * needs the permission to write, and waits for nobody. Default false.
   */
  keepOpen?: boolean | undefined;
}

const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');
const mostTries = 10;
const { O_RDONLY, O_RDWR, O_WRONLY } = constants;

/**
 * Makes a FIFO: a pipe with a name.
 *
 * `mode` are its permission bits, exactly, whatever the umask; default 0o600.
 * Errors: EACCES, EEXIST, ELOOP, ENAMETOOLONG, ENOENT, ENOSPC, ENOTDIR, EROFS. Source: mkfifo(3).
 */
export function mkfifo(path: string, mode?: number): Promise<void> {
  return promised(() => {
    mkfifoSync(path, mode);
  });
}

/** As `mkfifo`, at once. */
export function mkfifoSync(path: string, mode = 0o600): void {
  const result = native.mkfifoExact(text('path', path), fileMode('mode', mode));
  if (result < 0) throw new SystemError(result, 'mkfifo', { path });
}

/**
 * A FIFO: a pipe with a name in the file system, which processes that do not know each other open.
 *
 * As with open(2), an end waits until somebody opens the other one. Each such wait has a thread of
 * its own, none of libuv's; it can be ended by a timeout, a signal, and `close()`. The ends that
 * were opened are objects of their own, and stay open when this one is closed.
 *
 * Source: fifo(7), mkfifo(3), open(2).
 *
 * ```js
 * const fifo = await stream.Fifo.openOrCreate('/run/user/1000/orders');
 * const orders = await fifo.openReader({ keepOpen: true });
 * for await (const line of orders.lines()) console.log(line);
 * ```
 */
export class Fifo extends Handle {
  /** As it was given. */
  readonly path: string;
  /** The same, whatever the working directory becomes. */
  readonly #place: string;
  readonly #opener: FifoOpener;

  private constructor(by: ByOpener, path: string) {
    checkOpener(by, Fifo);
    const keeper = new Keeper();
    super('FIFO', keeper);
    this.path = path;
    this.#place = resolve(path);
    this.#opener = new FifoOpener(this.#place, keeper);
  }

  /** Makes a new one. Errors: as `mkfifo`. Source: mkfifo(3). */
  static create(path: string, options?: FifoOptions): Promise<Fifo> {
    return promised(() => Fifo.createSync(path, options));
  }

  /** As `create`, at once. */
  static createSync(path: string, options?: FifoOptions): Fifo {
    mkfifoSync(path, modeOf(options));
    return new Fifo(byOpener, path);
  }

  /** Uses one that is there. Errors: EACCES, EINVAL (something else has the name), ENOENT. */
  static open(path: string): Promise<Fifo> {
    return promised(() => Fifo.openSync(path));
  }

  /** As `open`, at once. */
  static openSync(path: string): Fifo {
    const result = native.fifoCheck(text('path', path));
    if (result < 0) throw fifoFailure(result, 'stat', path);
    return new Fifo(byOpener, path);
  }

  /** Uses the one that is there, or makes it. Options apply only to one that is made. */
  static openOrCreate(path: string, options?: FifoOptions): Promise<Fifo> {
    return promised(() => Fifo.openOrCreateSync(path, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(path: string, options?: FifoOptions): Fifo {
    const mode = modeOf(options);
    for (let tries = 1; ; tries++) {
      const made = native.mkfifoExact(text('path', path), mode);
      if (made < 0 && made !== EEXIST) throw new SystemError(made, 'mkfifo', { path });
      const found = made === 0 ? 0 : native.fifoCheck(path);
      if (found === 0) return new Fifo(byOpener, path);
      // Gone since; but a link that leads nowhere is there and not there for ever.
      if (found !== ENOENT || tries === mostTries) throw fifoFailure(found, 'stat', path);
    }
  }

  // ---- opening an end

  /**
   * Opens the reading end; waits until there is a writer. With `keepOpen` it waits for nobody.
   *
   * Errors: EACCES, EINVAL (something else has the name now), ENOENT, ETIMEDOUT, ERR_CLOSED.
   * Source: open(2), fifo(7).
   */
  async openReader(options?: WaitOptions & KeepOpenOptions): Promise<PipeReader> {
    this.checkOpen();
    const limits = limitsOf(options);
    if (keepsOpen(options)) return this.#openAtOnce(O_RDWR);
    const opened = await this.#opener.open(O_RDONLY, limits, methods.openReader, false);
    return adoptReader(opened, this.path);
  }

  /** As `openReader`, blocking the thread. */
  openReaderSync(options?: TimeoutOptions & KeepOpenOptions): PipeReader {
    this.checkOpen();
    const timeout = timeoutOf(optionsOf(options));
    if (keepsOpen(options)) return this.#openAtOnce(O_RDWR);
    return adoptReader(this.#opener.openSync(O_RDONLY, timeout), this.path);
  }

  /** Opens the reading end whether there is a writer or not. Its reads wait for the first one. */
  tryOpenReader(): PipeReader {
    this.checkOpen();
    return this.#openAtOnce(O_RDONLY);
  }

  /** Opens the writing end; waits until there is a reader. Errors: as `openReader`. */
  async openWriter(options?: WaitOptions): Promise<PipeWriter> {
    this.checkOpen();
    const limits = limitsOf(options);
    const opened =
      this.#opener.try(O_WRONLY) ??
      (await this.#opener.open(O_WRONLY, limits, methods.openWriter, true));
    return adoptWriter(opened, this.path);
  }

  /** As `openWriter`, blocking the thread. */
  openWriterSync(options?: TimeoutOptions): PipeWriter {
    this.checkOpen();
    const timeout = timeoutOf(optionsOf(options));
    const opened = this.#opener.try(O_WRONLY) ?? this.#opener.openSync(O_WRONLY, timeout);
    return adoptWriter(opened, this.path);
  }

  /** As `openWriter`; undefined where there is no reader (ENXIO). */
  tryOpenWriter(): PipeWriter | undefined {
    this.checkOpen();
    const opened = this.#opener.try(O_WRONLY);
    return opened && adoptWriter(opened, this.path);
  }

  // ---- the name

  /** Removes the name; ends that are open go on. Errors: EACCES, ENOENT. Source: unlink(2). */
  unlink(): Promise<void> {
    return Fifo.unlink(this.#place);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Fifo.unlinkSync(this.#place);
  }

  /** Removes a FIFO's name, and nothing else's. Errors: EACCES, EINVAL (no FIFO), ENOENT. */
  static unlink(path: string): Promise<void> {
    return promised(() => {
      Fifo.unlinkSync(path);
    });
  }

  /** As the static `unlink`, at once. */
  static unlinkSync(path: string): void {
    const found = native.fifoCheck(text('path', path));
    if (found < 0) throw fifoFailure(found, 'unlink', path);
    unlinkSync(path);
  }

  protected override release(reason: () => ClosedError): void {
    this.#opener.end(reason);
  }

  #openAtOnce(access: number): PipeReader {
    const opened = this.#opener.try(access);
    if (opened === undefined) throw fifoFailure('ENXIO', 'open', this.path);
    return adoptReader(opened, this.path);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'openReader' | 'openWriter', unknown> = Fifo.prototype;

function modeOf(options: FifoOptions | undefined): number {
  const { mode = 0o600 } = optionsOf(options);
  return fileMode('options.mode', mode);
}

function keepsOpen(options: KeepOpenOptions | undefined): boolean {
  const { keepOpen = false } = optionsOf(options);
  return boolean('options.keepOpen', keepOpen);
}
