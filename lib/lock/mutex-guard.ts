import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, errnoOf, SystemError } from '../core/error';
import { native } from '../native';
import type { LockHandle } from './lock-memory';
import type { Ends } from './recovery';

const ENOTRECOVERABLE = -errnoOf('ENOTRECOVERABLE');
const TAKEN_AFTER_DEATH = 1;

/** For the mutex. */
export let ends: Ends<MutexGuard>;

/** The guard of what was just taken. */
export function guardOf(handle: LockHandle, taken: number): MutexGuard {
  return new MutexGuard(byOpener, handle, taken === TAKEN_AFTER_DEATH);
}

/**
 * A mutex that is locked, until it is released. It is the guard that owns the mutex: whoever has it
 * may release it, in the thread that locked.
 *
 * It works after the mutex object was closed. A guard that is forgotten keeps the mutex locked until
 * its thread ends.
 *
 * ```js
 * {
 *   using guard = mutex.lockSync();
 *   if (guard.ownerDied) {
 *     repair(data);
 *     guard.markConsistent();
 *   }
 *   work(data);
 * } // released here, also if work() throws
 * ```
 */
export class MutexGuard implements Disposable, AsyncDisposable {
  /** Whether the last owner died, or ended its thread, while it held the mutex. One guard is told. */
  readonly ownerDied: boolean;
  readonly #handle: LockHandle;
  #released = false;
  #consistent: boolean;

  static {
    ends = {
      abandon: (guard) => {
        guard.#end(native.mutexAbandon(guard.#handle.number));
      },
      settle: (guard) => {
        if (!guard.#released && !guard.#consistent) guard.markConsistent();
      },
    };
  }

  constructor(by: ByOpener, handle: LockHandle, ownerDied: boolean) {
    checkOpener(by, MutexGuard);
    this.ownerDied = ownerDied;
    this.#handle = handle;
    this.#consistent = !ownerDied;
    handle.keep();
  }

  /** Whether it was released. */
  get released(): boolean {
    return this.#released;
  }

  /**
   * Says that the data is whole again, after `ownerDied`.
   *
   * Errors: EINVAL (it was whole), EPERM (the guard was released). Source: pthread_mutex_consistent(3).
   */
  markConsistent(): void {
    this.#check('mutex_consistent');
    check(native.mutexConsistent(this.#handle.number), 'mutex_consistent', {
      path: this.#handle.name,
    });
    this.#consistent = true;
  }

  /**
   * Unlocks the mutex, and wakes one of those who wait for it. After `ownerDied` without
   * `markConsistent()` nobody can lock it any more: ENOTRECOVERABLE.
   *
   * Errors: EPERM (the guard was released before, or somebody has overwritten the mutex).
   */
  release(): void {
    this.#check('mutex_unlock');
    const result = native.mutexUnlock(this.#handle.number);
    this.#end(result === ENOTRECOVERABLE ? 0 : result);
  }

  [Symbol.dispose](): void {
    if (!this.#released) this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      this[Symbol.dispose]();
      resolve();
    });
  }

  #check(call: string): void {
    if (!this.#released) return;
    const hint = 'this guard was released already';
    throw new SystemError('EPERM', call, { path: this.#handle.name, hint });
  }

  #end(result: number): void {
    this.#released = true;
    this.#handle.letGo();
    if (result >= 0) return;
    const hint = 'somebody has overwritten the mutex while it was locked';
    throw new SystemError(result, 'mutex_unlock', { path: this.#handle.name, hint });
  }
}
