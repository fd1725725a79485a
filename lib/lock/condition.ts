import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { invalidType, type ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import type { Mapping } from '../core/mapping';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import { promised } from '../core/promised';
import { opener, type ConditionAtOptions, type ConditionOptions } from './condition-open';
import { Lookout, type Predicate } from './condition-predicate';
import { ConditionWaiter } from './condition-waiter';
import { unlinkLock, type LockHandle } from './lock-memory';
import { isMutexGuard, type MutexGuard } from './mutex-guard';

/**
 * A condition in shared memory: who has a mutex gives it up, and waits until somebody notifies.
 *
 * Each `notify` lets one of those go on who wait at that time, whoever dies meanwhile, by SIGKILL
 * too, at any instant: it is taken by one who has the mutex again, and nobody who comes later takes
 * it. A condition is used with one mutex, for ever.
 *
 * `wait()` gives a promise, `waitSync()` blocks the thread. C programs use the same condition with
 * native/include/posix-ipc/condition.h.
 *
 * Source: pthread_cond_wait(3p), pthread_cond_signal(3p); futex(2).
 *
 * ```js
 * const settle = (guard) => {
 *   if (!guard.ownerDied) return;
 *   repair(queue);
 *   guard.markConsistent();
 *   filled.notifyAll(guard);
 * };
 * using guard = await mutex.lock();
 * settle(guard);
 * while (isEmpty(queue)) {
 *   await filled.wait(guard);
 *   settle(guard);
 * }
 * take(queue);
 *
 * filled.notify(guard); // in another process, which has put something there
 * ```
 */
export class Condition extends Handle {
  /** The name, with its leading slash; empty for a condition in a mapping. */
  readonly name: string;

  readonly #open: LockHandle;
  readonly #relocks = new Keeper();
  readonly #waiter: ConditionWaiter;

  private constructor(by: ByOpener, opened: LockHandle) {
    checkOpener(by, Condition);
    const keeper = new Keeper();
    super('condition', keeper);
    this.name = opened.name ?? '';
    this.#open = opened;
    this.#waiter = new ConditionWaiter(opened, keeper, this.#relocks);
  }

  // ---- opening

  /**
   * Makes a new condition; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode.
   * Errors: EEXIST, EACCES, ENOSPC, EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: ConditionOptions): Promise<Condition> {
    return promised(() => Condition.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: ConditionOptions): Condition {
    return new Condition(byOpener, opener.create(name, options));
  }

  /**
   * Opens the condition of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is no condition), EPROTO (it is one of another version). Source: shm_open(3).
   */
  static open(name: string): Promise<Condition> {
    return promised(() => Condition.openSync(name));
  }

  /** As `open`, at once. */
  static openSync(name: string): Condition {
    return new Condition(byOpener, opener.open(name));
  }

  /**
   * Opens the condition of a name, or makes it. `mode` applies only to one that is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: ConditionOptions): Promise<Condition> {
    return promised(() => Condition.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: ConditionOptions): Condition {
    return new Condition(byOpener, opener.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the condition open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Condition.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlinkLock(name);
  }

  /**
   * The condition in a mapping, 128 bytes from an offset that is a multiple of 64: made there with
   * `create`, or else the one that somebody has made.
   *
   * While the object is open the mapping cannot be resized or protected; when the mapping is closed,
   * the condition goes on.
   * Errors: EINVAL (there is no condition), EPROTO (one of another version), ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   */
  static at(mapping: Mapping, byteOffset = 0, options?: ConditionAtOptions): Condition {
    return new Condition(byOpener, opener.openAt(mapping, byteOffset, options));
  }

  // ---- waiting

  /**
   * Unlocks the mutex of a guard, waits until somebody notifies, and locks it again: when the
   * promise is settled the guard has the mutex, also after `timeout`, `signal` or `close()`. So these
   * wait for the mutex, too.
   *
   * Look again at what is waited for: it ends without a `notify` where an owner of the mutex has died
   * (`guard.ownerDied`), or where many notifications were not taken yet. With the mutex's option
   * `recover`, a death is repaired, and the wait goes on.
   *
   * Errors: ETIMEDOUT, ERR_CLOSED; EPERM (the guard was released, or waits already, or another thread
   * owns it); EINVAL (the condition is used with another mutex, or the guard has `ownerDied`, and
   * nobody has called `markConsistent`). Those of `Mutex.lock`, and of `recover`: the guard has lost
   * its mutex. Source: pthread_cond_timedwait(3p).
   */
  async wait(guard: MutexGuard, options?: WaitOptions): Promise<void> {
    this.checkOpen();
    checkGuard(guard);
    const limits = limitsOf(options);
    this.checkOpen();
    await this.#waiter.wait(guard, limits, methods.wait);
  }

  /** As `wait`, blocking the thread. */
  waitSync(guard: MutexGuard, options?: TimeoutOptions): void {
    this.checkOpen();
    checkGuard(guard);
    const timeout = timeoutOf(optionsOf(options));
    this.checkOpen();
    this.#waiter.waitSync(guard, timeout);
  }

  /**
   * Waits until `predicate` returns true, which is asked at once, and again whenever somebody has
   * notified: always with the mutex. It looks at what the mutex guards, and returns a boolean.
   *
   * Answers true when it is so, with the mutex; also where the time is over, or `signal` aborts, if it
   * is so by then. Answers false, without asking, where an owner of the mutex has died
   * (`guard.ownerDied`) and nobody has called `markConsistent` yet: repair, do so, and wait again.
   *
   * Errors: as `wait`; ERR_INVALID_ARG_TYPE (what is no boolean), and what `predicate` throws: the guard
   * has the mutex then.
   *
   * ```js
   * while (!(await filled.waitFor(guard, () => !isEmpty(queue)))) {
   *   repair(queue);
   *   guard.markConsistent();
   * }
   * ```
   */
  async waitFor(guard: MutexGuard, predicate: Predicate, options?: WaitOptions): Promise<boolean> {
    this.checkOpen();
    checkGuard(guard);
    const { timeout, signal } = limitsOf(options);
    return this.#lookout(guard, predicate, timeout).until(signal);
  }

  /** As `waitFor`, blocking the thread. */
  waitForSync(guard: MutexGuard, predicate: Predicate, options?: TimeoutOptions): boolean {
    this.checkOpen();
    checkGuard(guard);
    return this.#lookout(guard, predicate, timeoutOf(optionsOf(options))).untilSync();
  }

  /**
   * Lets one of those who wait go on, when the guard of the caller is released. If nobody waits it
   * does nothing, and makes no system call.
   *
   * Errors: ERR_CLOSED; EPERM, EINVAL: as `wait`. Source: pthread_cond_signal(3p).
   */
  notify(guard: MutexGuard): void {
    this.checkOpen();
    checkGuard(guard);
    this.#waiter.notify(guard, false);
  }

  /** Lets all go on who wait, one after the other. Errors: as `notify`. */
  notifyAll(guard: MutexGuard): void {
    this.checkOpen();
    checkGuard(guard);
    this.#waiter.notify(guard, true);
  }

  override ref(): this {
    this.#relocks.hold(true);
    return super.ref();
  }

  override unref(): this {
    this.#relocks.hold(false);
    return super.unref();
  }

  // ---- the object itself

  /** Removes the condition's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Condition.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Condition.unlinkSync(this.name);
  }

  protected override release(reason: () => ClosedError): void {
    this.#waiter.end(reason);
    this.#open.letGo();
  }

  #lookout(guard: MutexGuard, predicate: Predicate, timeout: number): Lookout {
    const waiter = this.#waiter;
    return new Lookout(guard, predicate, timeout, {
      wait: async (limits) => {
        this.checkOpen();
        await waiter.wait(guard, limits, methods.waitFor);
      },
      waitSync: (left) => {
        this.checkOpen();
        waiter.waitSync(guard, left);
      },
      expired: () => waiter.expired(),
    });
  }
}

function checkGuard(guard: unknown): void {
  if (!isMutexGuard(guard)) throw invalidType('guard', 'a guard of a mutex', guard);
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'wait' | 'waitFor', unknown> = Condition.prototype;
