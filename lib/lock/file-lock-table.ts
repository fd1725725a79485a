import { Chain, Link } from '../core/chain';
import { ClosedError, errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Limits } from '../core/lane';
import { nextTurn } from '../core/later';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import { F_RDLCK, F_UNLCK, F_WRLCK } from './constants';
import { fileLock } from './file-lock-call';
import { ownHint, hintOf } from './file-lock-hints';
import { kindNumbers, type FileLockKind } from './file-lock-options';
import { conflict, overlap, uncovered, type FileRange } from './file-range';
import { Held } from './held';
import { LockRequest, type Requested } from './lock-request';

const EAGAIN = -errnoOf('EAGAIN');

/** Tables with locks that are held: who forgets a guard has not released it. */
const holding = new Chain<FileLockTable>();

/**
 * The locks of one FileLock: those that are held, and the requests that wait.
 *
 * The kernel knows one owner, the open file or the process, and keeps nothing of its own from it. So
 * what two guards of one object must not have both is kept apart here, before the kernel is asked.
 */
export class FileLockTable extends Link<FileLockTable> implements Requested {
  readonly #descriptor: OwnedDescriptor;
  readonly #handle: number;
  readonly #kind: FileLockKind;
  readonly #number: number;
  readonly #path: string | undefined;
  readonly #keeper: Keeper;
  readonly #held = new Chain<Held>();
  /** In the order in which they were made. */
  readonly #pending = new Set<LockRequest>();
  readonly #lanes = new Map<string, Lane>();
  #looking = false;

  constructor(
    descriptor: OwnedDescriptor,
    kind: FileLockKind,
    path: string | undefined,
    keeper: Keeper,
  ) {
    super();
    this.#descriptor = descriptor;
    this.#handle = descriptor.handle;
    this.#kind = kind;
    this.#number = kindNumbers[kind];
    this.#path = path;
    this.#keeper = keeper;
  }

  // ---- taking

  /** Undefined where it would have to wait. */
  tryLock(range: FileRange): Held | undefined {
    return this.#isBarred(range) || !this.#ask(range) ? undefined : this.#hold(range);
  }

