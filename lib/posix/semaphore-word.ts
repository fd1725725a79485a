import { quick1 } from '../core/quick';
import { native } from '../native';
import { SEM_VALUE_MAX } from './constants';

/** A sem_t of glibc, on 64 bits: see has_known_words in native/posix/sem_memory.cc. */
const VALUE = 0;
const WAITERS = 1;
const KIND = 2;
const SHARED = 128;

/**
 * Takes and gives without a call into C, where nobody waits and nobody interferes. Whatever else
 * there is, libc is asked.
 *
 * glibc keeps a semaphore in 64 bits: the value in the low half, in the high half how many wait. Who
 * wants to wait adds itself to the high half, which tells it the value in the same instant, and
 * sleeps only while that is 0 (the kernel compares once more). So either it came before the value
 * was raised here, and the load after that sees it; or it came later, and sees the value.
 *
 * The words are private to this object, and empty when the semaphore is closed.
 */
export class SemaphoreWord {
  readonly #handle: number;
  #memory: Int32Array | undefined;

  constructor(handle: number) {
    this.#handle = handle;
  }

  /** Whether one was taken; if not, it is not said why. */
  take(): boolean {
    const words = this.#words;
    const value = words[VALUE];
    return (
      value !== undefined &&
      value > 0 &&
      words[KIND] === SHARED &&
      Atomics.compareExchange(words, VALUE, value, value - 1) === value
    );
  }

  /** Whether one was given; if not, it is not said why. */
  give(): boolean {
    const words = this.#words;
    const value = words[VALUE];
    const given =
      value !== undefined &&
      value >= 0 &&
      value < SEM_VALUE_MAX &&
      words[KIND] === SHARED &&
      Atomics.compareExchange(words, VALUE, value, value + 1) === value;
    if (given && Atomics.load(words, WAITERS) !== 0) quick1(native.semWake, this.#handle);
    return given;
  }

  get #words(): Int32Array {
    this.#memory ??= new Int32Array(native.semWords(this.#handle) ?? new ArrayBuffer(0));
    return this.#memory;
  }
}
