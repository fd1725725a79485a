import { check, outOfRange, type ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { Lane } from '../core/lane';
import { limitsOf } from '../core/limits';
import { handleOf, whenClosed, type Mapping } from '../core/mapping';
import {
  integer,
  optionsOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { quick3 } from '../core/quick';
import { Spin } from '../core/spin';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import { failure, FutexCall, resultOf, type FutexResult, type Place } from './futex-call';

export type { FutexResult } from './futex-call';

const wordBytes = 4;
const mostWaiters = 2 ** 31 - 1;

/**
 * A 32-bit word in a mapping that processes wait for: what Atomics.wait and Atomics.notify are
 * inside one process, between processes.
 *
 * Who changes the word wakes those who wait for it; nobody is woken by the change alone. So: change
 * the word, with Atomics, then `wake`. A wait ends when it is woken, or at once when the word does
 * not hold the expected value. As with futex(2), look at the word again when a wait has ended: it
 * may have ended without a wake if the word has changed.
 *
 * The other processes may be C programs: the calls are those of futex(2), without
 * FUTEX_PRIVATE_FLAG. A C program's waits and wakes, and those of libc's process-shared semaphores,
 * meet here.
 *
 * Source: futex(2), futex_waitv(2).
 *
 * ```js
 * const word = new event.Futex(mapping, 64);
 * const words = mapping.view(Int32Array);
 * await word.wait(0); // until somebody has changed it from 0, and woken us
 *
 * Atomics.store(words, 16, 1); // and in another process
 * word.wake();
 * ```
 */
export class Futex extends Handle {
  /** The memory that the word lies in. */
  readonly mapping: Mapping;
  /** Where the word lies, in bytes from the beginning of the mapping. */
  readonly byteOffset: number;

  readonly #place: Place;
  readonly #keeper: Keeper;
  readonly #spin = new Spin();
  readonly #lanes = new Set<Lane>();
  readonly #forget: () => void;

  /**
   * The word at an offset, a multiple of 4 bytes; 0 by default. It must lie in the mapping, and the
   * mapping must have write access: what is written to a private copy reaches nobody.
   *
   * Closing the mapping closes the futex. Errors: ERR_CLOSED (the mapping is closed),
   * ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
   */
  constructor(mapping: Mapping, byteOffset = 0) {
    const keeper = new Keeper();
    super('futex', keeper);
    this.#keeper = keeper;
    const handle = handleOf(mapping);
    if (mapping.access !== 'write') {
      throw outOfRange('mapping.access', "'write'", `'${mapping.access}'`);
    }
    integer('byteOffset', byteOffset, 0, mapping.length - wordBytes);
    if (byteOffset % wordBytes !== 0) {
      throw outOfRange('byteOffset', `a multiple of ${String(wordBytes)}`, byteOffset);
    }
    native.futexCheck(handle, byteOffset, 0); // aligned in memory, too
    this.mapping = mapping;
    this.byteOffset = byteOffset;
    this.#place = { mapping: handle, byteOffset };
    this.#forget = whenClosed(mapping, () => {
      this.close();
    });
  }

  /**
   * Waits until somebody wakes this word, while it holds `expected`, a signed or an unsigned 32-bit
   * integer. `'not-equal'`: it did not, when the wait began.
   *
   * Many waits, for up to 127 different words, share one thread (Linux 5.16 or later; before, each
   * has one). Errors: ETIMEDOUT, ERR_CLOSED. Source: futex_waitv(2).
   */
  async wait(expected: number, options?: WaitOptions): Promise<FutexResult> {
    const limits = limitsOf(options);
    const call = this.#callFor(expected);
    const tried = mayAnswerInline();
    const answer = tried ? (call.attempt() ?? call.linger()) : undefined;
    if (answer !== undefined) return answer;
    // A line of its own: each wait is to be counted, and woken, by itself.
    const lane = new Lane(this.#keeper, () => undefined);
    this.#lanes.add(lane);
    try {
      return await lane.add(call, limits, methods.wait, tried);
    } finally {
      this.#lanes.delete(lane);
    }
  }

  /** As `wait`, blocking the thread. Source: futex(2), FUTEX_WAIT. */
  waitSync(expected: number, options?: TimeoutOptions): FutexResult {
    const timeout = timeoutOf(optionsOf(options));
    const [result] = this.#callFor(expected).block(timeout);
    if (result < 0) throw failure(result);
    return resultOf(result);
  }

  /** `'not-equal'` if the word holds another value; undefined where `wait` would have to wait. */
  tryWait(expected: number): 'not-equal' | undefined {
    return this.#callFor(expected).attempt() === undefined ? undefined : 'not-equal';
  }

  /**
   * Wakes those who wait for this word, at most `count` of them, by default all; answers how many.
   *
   * Waits of this and of other processes, of Node and of C, count alike.
   * Errors: ERR_OUT_OF_RANGE, ERR_CLOSED. Source: futex(2), FUTEX_WAKE.
   */
  wake(count = Infinity): number {
    this.checkOpen();
    const most = count === Infinity ? mostWaiters : integer('count', count, 0, mostWaiters);
    if (most === 0) return 0; // the kernel would wake one
    return check(quick3(native.futexWake, this.#place.mapping, this.byteOffset, most), 'futex');
  }

  protected override release(reason: () => ClosedError): void {
    this.#forget();
    for (const lane of [...this.#lanes]) lane.end(reason);
  }

  #callFor(expected: number): FutexCall {
    this.checkOpen();
    const value = integer('expected', expected, -(2 ** 31), 2 ** 32 - 1) | 0;
    return new FutexCall(this.#place, value, this.#spin);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'wait', unknown> = Futex.prototype;
