import { Guard } from '../core/guard';
import { limitsOf } from '../core/limits';
import type { TimeoutOptions, WaitOptions } from '../core/options';
import { syncTimeoutOf } from './file-lock-options';
import type { FileLockTable } from './file-lock-table';
import type { Held } from './held';

/**
 * A lock of a file, or of a range of it, until it is released; see `Guard`.
 *
 * It can become exclusive or shared meanwhile. What it held is given back by `release()`, by the end
 * of its `using` block, and by `close()` of the object that gave it; a guard that was forgotten
 * holds its lock on.
 */
export class FileLockGuard extends Guard {
  readonly #table: FileLockTable;
  readonly #held: Held;

  constructor(table: FileLockTable, held: Held) {
    super();
    this.#table = table;
    this.#held = held;
  }

  /** Whether others may have shared locks of the same bytes. */
  get shared(): boolean {
    return this.#held.shared;
  }

  /** The first byte. */
  get start(): bigint {
    return BigInt(this.#held.start);
  }

  /** How many bytes; 0n reaches to the end of the file, wherever that will be. */
  get length(): bigint {
    return BigInt(this.#held.length);
  }

  /** Whether it is not held any more: released, or lost. */
  override get released(): boolean {
    return this.#held.gone;
  }

  /** Gives it back. Idempotent. Errors: ENOLCK (too many pieces are left). Source: fcntl(2), flock(2). */
  override release(): void {
    this.#table.release(this.#held);
  }

  /**
   * False once somebody else may have had the file meanwhile: flock(2) gives a shared lock up before
   * it waits for an exclusive one. Always true for OFD and POSIX locks.
   */
  get unbroken(): boolean {
    return this.#held.unbroken;
  }

  /** Whether an upgrade of kind `'flock'` failed, and the shared lock could not be had back. */
  get lost(): boolean {
    return this.#held.lost;
  }

  /**
   * Makes a shared lock exclusive; waits for the other holders to leave. At once if it is exclusive.
   *
   * OFD and POSIX locks stay shared until then, also if it fails. Two processes that upgrade wait for
   * each other: EDEADLK of POSIX locks, for ever of OFD locks, so give a timeout. After one of kind
   * `'flock'` look at `unbroken`, and after its failure at `lost`.
   *
   * Errors: EBADF (the descriptor cannot be written), EDEADLK (also: another guard of this object
   * is being upgraded), ENOLCK, ETIMEDOUT, ERR_CLOSED (it was released). Source: fcntl(2), flock(2).
   */
  async upgrade(options?: WaitOptions): Promise<void> {
    const waiting = this.#table.upgrade(this.#held, limitsOf(options), methods.upgrade);
    if (waiting !== undefined) await waiting;
  }

  /** As `upgrade`, blocking the thread. EDEADLK also where a guard of this object is in the way. */
  upgradeSync(options?: TimeoutOptions): void {
    this.#table.upgradeSync(this.#held, syncTimeoutOf(options));
  }

  /** As `upgrade`; false where it would have to wait. */
  tryUpgrade(): boolean {
    return this.#table.tryUpgrade(this.#held);
  }

  /**
   * Makes an exclusive lock shared, without a gap. Never waits, so that it has this form only.
   *
   * Errors: EBADF (the descriptor cannot be read), ENOLCK, ERR_CLOSED (it was released).
   */
  downgrade(): void {
    this.#table.downgrade(this.#held);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'upgrade', unknown> = FileLockGuard.prototype;
