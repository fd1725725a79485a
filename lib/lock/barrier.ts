import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import type { ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import type { Mapping } from '../core/mapping';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { opener, type BarrierAtOptions, type BarrierOptions } from './barrier-open';
import { barrierFailure, BarrierWaiter } from './barrier-waiter';
import { unlinkLock, type LockHandle } from './lock-memory';

/**
 * A barrier in shared memory: processes wait for each other, until as many have come as it is for.
 * Then all go on, and it begins anew.
 *
 * When one dies while it waits, by SIGKILL too, at any instant, the others are told by EOWNERDEAD at
 * once, and so is who comes later, until somebody resets the barrier.
 *
 * What can wait has three forms: `wait()` gives a promise, `waitSync()` blocks the thread,
 * `tryWait()` answers at once. C programs use the same barrier with
 * native/include/posix-ipc/barrier.h.
 *
 * Source: pthread_barrier_wait(3p); java.util.concurrent.CyclicBarrier; get_robust_list(2).
 *
 * ```js
 * const barrier = await lock.Barrier.openOrCreate('/phase', { parties: 3 });
 * for (const part of parts) {
 *   work(part);
 *   await barrier.wait(); // until the two others have done theirs
 * }
 * ```
 */
export class Barrier extends Handle {
  /** The name, with its leading slash; empty for a barrier in a mapping. */
  readonly name: string;
  /** How many wait for each other. */
  readonly parties: number;

  readonly #open: LockHandle;
  readonly #waiter: BarrierWaiter;

  private constructor(by: ByOpener, opened: LockHandle) {
    checkOpener(by, Barrier);
    const keeper = new Keeper();
    super('barrier', keeper);
    this.name = opened.name ?? '';
    this.parties = native.barrierParties(opened.number);
    this.#open = opened;
    this.#waiter = new BarrierWaiter(opened, keeper);
  }

  // ---- opening

  /**
   * Makes a new barrier; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode.
   * Errors: EEXIST, EACCES, ENOSPC, EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: BarrierOptions): Promise<Barrier> {
    return promised(() => Barrier.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: BarrierOptions): Barrier {
    return new Barrier(byOpener, opener.create(name, options));
  }

  /**
   * Opens the barrier of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is no barrier), EPROTO (it is one of another version). Source: shm_open(3).
   */
  static open(name: string): Promise<Barrier> {
    return promised(() => Barrier.openSync(name));
  }

  /** As `open`, at once. */
  static openSync(name: string): Barrier {
    return new Barrier(byOpener, opener.open(name));
  }

  /**
   * Opens the barrier of a name, or makes it. Options apply only to one that is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: BarrierOptions): Promise<Barrier> {
    return promised(() => Barrier.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: BarrierOptions): Barrier {
    return new Barrier(byOpener, opener.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the barrier open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Barrier.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlinkLock(name);
  }

  /**
   * The barrier in a mapping, 64 bytes for each party from an offset that is a multiple of 64: made
   * there with `create`, or else the one that somebody has made.
   *
   * While the object is open the mapping cannot be resized or protected; when the mapping is closed,
   * the barrier goes on.
   * Errors: EINVAL (there is no barrier), EPROTO (one of another version), ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   */
  static at(mapping: Mapping, byteOffset = 0, options?: BarrierAtOptions): Barrier {
    return new Barrier(byOpener, opener.openAt(mapping, byteOffset, options));
  }

  // ---- waiting

  /**
   * Waits until all have come, and answers whether this one was the last: one of them is. A wait
   * that ends early, by `timeout`, `signal` or `close()`, has not come.
   *
   * Errors: EOWNERDEAD (one who waited has died; until the barrier is reset), ETIMEDOUT, ERR_CLOSED,
   * ENOLCK (2000 locks are held by this thread), ENOSYS (not with this libc).
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    this.checkOpen();
    const limits = limitsOf(options);
    this.checkOpen();
    return await this.#waiter.wait(limits, methods.wait);
  }

  /** As `wait`, blocking the thread. */
  waitSync(options?: TimeoutOptions): boolean {
    this.checkOpen();
    const timeout = timeoutOf(optionsOf(options));
    this.checkOpen();
    return this.#waiter.waitSync(timeout);
  }

  /**
   * Whether all others wait, so that all go on; else it has not come.
   *
   * Errors: EOWNERDEAD (as `wait`), ERR_CLOSED, ENOSYS (not with this libc).
   */
  tryWait(): boolean {
    this.checkOpen();
    return this.#waiter.attempt() === true;
  }

  /** How many wait now. It may have changed when it is looked at. Errors: ERR_CLOSED. */
  get waiting(): number {
    this.checkOpen();
    return native.barrierWaiting(this.#open.number);
  }

  // ---- death

  /**
   * Whether one has died while it waited, since the last reset: all waits fail with EOWNERDEAD.
   *
   * Errors: ERR_CLOSED, ENOSYS (not with this libc).
   */
  get isBroken(): boolean {
    this.checkOpen();
    return this.#check(native.barrierIsBroken(this.#open.number), 'barrier_look') === 1;
  }

  /**
   * A broken barrier begins anew, with nobody waiting; one that is whole stays as it is. Whether it
   * was broken. Of those who waited when it broke each is told, before or after this.
   *
   * Errors: ERR_CLOSED, ENOSYS (not with this libc).
   */
  reset(): boolean {
    this.checkOpen();
    return this.#check(native.barrierReset(this.#open.number), 'barrier_reset') === 1;
  }

  // ---- the object itself

  /** Removes the barrier's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Barrier.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Barrier.unlinkSync(this.name);
  }

  protected override release(reason: () => ClosedError): void {
    this.#waiter.end(reason);
    this.#open.letGo();
  }

  #check(result: number, syscall: string): number {
    if (result < 0) throw barrierFailure(result, syscall, this.#open);
    return result;
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'wait', unknown> = Barrier.prototype;
