import { setMaxListeners } from 'node:events';

import { deadlineAfter, remaining } from '../../core/deadline';
import { SystemError } from '../../core/error';
import { Keeper } from '../../core/keeper';
import type { Limits } from '../../core/lane';
import { countAnswers } from '../../core/turn';
import type { MutexGuard } from '../../lock/mutex-guard';
import { Bell } from '../bell';
import { HEAD, OWNER, RECEIVER_BELL, SENDER_ROLE } from '../layout';
import { channelFailure, damaged, ETIMEDOUT, gone, isThere, type Place } from '../place';
import { Reading } from '../reading';
import { leave } from '../role';
import type { Sender } from '../sender';
import { Waits, type Waiting } from '../waits';
import { sendLater } from '../writing-end';
import { CANCEL, FRAME_HEADER, frameIn, HELLO, writeFrame, type Frame } from './frame';

/** Frames that are taken between two turns of the event loop, at most. */
const batchLimit = 64;

/** Milliseconds after which a blocked thread looks by itself: at the seat, at what waits for room. */
const longestBlock = 100;
const blockForRoom = 1;

const OWNER_DIED = 0x4000_0000;

const forEver: Limits = { timeout: Infinity, signal: undefined };

/** What a link is made of. */
export interface LinkParts {
  /** By which the calls of the other end come, and the role of who receives them. */
  place: Place;
  role: MutexGuard;
  /** By which ours go. */
  sender: Sender;
  waiting: Waiting;
  /** Whether the other end is known to be there. */
  met: boolean;
}

/** Who is told what comes. What is called here must not run a program's code. */
export interface LinkListener {
  take: (frame: Frame) => void;
  /** Nothing comes any more. */
  end: (reason: unknown) => void;
}

/** Whether somebody has a seat: the word of a mutex tells (docs/mutex.md). */
export function seatState(word: number): 'taken' | 'free' | 'died' {
  if ((word & OWNER_DIED) !== 0) return 'died';
  return (word & OWNER) === 0 ? 'free' : 'taken';
}

/**
 * The calls of both directions. The other end's seat is the role of its sender, so that the kernel
 * wakes who sleeps here when it dies, and whoever it wakes looks at the seat first.
 */
export class Link {
  /** The longest payload. */
  readonly maxLength: number;

  readonly #place: Place;
  readonly #role: MutexGuard;
  readonly #sender: Sender;
  readonly #reading: Reading;
  readonly #waits: Waits;
  readonly #keeper = new Keeper();
  /** Nobody listens before the start: what comes with the greeting is kept. */
  #listener: LinkListener | undefined;
  readonly #early: Frame[] = [];
  #met: boolean;
  /** Of the other end, when last looked at. */
  #seat: ReturnType<typeof seatState> = 'taken';
  #broken: SystemError | undefined;
  /** Frames that wait for room, until nobody reads them any more. */
  #waitForRoom = 0;
  readonly #over = new AbortController();
  readonly #untilOver: Limits = { timeout: Infinity, signal: this.#over.signal };

