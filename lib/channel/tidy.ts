/** A ring that grows, when nobody sends any more: who receives gives back what no message needs. */

import { now } from '../core/deadline';
import { SystemError } from '../core/error';
import { clearTimer, startTimer } from '../core/later';
import { fewestReserved } from './growing-memory';
import { HEAD, OWNER, RESERVED, SENDER_ROLE, TIDIES } from './layout';
import { isThere, type Place } from './place';
import { lookAt } from './position';
import { leave, ownThread, Role } from './role';
import { Segments } from './segments';

/** Milliseconds from when there is nothing to be received: the next sender may come. */
const after = 100;

/** Milliseconds: how long who comes to send waits at most, and between two tries. */
const mostWait = 1000;
const pause = 1;

/** Tries while it cannot be told yet who has the role: some steps of a receiver, which may be interrupted. */
const unclearTries = 20;

/** Of one receiver and one ring. */
export class Tidier {
  readonly #place: Place;
  #timer: NodeJS.Timeout | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** There is nothing to be received. Keeps neither the process alive nor this object. */
  later(): void {
    if (this.#timer !== undefined || !isUntidy(this.#place)) return;
    const weak = new WeakRef(this);
    this.#timer = startTimer(() => {
      const one = weak.deref();
      if (one !== undefined) one.#onTime();
    }, after).unref();
  }

  /** The receiver goes. */
  end(): void {
    clearTimer(this.#timer);
    if (isUntidy(this.#place)) tidy(this.#place);
  }

  #onTime(): void {
    this.#timer = undefined;
    if (isUntidy(this.#place)) tidy(this.#place);
  }
}

/** Whether there may be memory for nothing, and nobody who would give it back. */
function isUntidy(place: Place): boolean {
  const { words } = place;
  if (!isThere(place) || (words[HEAD + RESERVED] ?? 0) <= fewestReserved) return false;
  return (Atomics.load(words, SENDER_ROLE >> 2) & OWNER) === 0;
}

/**
 * Only the sender may give memory back, so this takes its place. Who comes to send meanwhile is not told
 * that somebody sends: it sees in TIDIES the thread that has the role.
 */
function tidy(place: Place): void {
  const { words } = place;
  const own = ownThread();
  let role: Role | undefined;
  try {
    role = new Role(place, SENDER_ROLE, 'sends');
    Atomics.compareExchange(words, TIDIES, 0, own);
    const guard = role.tryTake();
    if (guard === undefined) return;
    try {
      Atomics.store(words, TIDIES, own); // who was killed may have left one there
      giveBack(place);
    } finally {
      leave(guard);
    }
  } catch (error) {
    if (!(error instanceof SystemError)) throw error; // it was overwritten: the next sender is told
  } finally {
    role?.close();
    if (isThere(place)) Atomics.compareExchange(words, TIDIES, own, 0);
  }
}

function giveBack(place: Place): void {
  const { words } = place;
  const before = words[HEAD + RESERVED] ?? 0;
  const seen = { position: 0, seen: 0 };
  lookAt(place, seen);
  const segments = new Segments(place, seen.position, seen.seen);
  segments.giveBack(true);
  if (!segments.isKnown) words[HEAD + RESERVED] = before; // another receiver copies: later
}

/**
 * Whether a lane may soon be free: a receiver has the sender's role only to give memory back. A mark of
 * another thread than that is of a receiver that is about to have it, or was killed before it had it.
 */
function mayBeFree({ shape, lanes }: Place, tries: number): boolean {
  if (shape.segment === 0) return false;
  return lanes.some(({ words }) => {
    const mark = Atomics.load(words, TIDIES);
    const owner = Atomics.load(words, SENDER_ROLE >> 2) & OWNER;
    if (mark !== 0 && mark === owner) return true;
    return tries < unclearTries && (mark !== 0 || owner === 0);
  });
}

/**
 * What fails with EBUSY while somebody gives memory back is tried again, for up to a second: of who was
 * killed meanwhile the kernel has freed the role.
 */
export function despiteTidying<T>(place: Place, attempt: () => T): T {
  const end = now() + mostWait;
  for (let tries = 0; ; tries++) {
    const mayTryAgain = mayBeFree(place, tries); // before: it may be over when the attempt has failed
    try {
      return attempt();
    } catch (error) {
      const isBusy = error instanceof SystemError && error.code === 'EBUSY';
      if (!isBusy || !(mayTryAgain || mayBeFree(place, tries)) || now() >= end) {
        throw error;
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
}
