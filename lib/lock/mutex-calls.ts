/** The calls of the addon that lock and unlock, of a mutex by its handle. */

import { quick1, quick2 } from '../core/quick';
import { native } from '../native';

/** 0, 1 (the last owner has died), or a negated errno; `barging`: also before those who wait. */
export function tryLock(mutex: number, barging: boolean): number {
  return quick2(native.mutexTrylock, mutex, barging ? 1 : 0);
}

/** 0 or a negated errno. */
export function unlock(mutex: number): number {
  return quick1(native.mutexUnlock, mutex);
}
