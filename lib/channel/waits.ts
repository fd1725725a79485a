import { CallSite } from '../core/call-site';
import { deadlineAfter, now, remaining } from '../core/deadline';
import { engine, type Parking } from '../core/engine';
import { errnoOf, type SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { cancelTurn, nextTurn } from '../core/later';
import { Spin } from '../core/spin';
import { mayAnswerInline } from '../core/turn';
import type { WaitEnd } from '../native';
import type { Bell, Ready } from './bell';
import { channelFailure, checkThere, ETIMEDOUT, type RingPlace } from './place';
import { activity, atEndOfTick, settleAll } from './tick';

/**
 * How an end of a channel waits. `'spin'` looks again and again: a blocked thread without a pause,
 * a promise in each turn of the event loop. `'block'` sleeps at once. `'adaptive'` spins for some
 * microseconds where that has paid lately, and then sleeps.
 */
export type Waiting = 'spin' | 'adaptive' | 'block';

/** What one end of a channel waits with. */
export interface End {
  place: RingPlace;
  bell: Bell;
  keeper: Keeper;
  waiting: Waiting;
  /** Whether something came, by a load that is not delayed. */
  ready: Ready;
  /** Is told whenever a call begins to wait, and when none does any more. */
  awaits?: (isAwaited: boolean) => void;
  /** Whether others go on with what it has taken: then it never tries on before they have. */
  handsOn?: boolean;
}

const ECANCELED = -errnoOf('ECANCELED');

/** How long others come first after they had something to do. */
const ticksToShare = 16;

/** Of so many waits in whose ticks nothing else was to be done, one looks whether that is still so. */
const waitsPerLook = 32;

/** Looks for something between two looks at the clock. */
const looksPerTime = 32;

/**
 * A blocked thread looks once in so many milliseconds by itself: its peer may have been killed after
 * it had published and before it rang.
 */
const longestBlock = 100;

/** A wait that looks in each turn of the event loop. */
class Polling implements Parking {
  readonly #holds: () => boolean;
  #end: WaitEnd | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /** `holds`: whether it keeps the process alive; asked anew in each turn. */
  constructor(holds: () => boolean) {
    this.#holds = holds;
  }

  whenEnded(_wait: number, end: WaitEnd): void {
    this.#end = end;
    if (this.#immediate !== undefined) return;
    this.#immediate = nextTurn(() => {
      this.#finish(0);
    });
    if (!this.#holds()) this.#immediate.unref();
  }

  cancelWait(): void {
    this.#finish(ECANCELED);
  }

  endWait(): void {
    this.#finish(ECANCELED);
  }

  #finish(result: number): void {
    cancelTurn(this.#immediate);
    this.#immediate = undefined;
    const end = this.#end;
    this.#end = undefined;
    end?.(result, 0, 0, Infinity);
  }
}

/** One wait: tried whenever the peer has rung. */
class RingCall<R> implements Call<R> {
  readonly parking: Parking;
  /** What the thread had done when the end of the tick was waited for. */
  since: number | undefined;
  /** Whether it was tried on before that. */
  triedOn = false;
  /** The public method, where the stack of its caller is yet to be taken. */
  place: unknown;
  /** Whether it has its answer. */
  answered = false;

  constructor(
    private readonly waits: Waits,
    private readonly again: () => R | undefined,
    private readonly soFar?: () => R | undefined,
  ) {
    this.parking = waits.polls ? new Polling(() => waits.holding) : engine;
  }

  attempt(): R | undefined {
    this.#learn();
    this.waits.checkThere();
    return this.#noted(this.again());
  }

  partial(): R | undefined {
    return this.soFar?.();
  }

  linger(): R | undefined {
    const again = this.triedOn && !this.waits.shares;
    return again ? undefined : this.#noted(this.waits.linger(this.again));
  }

  start(): number {
    this.waits.begin();
    return this.parking === engine ? this.waits.start() : 0;
  }

  block(timeout: number): [number, number, number] {
    this.waits.begin();
    return [this.waits.block(timeout), 0, 0];
  }

  complete(_result: number, _low: number, _high: number, took: number): undefined {
    this.waits.answered(took);
    return undefined; // it was rung; whether there is anything, the next attempt tells
  }

  failure(error: number | string): SystemError {
    return this.waits.failure(error);
  }

  /** At the end of the tick. */
  #learn(): void {
    if (this.since !== undefined) this.waits.learn(activity() !== this.since);
    this.since = undefined;
  }

  #noted(answer: R | undefined): R | undefined {
    this.answered = answer !== undefined;
    return answer;
  }
}

