import { errnoOf, type SystemError } from '../core/error';
import { native } from '../native';
import { tryLock, unlock } from './mutex-calls';
import type { LockHandle } from './lock-memory';
import { rwlockFailure } from './rwlock-failure';

const EBUSY = -errnoOf('EBUSY');
const EAGAIN = -errnoOf('EAGAIN');
const EDEADLK = -errnoOf('EDEADLK');
const EOWNERDEAD = -errnoOf('EOWNERDEAD');

/** What a request has got. */
export interface Taken {
  /** Where it reads; undefined: it writes, and has the gate. */
  slot: number | undefined;
  ownerDied: boolean;
}

/** The death of a writer, told to the next one, who is alone. */
const TOLD: Taken = { slot: undefined, ownerDied: true };

/** Requests of this thread that own a gate: nobody else can get it meanwhile. */
const atGate = new Set<RwRequest>();

/** A request for a lock: it may have to queue for the gate first. */
export abstract class RwRequest {
  protected readonly handle: LockHandle;
  protected readonly gate: number;
  readonly #syscall: string;
  /** Overtakes who queues for the gate. */
  readonly #barging: boolean;

  constructor(handle: LockHandle, syscall: string, barging: boolean) {
    this.handle = handle;
    this.gate = native.rwlockGate(handle.number);
    this.#syscall = syscall;
    this.#barging = barging;
  }

  /** Undoes what other requests of this thread have half done, of the same lock. */
  undoOthers(): void {
    for (const other of [...atGate]) {
      const isSame = native.rwlockSame(this.handle.number, other.handle.number);
      if (isSame && other !== this) other.undo();
    }
  }

  /** Whether it owns the gate. */
  protected get owns(): boolean {
    return atGate.has(this);
  }

  abstract attempt(): Taken | undefined;

  /** The gate has just become its own; what it has by that is not undone any more. */
  protected abstract enter(): Taken | undefined;

  start(): number {
    return native.mutexWaitStart(this.gate);
  }

  block(timeout: number): [number, number, number] {
    return [native.mutexWaitFor(this.gate, timeout), 0, 0];
  }

  /** What block() has waited for is there. */
  blocked(): Taken | undefined {
    atGate.add(this);
    return this.enter();
  }

  /** What start() has waited for is there: the thread of that number has it. */
  complete(taker: number): Taken | undefined {
    this.#collect(taker);
    return this.blocked();
  }

  /** The same, but nobody wants it: the next one gets it, as it was. */
  giveBack(taker: number): void {
    if (this.owns) return; // it has waited for readers, and keeps the gate
    if (this.#collect(taker) === 0) unlock(this.gate);
    else native.mutexAbandon(this.gate);
  }

  failure(error: number | string): SystemError {
    return rwlockFailure(error, this.#syscall, this.handle);
  }

  /** Takes back what was done so far. */
  undo(): void {
    if (!atGate.delete(this)) return;
    native.rwlockReopen(this.handle.number);
    unlock(this.gate);
  }

  #collect(taker: number): number {
    const result = native.mutexCollect(this.gate, taker);
    if (result < 0) throw this.failure(result);
    return result;
  }

  /** Gets the gate if it is free. */
  protected tryGate(): Taken | undefined {
    const result = tryLock(this.gate, this.#barging);
    if (result === EBUSY) return undefined;
    if (result < 0) throw this.failure(result);
    return this.blocked();
  }

  /** What it has is the caller's. */
  protected done(taken: Taken): Taken {
    atGate.delete(this);
    return taken;
  }

  protected failed(result: number): SystemError {
    this.undo();
    return this.failure(result);
  }
}

/** Uncontended it takes a slot; else it comes through the gate, so that it queues with writers. */
export class ReadRequest extends RwRequest {
  constructor(handle: LockHandle, barging: boolean) {
    super(handle, 'rwlock_rdlock', barging);
  }

  attempt(): Taken | undefined {
    const slot = native.rwlockTryRead(this.handle.number);
    if (slot >= 0) return { slot, ownerDied: false };
    if (slot !== EBUSY) throw this.failure(slot);
    return this.tryGate();
  }

  protected enter(): Taken | undefined {
    const slot = native.rwlockReadFromGate(this.handle.number);
    if (slot === EOWNERDEAD) return this.done(TOLD);
    if (slot < 0 && slot !== EBUSY) throw this.failed(slot);
    this.undo();
    return slot < 0 ? undefined : { slot, ownerDied: false }; // a slot is about to be left
  }
}

/** Has the gate, and then waits for one reader after another. */
export class WriteRequest extends RwRequest {
  /** The slot that an upgrade keeps until it may write; else -1. */
  readonly #own: number;
  #closed: Error | undefined;

  constructor(handle: LockHandle, barging: boolean, own = -1) {
    super(handle, own < 0 ? 'rwlock_wrlock' : 'rwlock_upgrade', barging);
    this.#own = own;
  }

  /** The guard that is upgraded was released: it ends as soon as it is asked again. */
  close(reason: Error): void {
    this.#closed = reason;
  }

  attempt(): Taken | undefined {
    return this.owns ? this.#claim() : this.tryGate();
  }

  override start(): number {
    if (!this.owns) return super.start();
    return native.rwlockSlotWaitStart(this.handle.number, this.#own);
  }

  override block(timeout: number): [number, number, number] {
    const hopeless = this.#own < 0 && native.rwlockUpgrades(this.handle.number);
    if (hopeless) return [EDEADLK, 0, 0]; // the upgrade of this thread cannot go on meanwhile
    if (!this.owns) return super.block(timeout);
    return [native.rwlockSlotWaitFor(this.handle.number, this.#own, timeout), 0, 0];
  }

  override blocked(): Taken | undefined {
    return this.owns ? this.#claim() : super.blocked();
  }

  override complete(taker: number): Taken | undefined {
    return this.owns ? this.#claim() : super.complete(taker);
  }

  protected enter(): Taken | undefined {
    const result = native.rwlockAdopt(this.handle.number);
    if (result === EOWNERDEAD) return this.done(TOLD);
    if (result < 0) throw this.failed(result);
    return this.#claim();
  }

  #claim(): Taken | undefined {
    if (this.#closed !== undefined) {
      this.undo();
      throw this.#closed;
    }
    const result = native.rwlockClaim(this.handle.number, this.#own);
    if (result === 0) return this.done({ slot: undefined, ownerDied: false });
    if (result === EAGAIN) this.undo();
    else if (result !== EBUSY) throw this.failed(result);
    return undefined;
  }
}
