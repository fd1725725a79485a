import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, ClosedError, errnoOf, SystemError } from '../core/error';
import { limitsOf } from '../core/limits';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import { native } from '../native';
import { unlock } from './mutex-calls';
import type { LockHandle } from './lock-memory';
import { checkConsistent } from './mutex-failure';
import type { Ends } from './recovery';
import { rwlockFailure } from './rwlock-failure';
import { WriteRequest, type Taken } from './rwlock-request';
import { RwWaiter } from './rwlock-waiter';

const ENOTRECOVERABLE = -errnoOf('ENOTRECOVERABLE');
const EINVAL = -errnoOf('EINVAL');
const EDEADLK = -errnoOf('EDEADLK');

/** For the lock. */
export let ends: Ends<RwLockGuard>;

/** An open lock, and the line of those that upgrade. */
export interface RwLockParts {
  handle: LockHandle;
  gate: number;
  upgrades: RwWaiter;
}

/** The guard of what was just taken. */
export function guardOf(parts: RwLockParts, taken: Taken): RwLockGuard {
  return new RwLockGuard(byOpener, parts, taken);
}

/**
 * A readers-writer lock that is held, for reading or for writing, until it is released, in the
 * thread that locked.
 *
 * It works after the lock object was closed. A guard that is forgotten holds on until its thread
 * ends.
 *
 * ```js
 * {
 *   using guard = lock.readLockSync();
 *   if (isStale(cache)) {
 *     guard.upgradeSync({ timeout: 1000 });
 *     renew(cache);
 *     guard.downgrade();
 *   }
 *   use(cache);
 * } // released here
 * ```
 */
export class RwLockGuard implements Disposable, AsyncDisposable {
  /**
   * Whether the last one that wrote died, or ended its thread, meanwhile. One guard is told; it is
   * alone, even if it was to read.
   */
  readonly ownerDied: boolean;
  readonly #parts: RwLockParts;
  /** Where it reads; undefined: it writes. */
  #slot: number | undefined;
  #released = false;
  #consistent: boolean;
  #upgrade: WriteRequest | undefined;

  static {
    ends = {
      abandon: (guard) => {
        guard.#end(native.mutexAbandon(guard.#parts.gate));
      },
      settle: (guard) => {
        if (!guard.#released && !guard.#consistent) guard.markConsistent();
      },
    };
  }

  constructor(by: ByOpener, parts: RwLockParts, { slot, ownerDied }: Taken) {
    checkOpener(by, RwLockGuard);
    this.ownerDied = ownerDied;
    this.#parts = parts;
    this.#slot = slot;
    this.#consistent = !ownerDied;
    parts.handle.keep();
  }

  /** Whether it was released. */
  get released(): boolean {
    return this.#released;
  }

  /** Whether others may read meanwhile; false: it is alone, and may write. */
  get shared(): boolean {
    return this.#slot !== undefined;
  }

  /**
   * Says that the data is whole again, after `ownerDied`.
   *
   * Errors: EINVAL (it was whole), EPERM (the guard was released). Source: pthread_mutex_consistent(3).
   */
  markConsistent(): void {
    this.#check('rwlock_consistent');
    const { gate, handle } = this.#parts;
    const result = this.#slot === undefined ? native.mutexConsistent(gate) : EINVAL;
    checkConsistent(result, 'rwlock_consistent', handle.name);
    this.#consistent = true;
  }

  /**
   * Reads or writes no more, and wakes who waits for that. After `ownerDied` without
   * `markConsistent()` nobody can lock it any more: ENOTRECOVERABLE. An upgrade that waits ends with
   * ERR_CLOSED.
   *
   * Errors: EPERM (the guard was released before, or somebody has overwritten the lock).
   */
  release(): void {
    this.#check('rwlock_unlock');
    const { gate, handle } = this.#parts;
    if (this.#slot !== undefined) {
      this.#abortUpgrade();
      this.#end(native.rwlockReadUnlock(handle.number, this.#slot));
      return;
    }
    native.rwlockReopen(handle.number);
    const result = unlock(gate);
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

  /**
   * Lets it write: waits for the other readers to leave. Nobody else writes in between. At once if
   * it writes. It reads on until then, also where that fails.
   *
   * Errors: EDEADLK (another guard of this lock is being upgraded: each would wait for the other, so
   * release this one), ETIMEDOUT, ERR_CLOSED (it was released, or the lock object closed, while it
   * waited, or that was closed before), EPERM (it was released before).
   */
  async upgrade(options?: WaitOptions): Promise<void> {
    const limits = limitsOf(options);
    const request = this.#beginUpgrade(false);
    if (request === undefined) return;
    try {
      await this.#parts.upgrades.wait(request, limits, methods.upgrade, (taken) => {
        this.#upgraded(taken);
      });
    } finally {
      this.#endUpgrade();
    }
  }