/** The waits of one end of a channel: they form one line. */
export class Waits {
  readonly #end: End;
  readonly #lane: Lane;
  readonly #spin = new Spin();
  /** The role may have gone to another one: the bell is its own. */
  #ended = false;
  /** Whether its waits keep the process alive: else it must sleep, so that the loop can end. */
  holding = true;
  /** Ticks of waits to come in which others come first, because the thread had other things to do in those of the last ones. */
  #sharing = 0;
  #waits = 0;
  /** Calls in line, and those whose answers are on their way: what comes after them goes on after them. */
  #answering = 0;

  constructor(end: End) {
    this.#end = end;
    this.#lane = new Lane(end.keeper, () => {
      if (this.#ended) return;
      end.bell.awake();
      end.awaits?.(false);
    });
  }

  /** Whether somebody waits, whom the next one must not overtake. */
  get busy(): boolean {
    return this.#lane.busy;
  }

  /** Whether a promise form may be answered inline: nobody waits, and the loop has had its turn. */
  get mayTry(): boolean {
    return this.#answering === 0 && mayAnswerInline();
  }

  /** Whether it may be answered in this tick behind those whose answers are on their way. */
  get #mayFollow(): boolean {
    return this.#answering > 0 && !this.#lane.busy && mayAnswerInline();
  }

  /** Whether to try on only in the next turn of the event loop. */
  get needsTurn(): boolean {
    return this.#end.waiting !== 'block' && this.#spin.needsTurn;
  }

  /** Whether the thread is not to be held up before the end of a tick. */
  get shares(): boolean {
    return this.#sharing > 0 || this.#end.handsOn === true;
  }

  get polls(): boolean {
    return this.#end.waiting === 'spin' && this.holding;
  }

  end(reason: () => unknown): void {
    this.#ended = true;
    this.#end.awaits?.(false);
    this.#lane.end(reason);
    this.#end.bell.awake();
    this.#end.bell.close();
  }

  /** Serves those who came before; true if some still wait. */
  overtaking(): boolean {
    if (this.#lane.busy) this.#lane.serve();
    return this.#lane.busy;
  }

  /** Waits until an attempt answers something. `soFar`: what it answers if it has to end early. */
  wait<R>(
    attempt: () => R | undefined,
    limits: Limits,
    method: unknown,
    soFar?: () => R | undefined,
  ): R | Promise<R> {
    const tried = this.mayTry;
    const first = tried ? attempt() : undefined;
    if (first !== undefined) return first;
    this.#end.awaits?.(true);
    const call = (): RingCall<R> => new RingCall(this, attempt, soFar);
    const answer =
      tried && !this.needsTurn
        ? this.#tryOn(attempt, call, limits, method)
        : this.#inLine(call(), limits, method, false, this.#mayFollow ? atEndOfTick : undefined);
    if (!this.#lane.busy) this.#end.awaits?.(false);
    return answer;
  }

  /**
   * Tries on before it sleeps. While it does, nothing else runs: where the thread has other things to do
   * in this tick, such as to send what this waits for the answer of, these come first.
   */
  #tryOn<R>(
    attempt: () => R | undefined,
    callOf: () => RingCall<R>,
    limits: Limits,
    method: unknown,
  ): R | Promise<R> {
    const may = this.#end.waiting !== 'block' && this.#spin.duration > 0 && limits.timeout !== 0;
    if (!may) return this.#inLine(callOf(), limits, method, true);
    const atOnce = !this.shares && ++this.#waits % waitsPerLook !== 0;
    const answer = atOnce ? this.linger(attempt) : undefined;
    if (answer !== undefined) return answer;
    const call = callOf();
    call.triedOn = atOnce;
    call.since = activity();
    call.place = method;
    return this.#inLine(call, limits, undefined, false, atEndOfTick);
  }

  /** All have the same way from their answer to who awaits it: so who called first goes on first. */
  async #inLine<R>(
    call: RingCall<R>,
    limits: Limits,
    method: unknown,
    tried: boolean,
    later?: typeof atEndOfTick,
  ): Promise<R> {
    const site = new CallSite(method);
    this.#answering++;
    try {
      const answer = this.#lane.add(call, limits, site, tried, later);
      await new Promise<void>(atEndOfTick);
      // To take the stack costs more than an answer that comes at once: so where it is to sleep.
      if (call.place !== undefined && !call.answered) site.take(this.#inLine);
      return await answer;
    } finally {
      this.#answering--;
    }
  }

  /** Blocks the thread until an attempt answers something. `tried`: one has just been made, and nobody waits. */
  waitSync<R>(attempt: () => R | undefined, timeout: number, tried = false): R {
    const deadline = deadlineAfter(timeout);
    const served = this.#lane.busy ? this.#lane.serveSync(timeout) : 0;
    if (served < 0) throw this.failure(served);
    const first = tried ? undefined : attempt();
    if (first !== undefined) return first;
    const { awaits } = this.#end;
    if (awaits === undefined) return this.#blockUntil(attempt, deadline);
    awaits(true);
    try {
      return attempt() ?? this.#blockUntil(attempt, deadline);
    } finally {
      if (!this.#lane.busy) awaits(false);
    }
  }

  /** An attempt has just been made. */
  #blockUntil<R>(attempt: () => R | undefined, deadline: number): R {
    for (;;) {
      const found = this.#lingerSync(attempt, deadline);
      if (found !== undefined) return found;
      const left = remaining(deadline);
      if (left === 0) throw this.failure(ETIMEDOUT);
      const began = now();
      const result = this.block(left);
      if (result < 0 && result !== ETIMEDOUT) throw this.failure(result);
      this.#spin.answered(now() - began);
      const answer = attempt();
      if (answer !== undefined) return answer;
    }
  }

  // ---- what its calls ask for

  /** Whether the thread did something else in the tick of a wait. */
  learn(shares: boolean): void {
    if (shares) this.#sharing = ticksToShare;
    else if (this.#sharing > 0) this.#sharing--;
  }

  /** What the one before has taken said that nobody waits. */
  begin(): void {
    if (!this.#ended) this.#end.awaits?.(true);
  }

  start(): number {
    settleAll();
    return this.#end.bell.start(this.#end.ready);
  }

  block(timeout: number): number {
    settleAll();
    const { bell, ready } = this.#end;
    const result = bell.block(Math.min(timeout, longestBlock), ready);
    bell.awake();
    return result === ETIMEDOUT && timeout > longestBlock ? 0 : result;
  }

  answered(took: number): void {
    this.#spin.answered(took);
  }

  linger<R>(attempt: () => R | undefined): R | undefined {
    if (this.#end.waiting === 'block') return undefined;
    return this.#spin.run((duration) => tryOn(attempt, this.#end.ready, now() + duration));
  }

  checkThere(): void {
    checkThere(this.#end.place);
  }

  failure(error: number | string): SystemError {
    return channelFailure(error, this.#end.place.name);
  }

  #lingerSync<R>(attempt: () => R | undefined, deadline: number): R | undefined {
    const { waiting, ready } = this.#end;
    if (waiting === 'spin') return tryOn(attempt, ready, deadline);
    const { duration } = this.#spin;
    if (waiting === 'block' || duration === 0) return undefined;
    const began = now();
    const answer = tryOn(attempt, ready, Math.min(began + duration, deadline));
    this.#spin.ended(answer !== undefined, now() - began);
    return answer;
  }
}

/**
 * Tries until an instant of now(). A look is a load, and an attempt is much more: while
 * one is made, what comes is seen later.
 */
function tryOn<R>(attempt: () => R | undefined, ready: Ready, until: number): R | undefined {
  for (;;) {
    for (let i = 0; i < looksPerTime && !ready(); i++);
    const answer = attempt();
    if (answer !== undefined) return answer;
    if (now() >= until) return undefined;
  }
}
