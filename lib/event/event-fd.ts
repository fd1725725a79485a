import { readFileSync } from 'node:fs';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, errnoOf, invalidType, outOfRange, SystemError } from '../core/error';
import { limitsOf } from '../core/limits';
import { OpenFile } from '../core/open-file';
import {
  boolean,
  integer,
  optionsOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { descriptorOf, OwnedDescriptor, type FromFdOptions } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import type { Action } from '../core/ready-line';
import { native } from '../native';
import { EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE } from './constants';

/** What an eventfd is made with. */
export interface EventFdOptions {
  /** What the counter begins with: 0, the default, to 2^32 - 1. */
  initial?: number | undefined;
  /** Each read takes 1, instead of all. Default false. */
  semaphore?: boolean | undefined;
}

const EAGAIN = -errnoOf('EAGAIN');
const mostInitial = 2 ** 32 - 1;
const mostAdded = 2n ** 64n - 2n;

/** Eight bytes for all reads and writes: none is ever under way while another one begins. */
const value = new BigUint64Array(1);
const VALUE = native.registerSlab(value);

function failure(error: number | string, syscall: string): SystemError {
  return new SystemError(error, `${syscall} eventfd`);
}

function amountOf(amount: number | bigint): bigint {
  if (typeof amount === 'number') {
    return BigInt(integer('value', amount, 0, Number.MAX_SAFE_INTEGER));
  }
  if (typeof amount !== 'bigint') throw invalidType('value', 'an integer or a bigint', amount);
  if (amount < 0n || amount > mostAdded) {
    throw outOfRange('value', `>= 0 and <= ${String(mostAdded)}`, amount);
  }
  return amount;
}

/**
 * A counter in the kernel that processes add to, and wait for: the lightest way to say that
 * something has happened.
 *
 * It has no name: children get its descriptor through `stdio`, others over a Unix socket. It does
 * not block (EFD_NONBLOCK), for nobody who has it: a C program uses poll(2) before it reads.
 * Source: eventfd(2).
 *
 * ```js
 * using bell = event.EventFd.createSync();
 * spawn('worker', { stdio: ['ignore', 'inherit', 'inherit', bell.fd] });
 * console.log(await bell.read()); // what the child has written to descriptor 3
 * ```
 */
export class EventFd extends OpenFile {
  readonly #reading: Action<bigint>;

  private constructor(by: ByOpener, descriptor: OwnedDescriptor) {
    checkOpener(by, EventFd);
    super('eventfd', descriptor);
    const { handle } = this;
    this.#reading = {
      attempt: () => {
        const result = native.eventfdRead(handle, VALUE);
        if (result === EAGAIN) return undefined;
        if (result < 0) throw failure(result, 'read');
        return value[0];
      },
      failure: (error) => failure(error, 'read'),
    };
  }

  // ---- opening

  /** Makes one. Errors: EMFILE, ENFILE, ENOMEM. Source: eventfd(2). */
  static create(options?: EventFdOptions): Promise<EventFd> {
    return promised(() => EventFd.createSync(options));
  }

  /** As `create`, at once. */
  static createSync(options?: EventFdOptions): EventFd {
    const { initial = 0, semaphore = false } = optionsOf(options);
    const first = integer('options.initial', initial, 0, mostInitial);
    const mode = boolean('options.semaphore', semaphore) ? EFD_SEMAPHORE : 0;
    const flags = EFD_CLOEXEC | EFD_NONBLOCK | mode;
    const handle = check(native.eventfdOwned(first, flags), 'eventfd');
    return new EventFd(byOpener, new OwnedDescriptor(handle));
  }

  /**
   * Uses an eventfd that another process has passed. From now on it does not block, for anybody.
   *
   * Errors: EBADF, EINVAL (no eventfd).
   */
  static fromFd(fd: number, options?: FromFdOptions): Promise<EventFd> {
    return promised(() => EventFd.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions): EventFd {
    const descriptor = descriptorOf(fd, options, readCount);
    descriptor.setNonblocking();
    return new EventFd(byOpener, descriptor);
  }

  // ---- the counter

  /**
   * Takes what the counter holds, or 1 of a semaphore; waits while it is 0.
   *
   * Errors: ETIMEDOUT, ERR_CLOSED. Source: read(2) of an eventfd.
   */
  async read(options?: WaitOptions): Promise<bigint> {
    this.checkOpen();
    return this.incoming.run(this.#reading, limitsOf(options), methods.read);
  }

  /** As `read`, blocking the thread. */
  readSync(options?: TimeoutOptions): bigint {
    this.checkOpen();
    return this.incoming.runSync(this.#reading, timeoutOf(optionsOf(options)));
  }

  /** As `read`; undefined where it would have to wait. */
  tryRead(): bigint | undefined {
    this.checkOpen();
    return this.incoming.try(this.#reading);
  }

  /**
   * Adds to the counter, 1 by default; waits while the sum would be more than 2^64 - 2.
   *
   * Errors: ERR_OUT_OF_RANGE (2^64 - 1), ETIMEDOUT, ERR_CLOSED. Source: write(2) to an eventfd.
   */
  async write(amount: number | bigint = 1n, options?: WaitOptions): Promise<void> {
    this.checkOpen();
    const waiting = this.outgoing.run(
      adding(this.handle, amount),
      limitsOf(options),
      methods.write,
    );
    if (waiting !== true) await waiting;
  }

  /** As `write`, blocking the thread. */
  writeSync(amount: number | bigint = 1n, options?: TimeoutOptions): void {
    this.checkOpen();
    this.outgoing.runSync(adding(this.handle, amount), timeoutOf(optionsOf(options)));
  }

  /** As `write`; false where it would have to wait. */
  tryWrite(amount: number | bigint = 1n): boolean {
    this.checkOpen();
    return this.outgoing.try(adding(this.handle, amount)) === true;
  }

  /** What the counter holds; nothing is taken. Source: proc(5), /proc/PID/fdinfo. */
  get value(): bigint {
    return readCount(this.fd);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'read' | 'write', unknown> = EventFd.prototype;

function adding(handle: number, amount: number | bigint): Action<true> {
  const added = amountOf(amount);
  return {
    attempt: () => {
      value[0] = added;
      const result = native.eventfdWrite(handle, VALUE);
      if (result === EAGAIN) return undefined;
      if (result < 0) throw failure(result, 'write');
      return true;
    },
    failure: (error) => failure(error, 'write'),
  };
}

function readCount(fd: number): bigint {
  check(native.statusFlags(fd), 'fcntl', { fd }); // EBADF
  const text = readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1');
  const count = /^eventfd-count:\s*([0-9a-f]+)$/m.exec(text)?.[1];
  if (count === undefined)
    throw new SystemError('EINVAL', 'fcntl', { fd, hint: 'it is no eventfd' });
  return BigInt(`0x${count}`);
}
