import type { SystemError } from '../core/error';
import { engine, type Parking } from '../core/engine';
import { errnoOf } from '../core/error';
import type { Call, Lane } from '../core/lane';
import type { WaitEnd } from '../native';
import type { Held } from './held';
import type { FileRange } from './file-range';

const ECANCELED = -errnoOf('ECANCELED');

/** What a request needs of the table that it stands in. */
export interface Requested {
  /** Whether a guard or a request of the same object is in its way. */
  blocked(request: LockRequest): boolean;
  /** Asks the kernel, without waiting. */
  take(request: LockRequest): Held | undefined;
  /** A native wait has taken it. */
  taken(request: LockRequest): Held | undefined;
  /** Gives back what a native wait has taken for nobody. */
  giveBack(request: LockRequest): void;
  start(request: LockRequest): number;
  block(request: LockRequest, timeout: number): number;
  failure(error: number | string): SystemError;
}

/**
 * A lock that a promise waits for. It waits for guards and earlier requests of its own object first,
 * which the kernel would not keep from it, and then in the kernel, on a thread.
 */
export class LockRequest implements Call<Held>, Parking {
  readonly range: FileRange;
  /** The shared lock that is to become exclusive, if there is one. */
  readonly upgraded: Held | undefined;
  /** Where it stands in line. */
  lane: Lane | undefined;
  /** A thread is in the call, or was until just now. */
  inFlight = false;
  /** A part of it was unlocked while a thread was in the call. */
  stale = false;
  /** Why it is to end without having taken anything. */
  reason: (() => unknown) | undefined;

  readonly #table: Requested;
  /** Set while it waits for its own object. */
  #local: WaitEnd | undefined;
  #isLocal = false;

  constructor(table: Requested, range: FileRange, upgraded?: Held) {
    this.#table = table;
    this.range = range;
    this.upgraded = upgraded;
  }

  get parking(): Parking {
    return this;
  }

  /** Ends it at once with an error, and all that stand in line with it and have a reason too. */
  end(reason: () => unknown): void {
    this.reason = reason;
    this.lane?.serve();
  }

  /** Whether nothing of its own object is in its way any more. */
  get ready(): boolean {
    return this.#local !== undefined && !this.#table.blocked(this);
  }

  /** Lets it ask the kernel. */
  wake(): void {
    this.#endLocal();
  }

  // ---- what the lane asks for

  attempt(): Held | undefined {
    this.#checkWanted();
    return this.#table.blocked(this) ? undefined : this.#table.take(this);
  }

  start(): number {
    this.#isLocal = this.#table.blocked(this);
    if (this.#isLocal) return 0;
    const wait = this.#table.start(this);
    this.inFlight = wait >= 0;
    this.stale = false;
    return wait;
  }

  block(timeout: number): [number, number, number] {
    return [this.#table.block(this, timeout), 0, 0];
  }

  complete(): Held | undefined {
    if (this.reason === undefined) return this.#table.taken(this);
    this.#table.giveBack(this);
    throw this.reason();
  }

  failure(error: number | string): SystemError {
    return this.#table.failure(error);
  }

  // ---- where it waits

  whenEnded(wait: number, end: WaitEnd): void {
    if (this.#isLocal) {
      this.#local = end;
      return;
    }
    engine.whenEnded(wait, (...how) => {
      this.inFlight = false;
      end(...how);
    });
  }

  cancelWait(wait: number): void {
    if (this.#isLocal) this.#endLocal();
    else engine.cancelWait(wait);
  }

  endWait(wait: number): void {
    if (this.#isLocal) this.#endLocal();
    else engine.endWait(wait);
  }

  #checkWanted(): void {
    if (this.reason !== undefined) throw this.reason();
  }

  /** Nothing was taken: that is what the lane is told. */
  #endLocal(): void {
    const end = this.#local;
    this.#local = undefined;
    end?.(ECANCELED, 0, 0, 0);
  }
}