  lock(range: FileRange, limits: Limits, method: unknown): Held | Promise<Held> {
    const barred = this.#isBarred(range);
    const tried = !barred && mayAnswerInline();
    if (tried && this.#ask(range)) return this.#hold(range);
    if (limits.timeout === 0 && (barred || tried)) throw this.failure('ETIMEDOUT');
    return this.#wait(new LockRequest(this, range), limits, method, barred || tried);
  }

  lockSync(range: FileRange, timeout: number): Held {
    if (this.#isBarred(range)) throw this.failure('EDEADLK', ownHint(this.#kind));
    if (!this.#ask(range)) this.#block(range, timeout);
    return this.#hold(range);
  }

  // ---- changing

  /** Undefined: it is exclusive now. */
  upgrade(held: Held, limits: Limits, method: unknown): Promise<unknown> | undefined {
    const request = this.#upgradeOf(held);
    if (request === undefined) return undefined;
    if (this.#upgrades(held)) throw this.failure('EDEADLK', ownHint(this.#kind));
    const barred = this.blocked(request);
    const tried = !barred && mayAnswerInline();
    if (tried && this.take(request) !== undefined) return undefined;
    if (limits.timeout === 0 && (barred || tried)) {
      this.#fallBack(held);
      throw this.failure('ETIMEDOUT');
    }
    held.upgrading = request;
    return this.#wait(request, limits, method, barred || tried);
  }

  upgradeSync(held: Held, timeout: number): void {
    const request = this.#upgradeOf(held);
    if (request === undefined) return;
    if (this.#upgrades(held) || this.blocked(request))
      throw this.failure('EDEADLK', ownHint(this.#kind));
    if (this.take(request) !== undefined) return;
    try {
      this.#block(request.range, timeout);
    } catch (error) {
      this.#fallBack(held);
      throw error;
    }
    held.shared = false;
  }

  tryUpgrade(held: Held): boolean {
    const request = this.#upgradeOf(held);
    if (request === undefined) return true;
    if (this.#upgrades(held) || this.blocked(request)) return false;
    if (this.take(request) !== undefined) return true;
    this.#fallBack(held);
    return false;
  }

  downgrade(held: Held): void {
    checkHeld(held);
    if (held.shared) return;
    this.#set(F_RDLCK, held);
    held.shared = true;
    this.#look();
  }

  // ---- giving back

  release(held: Held): void {
    if (held.gone) return;
    if (held.upgrading !== undefined) endUpgrade(held.upgrading);
    this.#unlock(held);
    this.#forget(held);
    this.#look();
  }

  /** Ends all that waits, and releases all that is held; `keep` leaves the locks to who has the descriptor. */
  end(reason: () => unknown, keep: boolean): void {
    for (const request of this.#pending) request.reason = reason;
    for (const request of [...this.#pending]) request.end(reason);
    for (const held of this.#held.all()) {
      // The descriptor goes next, and its locks with it; but a process that is just being forked has it too.
      if (!keep) fileLock(this.#handle, this.#number, F_UNLCK, held);
      else if (held.upgrading !== undefined) this.#shareAgain(held);
      this.#forget(held);
    }
    if (keep) this.#descriptor.release();
    else this.#descriptor.close();
  }

  // ---- what a request needs

  blocked(request: LockRequest): boolean {
    const { upgraded, range } = request;
    if (upgraded === undefined) return this.#barred(range, request);
    // Those that wait for guards of this object may wait for this one, and come later.
    for (let one = this.#held.first; one !== undefined; one = one.next) {
      if (one !== upgraded && overlap(one, range)) return true;
    }
    for (const one of this.#pending) {
      if (one !== request && one.inFlight && overlap(one.range, range)) return true;
    }
    return false;
  }

  take(request: LockRequest): Held | undefined {
    if (this.#ask(request.range)) return this.#granted(request);
    if (request.upgraded !== undefined && this.#kind === 'flock') request.upgraded.unbroken = false;
    return undefined;
  }

  taken(request: LockRequest): Held | undefined {
    if (!request.stale || this.#ask(request.range)) return this.#granted(request);
    this.giveBack(request);
    return undefined;
  }

  giveBack({ range, upgraded }: LockRequest): void {
    if (upgraded === undefined) this.#unlock(range);
  }

  start({ range: { shared, start, length } }: LockRequest): number {
    const type = shared ? F_RDLCK : F_WRLCK;
    return native.fileLockWait(this.#handle, this.#number, type, start, length);
  }

  block({ range }: LockRequest, timeout: number): number {
    return this.#lockFor(range, timeout);
  }

  failure(error: number | string, hint?: string): SystemError {
    return new SystemError(error, this.#kind === 'flock' ? 'flock' : 'fcntl', {
      path: this.#path,
      hint: hint ?? hintOf(error, this.#kind),
    });
  }

  // ---- the kernel

  #ask(range: FileRange): boolean {
    const type = range.shared ? F_RDLCK : F_WRLCK;
    const result = fileLock(this.#handle, this.#number, type, range);
    return result === 0 || this.#refused(result);
  }

  #refused(result: number): false {
    if (result === EAGAIN) return false;
    throw this.failure(result);
  }

  #set(type: number, range: FileRange): void {
    const result = fileLock(this.#handle, this.#number, type, range);
    if (result < 0) throw this.failure(result);
  }

  #block(range: FileRange, timeout: number): void {
    const result = timeout === 0 ? -errnoOf('ETIMEDOUT') : this.#lockFor(range, timeout);
    if (result < 0) throw this.failure(result);
  }

  #lockFor({ shared, start, length }: FileRange, timeout: number): number {
    const type = shared ? F_RDLCK : F_WRLCK;
    return native.fileLockFor(this.#handle, this.#number, type, start, length, timeout);
  }

  /** Unlocks what no other guard holds. */
  #unlock(range: FileRange): void {
    const { first } = this.#held;
    const isAlone = first === undefined || (first === range && first.next === undefined);
    if (isAlone) this.#set(F_UNLCK, range);
    else this.#unlockParts(range);
    if (this.#pending.size > 0) this.#markStale(range);
  }

  #unlockParts(range: FileRange): void {
    for (const part of uncovered(range, this.#beside(range))) this.#set(F_UNLCK, part);
  }

  #markStale(range: FileRange): void {
    for (const one of this.#pending) {
      if (one.inFlight && overlap(one.range, range)) one.stale = true;
    }
  }

  // ---- the book

  /** The others that are held of the same bytes. */
  #beside(range: FileRange): Held[] {
    return this.#held.all().filter((one) => one !== range && overlap(one, range));
  }

  #hold(range: FileRange): Held {
    const held = new Held(range);
    if (this.#held.first === undefined) holding.add(this);
    this.#held.add(held);
    return held;
  }

  #forget(held: Held): void {
    held.gone = true;
    this.#held.remove(held);
    if (this.#held.first === undefined) holding.remove(this);
  }

  #granted(request: LockRequest): Held {
    const { upgraded, range } = request;
    this.#pending.delete(request);
    if (upgraded === undefined) return this.#hold(range);
    upgraded.shared = false;
    upgraded.upgrading = undefined;
    return upgraded;
  }

  /** As below, of one who comes now. What most calls need is short: V8 inlines only so much. */
  #isBarred(range: FileRange): boolean {
    return (this.#held.first !== undefined || this.#pending.size > 0) && this.#barred(range);
  }

  /** Whether a guard, an upgrade or a request that came before `until` is in the way. */
  #barred(range: FileRange, until?: LockRequest): boolean {
    for (let one = this.#held.first; one !== undefined; one = one.next) {
      if (conflict(one, range)) return true;
    }
    let before = true;
    for (const one of this.#pending) {
      if (one === until) before = false;
      else if ((before || one.upgraded !== undefined) && conflict(one.range, range)) return true;
    }
    return false;
  }

  #upgradeOf(held: Held): LockRequest | undefined {
    checkHeld(held);
    const { start, length, end } = held;
    return held.shared
      ? new LockRequest(this, { shared: false, start, length, end }, held)
      : undefined;
  }

  /** Whether one that overlaps is being upgraded: each would wait for the other. */
  #upgrades(held: Held): boolean {
    return [...this.#pending].some((one) => one.upgraded !== undefined && overlap(one.range, held));
  }

  /** After an upgrade that failed: flock has given the shared lock up. */
  #fallBack(held: Held): void {
    if (this.#kind !== 'flock' || held.gone) return;
    this.#shareAgain(held);
    if (held.lost) this.#forget(held);
  }

  #shareAgain(held: Held): void {
    held.lost = fileLock(this.#handle, this.#number, F_RDLCK, held) < 0;
  }

  // ---- waiting

  async #wait(
    request: LockRequest,
    limits: Limits,
    method: unknown,
    tried: boolean,
  ): Promise<Held> {
    const lane = this.#laneOf(request);
    request.lane = lane;
    this.#pending.add(request);
    try {
      return await lane.add(request, limits, method, tried);
    } catch (error) {
      this.#failed(request);
      throw error;
    }
  }

  #failed(request: LockRequest): void {
    const { upgraded } = request;
    this.#pending.delete(request);
    if (upgraded !== undefined) {
      upgraded.upgrading = undefined;
      this.#fallBack(upgraded);
    }
    this.#look();
  }

  /** All that ask for the same stand in one line, with one thread. */
  #laneOf({ range: { shared, start, end }, upgraded }: LockRequest): Lane {
    if (upgraded !== undefined) return new Lane(this.#keeper, () => undefined);
    const key = `${String(shared)} ${String(start)} ${String(end)}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(this.#keeper, () => this.#lanes.delete(key));
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** In the next turn of the event loop: lets those ask the kernel that waited for this object alone. */
  #look(): void {
    if (this.#pending.size > 0 && !this.#looking) this.#lookNext();
  }

  #lookNext(): void {
    this.#looking = true;
    nextTurn(() => {
      this.#looking = false;
      for (const request of [...this.#pending]) if (request.ready) request.wake();
    });
  }
}

function endUpgrade(request: LockRequest): void {
  request.end(() => new ClosedError('guard'));
}

function checkHeld(held: Held): void {
  if (held.gone) throw new ClosedError('guard');
}
