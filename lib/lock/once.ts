import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import type { ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import type { Mapping } from '../core/mapping';
import {
  callable,
  optionsOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { unlinkLock, type LockHandle } from './lock-memory';
import { MutexWaiter } from './mutex-waiter';
import { opener, type OnceAtOptions, type OnceOptions } from './once-open';
import { onceFailure, runAtGate, runAtGateSync, type Initialiser } from './once-run';

/**
 * What all processes together do once: the first one to come runs an initialiser, the others wait
 * until it has ended.
 *
 * When the process that runs it dies in the midst of it, by SIGKILL too, the next one is told
 * (`ownerDied`) and runs its own. One that throws leaves it undone, and the next one begins anew.
 *
 * What can wait has three forms: `run()` gives a promise, `runSync()` blocks the thread, `tryRun()`
 * answers at once. C programs use the same with native/include/posix-ipc/once.h.
 *
 * Source: pthread_once(3); the robust futexes of the kernel, get_robust_list(2).
 *
 * ```js
 * const once = await lock.Once.openOrCreate('/prepared');
 * await once.run(async ({ ownerDied }) => {
 *   if (ownerDied) await removeWhatIsHalf();
 *   await prepare();
 * });
 * ```
 */
export class Once extends Handle {
  /** The name, with its leading slash; empty for one in a mapping. */
  readonly name: string;

  readonly #open: LockHandle;
  readonly #waiter: MutexWaiter;

  private constructor(by: ByOpener, opened: LockHandle) {
    checkOpener(by, Once);
    const keeper = new Keeper();
    super('once', keeper);
    this.name = opened.name ?? '';
    this.#open = opened;
    this.#waiter = new MutexWaiter(opened, keeper, onceFailure);
  }

  // ---- opening

  /**
   * Makes a new one; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode.
   * Errors: EEXIST, EACCES, ENOSPC, EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: OnceOptions): Promise<Once> {
    return promised(() => Once.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: OnceOptions): Once {
    return new Once(byOpener, opener.create(name, options));
  }

  /**
   * Opens the one of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is none), EPROTO (it is one of another version). Source: shm_open(3).
   */
  static open(name: string): Promise<Once> {
    return promised(() => Once.openSync(name));
  }

  /** As `open`, at once. */
  static openSync(name: string): Once {
    return new Once(byOpener, opener.open(name));
  }

  /**
   * Opens the one of a name, or makes it. `mode` applies only to one that is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: OnceOptions): Promise<Once> {
    return promised(() => Once.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: OnceOptions): Once {
    return new Once(byOpener, opener.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has it open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Once.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlinkLock(name);
  }

  /**
   * The one in a mapping, 128 bytes from an offset that is a multiple of 64: made there with
   * `create`, or else the one that somebody has made.
   *
   * While the object is open the mapping cannot be resized or protected; when the mapping is closed,
   * it goes on.
   * Errors: EINVAL (there is none), EPROTO (one of another version), ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   */
  static at(mapping: Mapping, byteOffset = 0, options?: OnceAtOptions): Once {
    return new Once(byOpener, opener.openAt(mapping, byteOffset, options));
  }

  // ---- running

  /** Whether it is done. Errors: ERR_CLOSED. */
  get isDone(): boolean {
    this.checkOpen();
    return native.onceIsDone(this.#open.number);
  }

  /**
   * Runs `fn`, unless it is done, and waits for what it answers; waits while somebody else runs
   * theirs. Answers whether `fn` was run. Within it, `run` of the same would wait for itself.
   *
   * Errors: those of `fn`, ETIMEDOUT (somebody else is at it), ERR_CLOSED, ENOLCK (2000 are locked by
   * this thread), ENOSYS (not with this libc).
   */
  async run(fn: Initialiser, options?: WaitOptions): Promise<boolean> {
    this.checkOpen();
    callable('fn', fn);
    const limits = limitsOf(options);
    if (this.isDone) return false;
    this.#open.keep(); // it may be closed before all is done
    try {
      return await runAtGate(this.#open, await this.#waiter.wait(limits, methods.run), fn);
    } finally {
      this.#open.letGo();
    }
  }

  /**
   * As `run`, blocking the thread; `fn` must answer no promise.
   *
   * Errors: as `run`; EDEADLK (an initialiser of this thread runs).
   */
  runSync(fn: Initialiser, options?: TimeoutOptions): boolean {
    this.checkOpen();
    callable('fn', fn);
    const timeout = timeoutOf(optionsOf(options));
    if (this.isDone) return false;
    return this.#runSync(this.#waiter.waitSync(timeout), fn);
  }

  /** As `runSync`; undefined where it would have to wait. */
  tryRun(fn: Initialiser): boolean | undefined {
    this.checkOpen();
    callable('fn', fn);
    if (this.isDone) return false;
    const taken = this.#waiter.try(true);
    return taken === undefined ? undefined : this.#runSync(taken, fn);
  }

  // ---- the object itself

  /** Removes the name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Once.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Once.unlinkSync(this.name);
  }

  protected override release(reason: () => ClosedError): void {
    this.#waiter.end(reason);
    this.#open.letGo();
  }

  #runSync(taken: number, fn: Initialiser): boolean {
    this.#open.keep();
    try {
      return runAtGateSync(this.#open, taken, fn);
    } finally {
      this.#open.letGo();
    }
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'run', unknown> = Once.prototype;