  constructor({ place, role, sender, waiting, met }: LinkParts) {
    this.#place = place;
    this.#role = role;
    this.#sender = sender;
    this.#met = met;
    setMaxListeners(0, this.#over.signal);
    this.maxLength = sender.maxLength - FRAME_HEADER;
    const reading = new Reading(place);
    this.#reading = reading;
    const ready = (): boolean =>
      Atomics.load(place.words, HEAD) !== reading.position || this.gone !== undefined;
    const bell = new Bell(place, RECEIVER_BELL, SENDER_ROLE);
    this.#waits = new Waits({ place, bell, keeper: this.#keeper, waiting, ready, handsOn: true });
  }

  /** Whether the other end has come. */
  get met(): boolean {
    return this.#met;
  }

  /** Why nothing comes any more: EPIPE, the other end was closed; ECONNRESET, it has died. */
  get gone(): Error | undefined {
    if (this.#broken !== undefined) return this.#broken;
    if (!this.#met) return undefined;
    if (!isThere(this.#place)) return gone(this.#place);
    // Once: who removes the name takes the seat for a moment.
    if (this.#seat === 'taken') {
      this.#seat = seatState(Atomics.load(this.#place.words, SENDER_ROLE / 4));
    }
    if (this.#seat === 'taken') return undefined;
    return this.#seat === 'died'
      ? directFailure('ECONNRESET', this.#place.name, 'the other end has died')
      : directFailure('EPIPE', this.#place.name, 'the other end was closed');
  }

  /** Waits for the other end. */
  async meet(limits: Limits, method: unknown): Promise<void> {
    while (!this.#met) await this.#waits.wait(this.#look, limits, method);
  }

  /** As `meet`, blocking the thread; `check` is called now and then, and may throw. */
  meetSync(timeout: number, check: () => void): void {
    const met = (): true | undefined => this.#met || undefined;
    this.waitSync(() => met() ?? (check(), undefined), timeout);
  }

  /** Takes what comes, from now on, and keeps the process alive for it. */
  start(listener: LinkListener): void {
    this.#listener = listener;
    for (const frame of this.#early) listener.take(frame);
    this.#early.length = 0;
    void this.#pump(listener);
  }

  /**
   * Sends a frame. Where there is no room it waits in line: there are as many in it as there are
   * requests unanswered in both directions, and as many cancellations, at most. `written` is called
   * when it is in the ring: at that instant, as the other end may answer before any promise goes on.
   */
  put(kind: number, id: number, type: number, payload: Uint8Array, written?: () => void): void {
    const length = FRAME_HEADER + payload.length;
    // Behind others: each look whether there is room would end the wait of all, and begin it anew.
    const view = this.#waitForRoom > 0 ? undefined : this.#sender.tryClaim(length, { type });
    if (view !== undefined) {
      writeFrame(view, kind, id, payload);
      this.#sender.commit();
      written?.();
      return;
    }
    const frame = Buffer.allocUnsafe(length);
    writeFrame(frame, kind, id, payload);
    this.#waitForRoom++;
    const left = (): void => {
      this.#waitForRoom--;
      written?.();
    };
    sendLater(this.#sender, frame, type, this.#untilOver, left).catch(() => {
      this.#waitForRoom--; // whoever reads learns that it is gone, too; who comes next, that it is overwritten
    });
  }

  /** Takes what comes until there is an answer, blocking the thread. */
  waitSync<R>(attempt: () => R | undefined, timeout: number): R {
    const deadline = deadlineAfter(timeout);
    const again = (): R | undefined => {
      // What waits for room is sent by whoever comes next.
      if (this.#waitForRoom > 0 && this.#sender.tryClaim(0) !== undefined) this.#sender.abort();
      const found = attempt();
      if (found !== undefined) return found;
      this.#look();
      return attempt();
    };
    for (;;) {
      const left = remaining(deadline);
      const slice = Math.min(left, this.#waitForRoom > 0 ? blockForRoom : longestBlock);
      try {
        return this.#waits.waitSync(again, slice);
      } catch (error) {
        if (!isTimeout(error)) throw error;
        const found = attempt();
        if (found !== undefined) return found;
        if (slice === left) throw directFailure('ETIMEDOUT', this.#place.name);
      }
    }
  }

  hold(holding: boolean): void {
    this.#waits.holding = holding;
    this.#keeper.hold(holding);
  }

  /** The seat itself is given back last, with the sender. */
  close(reason: () => Error): void {
    this.#keeper.end(reason);
    this.#waits.end(reason);
    this.#reading.end();
    leave(this.#role);
  }

  async #pump(listener: LinkListener): Promise<void> {
    try {
      for (;;) await this.#waits.wait(this.#look, forEver, undefined);
    } catch (error) {
      this.#over.abort();
      listener.end(error);
    }
  }

  /** Takes some frames; undefined: there are none. Throws where there never will be. */
  readonly #look = (): true | undefined => {
    const why = this.gone; // before looking: what it sent before that is there
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#takeSome()) return true;
    if (why !== undefined) throw why;
    return undefined;
  };

  /** What cannot be is the end of all: what comes behind it has no meaning. */
  #takeSome(): boolean {
    try {
      const batch = this.#reading.takeMany(batchLimit);
      if (batch === undefined) return false;
      countAnswers(batch.length - 1);
      for (const message of batch) this.#take(frameIn(message));
      return true;
    } catch (error) {
      if (error instanceof SystemError) this.#broken = error;
      throw error;
    }
  }

  #take(frame: Frame | undefined): void {
    const isHello = frame?.kind === HELLO;
    if (frame === undefined || frame.kind > CANCEL || isHello === this.#met) {
      throw damaged(this.#place);
    }
    if (isHello) this.#met = true;
    else if (this.#listener === undefined) this.#early.push(frame);
    else this.#listener.take(frame);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof SystemError && error.errno === ETIMEDOUT;
}

export function directFailure(error: string, name: string | undefined, hint?: string): SystemError {
  return channelFailure(error, name, hint);
}
