import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import type { ClosedError } from '../core/error';
import { CallingGuard, useGuard, type Guard } from '../core/guard';
import { Keeper } from '../core/keeper';
import {
  callable,
  integer,
  throwIfAborted,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { promised } from '../core/promised';
import type { Key } from './key';
import { SemaphoreControl } from './semaphore-control';
import {
  createSet,
  openOrCreateSet,
  openOrCreateSetSync,
  openSet,
  openSetSync,
  type OpenedSet,
  type SemaphoreCreateOptions,
  type SemaphoreOpenOptions,
  type SemaphoreOpenOrCreateOptions,
} from './semaphore-open';
import { Single, type Operations } from './semaphore-operations';
import { SemaphoreOperator } from './semaphore-operator';
import {
  amount,
  operationsOf,
  semaphoreIndex,
  waitPlan,
  type AcquireOptions,
  type AcquireSyncOptions,
  type AcquireTryOptions,
  type AmountOptions,
  type SemaphoreOperation,
  type SemaphoreWaitOptions,
  type SemaphoreWaitSyncOptions,
} from './semaphore-options';
import { readStatus } from './semaphore-status';

/**
 * A set of System V semaphores: counters in the kernel that processes wait for.
 *
 * A set made by C is used as it is, and the reverse. What can wait has three forms: `wait()` gives
 * a promise, `waitSync()` blocks the thread, `tryWait()` answers at once. Calls of one object with
 * the same operations are answered in the order in which they were made.
 *
 * A wait that is aborted or timed out has taken nothing. What a pending promise had just been given
 * when its worker or process exits is given back. A process that is killed keeps what it has taken,
 * as in C: `undo: true` makes the kernel take that back.
 *
 * Source: sysvipc(7), semget(2), semop(2), semctl(2).
 *
 * ```js
 * const set = await sysv.SemaphoreSet.openOrCreate(0x4d2, { value: 1 });
 * await set.use(() => oneAtATime(), { undo: true });
 * set.close(); // the set stays; remove() destroys it
 * ```
 */
export class SemaphoreSet extends SemaphoreControl {
  readonly #operator: SemaphoreOperator;

  private constructor(by: ByOpener, opened: OpenedSet) {
    checkOpener(by, SemaphoreSet);
    const keeper = new Keeper();
    super(opened, keeper);
    this.#operator = new SemaphoreOperator(opened.id, opened.key, keeper);
  }

  // ---- opening

  /**
   * Makes a new set, with its values.
   *
   * `key` is a 32-bit number, `IPC_PRIVATE`, or `'random'` (a key that no set has). Nobody who opens
   * it with `open` or `openOrCreate` sees it before it has its values.
   * Errors: EEXIST, EINVAL (`count` above SEMMSL), ENOSPC (SEMMNI sets or SEMMNS semaphores exist).
   * Source: semget(2) with IPC_CREAT | IPC_EXCL.
   */
  static create(key: Key, options?: SemaphoreCreateOptions): Promise<SemaphoreSet> {
    return promised(() => SemaphoreSet.createSync(key, options));
  }

  /** As `create`, at once. */
  static createSync(key: Key, options?: SemaphoreCreateOptions): SemaphoreSet {
    return new SemaphoreSet(byOpener, createSet(key, options));
  }

  /**
   * Opens the set that a key has, as soon as its maker has initialised it.
   *
   * That is so when an operation was performed (`sem_otime`), or when all values were set.
   * Errors: ENOENT, EACCES (no read permission), ETIMEDOUT (nobody has initialised it in time: its
   * maker has died, or does not; `uninitialised: true` takes it as it is). Source: semget(2).
   */
  static async open(key: number, options?: SemaphoreOpenOptions): Promise<SemaphoreSet> {
    return new SemaphoreSet(byOpener, await openSet(key, options));
  }

  /** As `open`, blocking the thread. */
  static openSync(key: number, options?: SemaphoreOpenOptions): SemaphoreSet {
    return new SemaphoreSet(byOpener, openSetSync(key, options));
  }

  /**
   * Opens the set that a key has, or makes it. Values and mode apply only to a set that is made.
   *
   * Errors: EINVAL (it has fewer semaphores than asked for), and those of `create` and `open`.
   */
  static async openOrCreate(
    key: Key,
    options?: SemaphoreOpenOrCreateOptions,
  ): Promise<SemaphoreSet> {
    return new SemaphoreSet(byOpener, await openOrCreateSet(key, options));
  }

  /** As `openOrCreate`, blocking the thread. */
  static openOrCreateSync(key: Key, options?: SemaphoreOpenOrCreateOptions): SemaphoreSet {
    return new SemaphoreSet(byOpener, openOrCreateSetSync(key, options));
  }

  /**
   * Uses the set that an identifier names, as it is, such as one that was made with IPC_PRIVATE.
   *
   * Errors: EINVAL (no such set), EIDRM, EACCES (no read permission). Source: semctl(2), IPC_STAT.
   */
  static fromId(id: number): Promise<SemaphoreSet> {
    return promised(() => SemaphoreSet.fromIdSync(id));
  }

  /** As `fromId`, at once. */
  static fromIdSync(id: number): SemaphoreSet {
    const checked = integer('id', id, 0, 2 ** 31 - 1);
    return new SemaphoreSet(byOpener, readStatus(checked, { id: checked }));
  }

  // ---- operating

  /**
   * Performs a list of operations, all at once or none; waits until all are possible.
   *
   * Errors: E2BIG (more than SEMOPM), EACCES, EAGAIN (one with `noWait` would have had to wait), EFBIG
   * (no such semaphore), EIDRM (removed while waiting), EINVAL (no such set), ENOMEM, ERANGE (a value
   * above 32767), ETIMEDOUT, ERR_CLOSED. Source: semop(2).
   *
   * ```js
   * await set.operate([{ index: 0, by: -1 }, { index: 1, by: 1 }]); // moves one
   * ```
   */
  async operate(operations: Iterable<SemaphoreOperation>, options?: WaitOptions): Promise<void> {
    this.checkOpen();
    await this.#wait(operationsOf(operations), options, methods.operate);
  }

  /** As `operate`, blocking the thread. */
  operateSync(operations: Iterable<SemaphoreOperation>, options?: TimeoutOptions): void {
    this.checkOpen();
    this.#operator.waitSync(operationsOf(operations), waitPlan(options));
  }

  /** Performs the operations if all are possible now; tells whether they were. Errors: as `operate`. */
  tryOperate(operations: Iterable<SemaphoreOperation>): boolean {
    this.checkOpen();
    return this.#operator.try(operationsOf(operations));
  }

  /** Takes one, or `by`, from a semaphore; waits while there is less. Errors: as `operate`. */
  async wait(index?: number, options?: SemaphoreWaitOptions): Promise<void> {
    this.checkOpen();
    await this.#wait(amount(index, options, -1), options, methods.wait);
  }

  /** As `wait`, blocking the thread. */
  waitSync(index?: number, options?: SemaphoreWaitSyncOptions): void {
    this.checkOpen();
    this.#operator.waitSync(amount(index, options, -1), waitPlan(options));
  }

  /** Takes from a semaphore if there is enough now; tells whether there was. Errors: as `operate`. */
  tryWait(index?: number, options?: AmountOptions): boolean {
    this.checkOpen();
    return this.#operator.try(amount(index, options, -1));
  }

  /** Gives one, or `by`, to a semaphore. It never waits. Errors: as `operate`. */
  post(index?: number, options?: AmountOptions): Promise<void> {
    return promised(() => {
      this.postSync(index, options);
    });
  }

  /** As `post`, at once. */
  postSync(index?: number, options?: AmountOptions): void {
    this.checkOpen();
    this.#operator.now(amount(index, options, 1));
  }

  /** Waits until a semaphore is 0; takes nothing. Errors: as `operate`. */
  async waitForZero(index?: number, options?: WaitOptions): Promise<void> {
    this.checkOpen();
    await this.#wait(zero(index), options, methods.waitForZero);
  }

  /** As `waitForZero`, blocking the thread. */
  waitForZeroSync(index?: number, options?: TimeoutOptions): void {
    this.checkOpen();
    this.#operator.waitSync(zero(index), waitPlan(options));
  }

  /** Whether a semaphore is 0 now. Errors: as `operate`. */
  tryWaitForZero(index?: number): boolean {
    this.checkOpen();
    return this.#operator.try(zero(index));
  }

  // ---- acquiring

  /**
   * Takes from a semaphore, as `wait` does, until the guard that it gives is released.
   *
   * ```js
   * await using guard = await set.acquire({ undo: true });
   * ```
   */
  async acquire(options?: AcquireOptions): Promise<Guard> {
    this.checkOpen();
    const taking = amount(options?.index, options, -1);
    await this.#wait(taking, options, methods.acquire);
    return this.#guard(taking);
  }

  /** As `acquire`, blocking the thread. */
  acquireSync(options?: AcquireSyncOptions): Guard {
    this.checkOpen();
    const taking = amount(options?.index, options, -1);
    this.#operator.waitSync(taking, waitPlan(options));
    return this.#guard(taking);
  }

  /** A guard, if there is enough now; else undefined. Errors: as `operate`. */
  tryAcquire(options?: AcquireTryOptions): Guard | undefined {
    this.checkOpen();
    const taking = amount(options?.index, options, -1);
    return this.#operator.try(taking) ? this.#guard(taking) : undefined;
  }

  /**
   * Acquires, runs a function, which is given the guard, and releases, also when the function throws or
   * rejects.
   *
   * Resolves with what the function gives. Errors: as `operate`; where the function fails and the
   * release too, an AggregateError of both.
   */
  async use<R>(fn: (guard: Guard) => R | PromiseLike<R>, options?: AcquireOptions): Promise<R> {
    this.checkOpen();
    callable('fn', fn);
    const taking = amount(options?.index, options, -1);
    await this.#wait(taking, options, methods.use);
    return useGuard(this.#guard(taking), fn);
  }

  protected override release(reason: () => ClosedError): void {
    this.#operator.end(reason);
  }

  #wait(
    operations: Operations,
    options: WaitOptions | undefined,
    method: unknown,
  ): Promise<true> | undefined {
    const plan = waitPlan(options);
    throwIfAborted(plan.signal);
    return this.#operator.wait(operations, plan, method);
  }

  #guard({ index, by, flags }: Single): Guard {
    const giving = new Single(index, -by, flags);
    const operator = this.#operator; // a guard that is kept does not keep this object
    return new CallingGuard(() => {
      operator.now(giving);
    });
  }
}

/** Waiting for 0. */
function zero(index: number | undefined): Single {
  return new Single(semaphoreIndex('index', index), 0, 0);
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'operate' | 'wait' | 'waitForZero' | 'acquire' | 'use', unknown> =
  SemaphoreSet.prototype;
