import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, errnoOf, SystemError } from '../core/error';
import { native } from '../native';
import { unlock } from './mutex-calls';
import { checkConsistent } from './mutex-failure';
import type { Ends, Recovering } from './recovery';

const ENOTRECOVERABLE = -errnoOf('ENOTRECOVERABLE');

// How an owner before has died: one number too. The first two are what taking answers.
const NOBODY_DIED = 0;
const DIED = 1;
const SETTLED = 2;

// Where a guard is: one number, because there are many guards.
const HAS = 0;
const WAITS = 1;
const RELEASED = 2;

/** For the mutex. */
export let ends: Ends<MutexGuard>;

/** What a guard does that waits for a condition. */
interface Waits {
  /** What it has locked. */
  mutexOf: (guard: MutexGuard) => Recovering<MutexGuard>;
  /** Whether no owner has died, or that is settled. */
  isConsistent: (guard: MutexGuard) => boolean;
  unlock: (guard: MutexGuard) => void;
  /** It has the mutex again, by `taken`; undefined: it never will. */
  relocked: (guard: MutexGuard, taken: number | undefined) => void;
  /** Calls a function when the guard's block ends while it waits; at once if it has ended. */
  onLeft: (guard: MutexGuard, left: () => void) => void;
  /** Whether its block has ended while it waited. */
  isLeft: (guard: MutexGuard) => boolean;
  /** The wait is over: what is left goes back. */
  end: (guard: MutexGuard) => void;
}

/** Guards whose block may end while they wait; true: it has. */
const leaving = new WeakMap<MutexGuard, true | (() => void)>();

/** For conditions. */
export let waits: Waits;

/** The guards that have locked a mutex together; none: it is over. */
export type Hold = Set<MutexGuard>;

/** For recursion. */
export let holds: {
  of: (guard: MutexGuard) => Hold;
  /** One more; undefined where it is over, or the only one waits for a condition. */
  again: (hold: Hold) => MutexGuard | undefined;
};

/** Not by its prototype, which others can have. */
export let isMutexGuard: (value: unknown) => value is MutexGuard;

