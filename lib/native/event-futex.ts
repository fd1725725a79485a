import type { Quick } from './core';

/** native/event/futex.cc: words of mappings, by their byte offset. */
export interface EventFutex {
  /** 0: the word holds what is expected; 1: it does not. */
  futexCheck(mapping: number, byteOffset: number, expected: number): number;
  /** Mapping, offset, expected value, milliseconds. 0: woken; 1: the word held another value. */
  futexWaitFor: Quick<4>;
  futexWaitStart(mapping: number, byteOffset: number, expected: number): number;
  /** As futexWaitStart; when it is woken, its thread wakes all others that wait for the word. */
  futexWatchStart(mapping: number, byteOffset: number, expected: number): number;
  /** As futexCheck, again and again. */
  futexSpin(mapping: number, byteOffset: number, expected: number, milliseconds: number): number;
  /** Mapping, offset, how many at most. */
  futexWake: Quick<3>;
}
