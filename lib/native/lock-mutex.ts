import type { Quick } from './core';

/** native/lock/mutex.cc: taking answers 0, 1 (the last owner has died), or a negated errno. */
export interface LockMutex {
  mutexInit(mapping: number, byteOffset: number, fair: boolean): number;
  /** A handle. */
  mutexAt(mapping: number, byteOffset: number): number;
  mutexClose(mutex: number): void;
  mutexTrylock: Quick<2>;
  mutexUnlock: Quick<1>;
  /** As if this thread had died. */
  mutexAbandon(mutex: number): number;
  mutexConsistent(mutex: number): number;
  mutexWaitFor(mutex: number, timeout: number): number;
  /** A wait whose end tells the number of the thread that has taken the mutex. */
  mutexWaitStart(mutex: number): number;
  mutexCollect(mutex: number, taker: number): number;
  mutexSame(mutex: number, other: number): boolean;
  /** Owner, whether it has died, since when, acquisitions, contentions, deaths, flags. */
  mutexLook(mutex: number, into: Float64Array): void;
}