/** The guard of what was just taken. */
export function guardOf(opened: Recovering<MutexGuard>, taken: number): MutexGuard {
  return new MutexGuard(byOpener, opened, taken);
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
  readonly #opened: Recovering<MutexGuard>;
  #death: number;
  #state = HAS;
  /** undefined: this one alone, so far. */
  #hold: Hold | undefined = undefined;

  static {
    isMutexGuard = (value): value is MutexGuard =>
      typeof value === 'object' && value !== null && #opened in value;
    holds = {
      of: (guard) => (guard.#hold ??= new Set([guard])),
      again: ([one]) => (one !== undefined && one.#state === HAS ? one.again() : undefined),
    };
    ends = {
      abandon: (guard) => {
        const result = native.mutexAbandon(guard.#opened.handle.number);
        for (const other of guard.#hold ?? []) if (other !== guard) other.#end(0);
        guard.#end(result);
      },
      settle: (guard) => {
        if (!guard.released && guard.#death === DIED) guard.markConsistent();
      },
    };
    waits = {
      mutexOf: (guard) => {
        guard.#check('condition_wait');
        return guard.#opened;
      },
      isConsistent: (guard) => {
        guard.#check('condition_wait');
        return guard.#death !== DIED;
      },
      unlock: (guard) => {
        guard.#unlock();
      },
      relocked: (guard, taken) => {
        guard.#relocked(taken);
      },
      onLeft: (guard, left) => {
        if (waits.isLeft(guard)) left();
        else leaving.set(guard, left);
      },
      isLeft: (guard) => leaving.get(guard) === true,
      end: (guard) => {
        const isLeft = waits.isLeft(guard);
        leaving.delete(guard);
        if (!isLeft || guard.released) return;
        if (guard.#death === DIED)
          ends.abandon(guard); // nobody has looked: the next one is told
        else guard.release();
      },
    };
  }

  /** `taken`: 0, or 1 after a death. */
  constructor(by: ByOpener, opened: Recovering<MutexGuard>, taken: number) {
    checkOpener(by, MutexGuard);
    this.#opened = opened;
    this.#death = taken;
    opened.handle.keep();
  }

  /**
   * Whether the last owner died, or ended its thread, while it held the mutex. One guard is told.
   *
   * A wait for a condition locks anew: after it this says how.
   */
  get ownerDied(): boolean {
    return this.#death !== NOBODY_DIED;
  }

  /** Whether it was released. */
  get released(): boolean {
    return this.#state === RELEASED;
  }

  /**
   * Says that the data is whole again, after `ownerDied`.
   *
   * Errors: EINVAL (it was whole), EPERM (the guard was released). Source: pthread_mutex_consistent(3).
   */
  markConsistent(): void {
    this.#check('mutex_consistent');
    const { number, name } = this.#opened.handle;
    checkConsistent(native.mutexConsistent(number), 'mutex_consistent', name);
    this.#death = SETTLED;
  }

  /**
   * Locks once more what this guard has locked: another guard of the same right. The mutex is unlocked
   * when all of them are released, in whatever order. So a function that needs the mutex can be
   * called by one that has it.
   *
   * Errors: EPERM (released, or waiting for a condition), EINVAL (an owner died: `markConsistent()`
   * comes first). Source: pthread_mutexattr_settype(3p), PTHREAD_MUTEX_RECURSIVE.
   */
  again(): MutexGuard {
    this.#check('mutex_lock');
    this.#checkConsistent('mutex_lock');
    const hold = holds.of(this);
    const guard = new MutexGuard(byOpener, this.#opened, NOBODY_DIED);
    guard.#hold = hold;
    hold.add(guard);
    return guard;
  }

  /**
   * Unlocks the mutex, and wakes one of those who wait for it. After `ownerDied` without
   * `markConsistent()` nobody can lock it any more: ENOTRECOVERABLE.
   *
   * Errors: EPERM (the guard was released before, or waits for a condition; or somebody has
   * overwritten the mutex).
   */
  release(): void {
    this.#check('mutex_unlock');
    const others = this.#hold !== undefined && this.#hold.size > 1;
    this.#end(others ? 0 : unlock(this.#opened.handle.number));
  }

  /** As `release`, but idempotent. Ends a wait for a condition with EPERM; then it is released. */
  [Symbol.dispose](): void {
    if (this.#state === HAS) this.release();
    else if (this.#state === WAITS) this.#leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      this[Symbol.dispose]();
      resolve();
    });
  }

  #check(call: string): void {
    if (this.#state !== HAS) throw this.#hasNot(call);
  }

  #hasNot(call: string): SystemError {
    const hint =
      this.#state === WAITS
        ? 'this guard waits for a condition'
        : 'this guard was released already';
    return new SystemError('EPERM', call, { path: this.#opened.handle.name, hint });
  }

  #leave(): void {
    const told = leaving.get(this);
    leaving.set(this, true);
    if (typeof told === 'function') told();
  }

  #checkConsistent(call: string): void {
    if (this.#death !== DIED) return;
    const hint = 'an owner died: call markConsistent() first';
    throw new SystemError('EINVAL', call, { path: this.#opened.handle.name, hint });
  }

  /** A wait for a condition unlocks: that must not be behind the back of other guards. */
  #checkAlone(): void {
    const guards = this.#hold?.size ?? 1;
    if (guards === 1) return;
    const hint = `${String(guards)} guards have locked the mutex together`;
    throw new SystemError('EPERM', 'condition_wait', { path: this.#opened.handle.name, hint });
  }

  /** Until it is locked anew. */
  #unlock(): void {
    const { number, name } = this.#opened.handle;
    this.#checkConsistent('condition_wait');
    this.#checkAlone();
    const hint = 'somebody has overwritten the mutex while it was locked';
    check(unlock(number), 'condition_wait', { path: name, hint });
    this.#state = WAITS;
  }

  #relocked(taken: number | undefined): void {
    this.#state = HAS;
    if (taken === undefined) {
      this.#end(0);
      return;
    }
    this.#death = taken;
  }

  #end(result: number): void {
    this.#state = RELEASED;
    this.#hold?.delete(this);
    this.#opened.handle.letGo();
    if (result < 0 && result !== ENOTRECOVERABLE) throw this.#overwritten(result);
  }

  #overwritten(error: number): SystemError {
    const hint = 'somebody has overwritten the mutex while it was locked';
    return new SystemError(error, 'mutex_unlock', { path: this.#opened.handle.name, hint });
  }
}