  /** As `upgrade`, blocking the thread. EDEADLK also where another guard of this thread reads. */
  upgradeSync(options?: TimeoutOptions): void {
    const timeout = timeoutOf(optionsOf(options));
    const request = this.#beginUpgrade(false);
    if (request === undefined) return;
    try {
      this.#upgraded(RwWaiter.waitSync(request, this.#parts.handle, timeout));
    } finally {
      this.#endUpgrade();
    }
  }

  /** As `upgrade`; false where it would have to wait. */
  tryUpgrade(): boolean {
    const request = this.#beginUpgrade(true);
    if (request === undefined) return true;
    try {
      const taken = RwWaiter.try(request);
      if (taken !== undefined) this.#upgraded(taken);
      return taken !== undefined;
    } finally {
      this.#endUpgrade();
    }
  }

  /**
   * Reads on instead of writing; nobody else writes in between. Never waits, so that it has this
   * form only. Nothing happens if it reads.
   *
   * Errors: EPERM (it was released; or it was told of a death, and has not said that the data is
   * whole), EAGAIN (there is no slot).
   */
  downgrade(): void {
    this.#check('rwlock_downgrade');
    if (this.#slot !== undefined) return;
    const { gate, handle } = this.#parts;
    const slot = native.rwlockDowngrade(handle.number);
    if (slot < 0) {
      const hint = this.#consistent ? undefined : 'call markConsistent() first';
      throw rwlockFailure(slot, 'rwlock_downgrade', handle, hint);
    }
    this.#slot = slot;
    check(unlock(gate), 'rwlock_downgrade', { path: handle.name });
  }

  /** undefined: it writes already. */
  #beginUpgrade(barging: boolean): WriteRequest | undefined {
    this.#check('rwlock_upgrade');
    if (this.#slot === undefined) return undefined;
    const { handle } = this.#parts;
    const begun = native.rwlockUpgradeBegin(handle.number, this.#slot);
    if (begun < 0) {
      const other = 'another guard is being upgraded, and waits for this one to be released';
      throw rwlockFailure(begun, 'rwlock_upgrade', handle, begun === EDEADLK ? other : undefined);
    }
    handle.keep();
    this.#upgrade = new WriteRequest(handle, barging, this.#slot);
    return this.#upgrade;
  }

  /** There is one upgrade of a lock at most, so it is the one that ends. */
  #abortUpgrade(): void {
    if (this.#upgrade === undefined) return;
    const reason = new ClosedError('guard');
    this.#upgrade.close(reason);
    this.#parts.upgrades.end(() => reason);
  }

  #upgraded({ ownerDied }: Taken): void {
    // A death that a reader is told of: somebody has overwritten the lock.
    if (ownerDied) native.rwlockReadUnlock(this.#parts.handle.number, this.#slot ?? -1);
    this.#slot = undefined;
  }

  #endUpgrade(): void {
    this.#upgrade = undefined;
    native.rwlockUpgradeEnd(this.#parts.handle.number);
    this.#parts.handle.letGo();
  }

  #check(call: string): void {
    if (!this.#released) return;
    const hint = 'this guard was released already';
    throw new SystemError('EPERM', call, { path: this.#parts.handle.name, hint });
  }

  #end(result: number): void {
    this.#released = true;
    const { handle } = this.#parts;
    handle.letGo();
    if (result >= 0) return;
    const hint = 'somebody has overwritten the lock while it was held';
    throw new SystemError(result, 'rwlock_unlock', { path: handle.name, hint });
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'upgrade', unknown> = RwLockGuard.prototype;
