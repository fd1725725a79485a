import { isMainThread } from 'node:worker_threads';

import { deadlineAfter, remaining } from '../core/deadline';
import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call } from '../core/lane';
import { quick1, quick5 } from '../core/quick';
import { Spin } from '../core/spin';
import { countAnswers, mayAnswerInline } from '../core/turn';
import { native } from '../native';
import { IPC_NOWAIT, MSG_COPY } from './constants';
import { checkControl, goneHint } from './control';
import { halvesOf, RECORD_HEADER, TYPE_BYTES, typeOf, type Message } from './message';
import { selectorKey, type ReceivePlan } from './message-options';
import { longestPooled, poolAddress, pooledRoom, takePooledRecords } from './pool';
import { currentMsgmax, grow, isGone, loadedType, queuedBytes, room, SLAB } from './slab';
import { flagsFor, toBuffer, type Target } from './target';

const { msgrcvManyQuick } = native; // see core/quick.ts

const E2BIG = -errnoOf('E2BIG');
const EIDRM = -errnoOf('EIDRM');
const EINVAL = -errnoOf('EINVAL');
const ENOMSG = -errnoOf('ENOMSG');

/** How the native wait for a message ends (native/sysv/msg_wait.h). */
const TOOK_EMPTY = 1;

/** In the answer of msgrcvMany: there was no further message (native/sysv/msg.cc). */
const EMPTIED = 2 ** 30;

/** Most records of one crossing. */
const mostAtOnce = 2 ** 20;

/** The receiving half of a queue. All receives of one selector form one line. */
export class MessageReceiver {
  readonly #id: number;
  readonly #key: number;
  readonly #keeper: Keeper;
  readonly #lanes = new Map<number | bigint | string, Lane>();
  readonly #spin = new Spin();

  constructor(id: number, key: number, keeper: Keeper) {
    this.#id = id;
    this.#key = key;
    this.#keeper = keeper;
  }

  end(reason: () => unknown): void {
    for (const lane of [...this.#lanes.values()]) lane.end(reason);
  }

  try<R extends object>(plan: ReceivePlan, target: Target<R>): R | undefined {
    this.#keeper.checkOpen();
    if (this.#lanes.size > 0 && this.#overtaking(plan)) return undefined;
    return this.take(plan, target, false);
  }

  receive<R extends object>(plan: ReceivePlan, target: Target<R>, method: unknown): R | Promise<R> {
    this.#keeper.checkOpen();
    const lane = this.#laneOf(plan);
    const tried = lane === undefined && mayAnswerInline();
    if (tried) {
      const message = this.take(plan, target, false) ?? this.#spinFor(plan, target);
      if (message !== undefined) return message;
    } else if (lane === undefined && isGone(this.#id)) throw this.failure(EINVAL);
    const call = new ReceiveCall(this, plan, target);
    return (lane ?? this.#newLane(plan)).add(call, plan, method, tried);
  }

  receiveSync<R extends object>(plan: ReceivePlan, target: Target<R>): R {
    this.#keeper.checkOpen();
    const deadline = deadlineAfter(plan.timeout);
    const lane = this.#laneOf(plan);
    if (lane !== undefined) {
      const result = lane.serveSync(plan.timeout);
      if (result < 0) throw this.failure(result);
    }
    const taken = isMainThread
      ? target.take(this.#id, plan, deadline)
      : this.#takeArrived(plan, target, deadline);
    if (typeof taken === 'object') return taken;
    throw this.failure(taken, Math.min(plan.maxLength, target.room()));
  }

  /** The message at an index, which stays where it is. */
  peek(index: number): Message | undefined {
    for (;;) {
      // The kernel allocates, and fills, as much as it is given room for: msgmax may be 2 GiB.
      const queued = queuedBytes(this.#id);
      const size = Math.min(Math.max(queued, 0), room());
      const length = native.msgrcv(this.#id, SLAB, size, index, MSG_COPY | IPC_NOWAIT);
      if (length >= 0) return toBuffer.land(loadedType(), length);
      if (length === ENOMSG) return undefined;
      if (length === EINVAL && !isGone(this.#id)) throw this.#notCopied();
      if (length !== E2BIG || !grow(this.#id, Infinity)) throw this.failure(length);
    }
  }

  /** All that is there now, without waiting. */
  drain(plan: ReceivePlan, limit: number | undefined): Message[] {
    return this.#overtaking(plan) ? [] : this.#drain(plan, limit, []);
  }

  /** All that is there, `limit` at most; waits while there is none. */
  batch(plan: ReceivePlan, limit: number, method: unknown): Message[] | Promise<Message[]> {
    return this.receive(plan, new ToBatch(this, plan, limit), method);
  }

  /** A batch that begins with a message: whole before those are served who stand in line behind. */
  batchOf(first: Message, plan: ReceivePlan, limit: number): Message[] {
    const messages = this.#drain(plan, limit, [first]);
    countAnswers(messages.length - 1);
    return messages;
  }

  /** The first message of a selector; undefined if there is none. `waited`: found to block before. */
  take<R extends object>(plan: ReceivePlan, target: Target<R>, waited: boolean): R | undefined {
    const taken = target.take(this.#id, plan);
    if (typeof taken === 'object') return taken;
    if (taken === ENOMSG) return undefined;
    throw this.failure(
      waited && taken === EINVAL ? 'EIDRM' : taken,
      Math.min(plan.maxLength, target.room()),
    );
  }

  start(plan: ReceivePlan): number {
    return native.msgrcvWait(this.#id, plan.type, plan.except);
  }

  block(plan: ReceivePlan, timeout: number): [number, number, number] {
    const result = native.msgrcvArrival(this.#id, SLAB, plan.type, plan.except, timeout);
    return [result, ...halvesOf(loadedType())];
  }

  answered(took: number): void {
    this.#spin.answered(took);
  }

  failure(error: number | string, most = Infinity): SystemError {
    return new SystemError(error, 'msgrcv', {
      id: this.#id,
      key: this.#key,
      hint: error === EINVAL ? goneHint('queue') : error === E2BIG ? tooLongFor(most) : undefined,
    });
  }

  #drain(plan: ReceivePlan, limit: number | undefined, messages: Message[]): Message[] {
    let most = limit ?? Infinity;
    try {
      for (let pools = 1; messages.length < most; pools++) {
        if (!this.#drainPool(plan, most - messages.length, messages)) break;
        // Endless producers must not make it endless: after a whole pool, what is there now counts.
        if (pools === 1 && messages.length < most) {
          most = Math.min(most, messages.length + this.#depth());
        }
      }
    } catch (error) {
      if (messages.length === 0) throw error; // what was taken is not lost to an error
    }
    return messages;
  }

  /** Fills what is left of a pool; false if there are no more messages. */
  #drainPool(plan: ReceivePlan, limit: number, messages: Message[]): boolean {
    const left = pooledRoom(RECORD_HEADER + TYPE_BYTES);
    const answer = this.#receiveMany(plan, Math.min(limit, mostAtOnce));
    if (answer >= 0) {
      takePooledRecords(answer & ~EMPTIED, messages);
      return (answer & EMPTIED) === 0;
    }
    if (answer === E2BIG) return this.#drainLong(plan, left, messages);
    throw this.failure(answer);
  }

  #receiveMany({ type, except }: ReceivePlan, limit: number): number {
    return typeof type === 'number'
      ? quick5(msgrcvManyQuick, this.#id, poolAddress(), type, except, limit) | 0
      : native.msgrcvMany(this.#id, poolAddress(), type, except, limit);
  }

  /** The next message did not fit what was left of the pool. */
  #drainLong(plan: ReceivePlan, left: number, messages: Message[]): boolean {
    if (left < longestPooled) {
      pooledRoom(longestPooled); // a new pool
      return true;
    }
    const message = this.take(plan, toBuffer, false);
    if (message !== undefined) messages.push(message);
    return message !== undefined;
  }

  /**
   * A worker may be ended while it is blocked, and then nobody gets what the call has taken. So it
   * only waits in the call, and takes what has arrived when it is back.
   */
  #takeArrived<R extends object>(
    plan: ReceivePlan,
    target: Target<R>,
    deadline: number,
  ): R | number {
    for (let waited = false; ; waited = true) {
      const taken = target.take(this.#id, plan);
      if (taken === EINVAL && waited) return EIDRM;
      if (taken !== ENOMSG) return taken;
      const [result, low, high] = this.block(plan, remaining(deadline));
      if (result === TOOK_EMPTY) return target.land(typeOf(low, high), 0);
      if (result < 0) return result;
    }
  }

  #spinFor<R extends object>(plan: ReceivePlan, target: Target<R>): R | undefined {
    return this.#spin.run((duration) => {
      const most = Math.min(plan.maxLength, target.room());
      const length = native.msgrcvSpin(
        this.#id,
        SLAB,
        Math.min(most, room()),
        plan.type,
        flagsFor(plan, most, room()),
        duration,
      );
      // A failure is found again, and reported, by the wait that follows.
      return length >= 0 ? target.land(loadedType(), length) : undefined;
    });
  }

  #notCopied(): SystemError {
    const hint = `the message is longer than kernel.msgmax = ${String(currentMsgmax())}, to which it was lowered; it can be received`;
    return new SystemError(EINVAL, 'msgrcv', { id: this.#id, key: this.#key, hint });
  }

  #depth(): number {
    const depth = quick1(native.msgDepth, this.#id);
    return checkControl(depth, 'msgctl', 'queue', { id: this.#id, key: this.#key });
  }

  /** Serves those who came before; true if some still wait. */
  #overtaking(plan: ReceivePlan): boolean {
    const lane = this.#laneOf(plan);
    lane?.serve();
    return lane?.busy === true;
  }

  #laneOf(plan: ReceivePlan): Lane | undefined {
    return this.#lanes.size === 0 ? undefined : this.#lanes.get(selectorKey(plan));
  }

  #newLane(plan: ReceivePlan): Lane {
    const key = selectorKey(plan);
    const lane = new Lane(this.#keeper, () => this.#lanes.delete(key));
    this.#lanes.set(key, lane);
    return lane;
  }
}

/** The first message, and what follows it. */
class ToBatch implements Target<Message[]> {
  constructor(
    private readonly receiver: MessageReceiver,
    private readonly plan: ReceivePlan,
    private readonly limit: number,
  ) {}

  room(): number {
    return toBuffer.room();
  }

  take(queue: number, plan: ReceivePlan): Message[] | number {
    const first = toBuffer.take(queue, plan);
    return typeof first === 'number' ? first : this.#from(first);
  }

  land(type: number | bigint, length: number): Message[] {
    return this.#from(toBuffer.land(type, length));
  }

  #from(first: Message): Message[] {
    return this.receiver.batchOf(first, this.plan, this.limit);
  }
}

function tooLongFor(most: number): string | undefined {
  if (most === Infinity) return undefined;
  return `the message is longer than ${String(most)} bytes; it stays in the queue`;
}

class ReceiveCall<R extends object> implements Call<R> {
  constructor(
    private readonly receiver: MessageReceiver,
    private readonly plan: ReceivePlan,
    private readonly target: Target<R>,
  ) {}

  attempt(): R | undefined {
    return this.receiver.take(this.plan, this.target, true);
  }

  start(): number {
    return this.receiver.start(this.plan);
  }

  block(timeout: number): [number, number, number] {
    return this.receiver.block(this.plan, timeout);
  }

  complete(result: number, low: number, high: number, took: number): R | undefined {
    this.receiver.answered(took);
    return result === TOOK_EMPTY ? this.target.land(typeOf(low, high), 0) : undefined;
  }

  failure(error: number | string): SystemError {
    return this.receiver.failure(error, Math.min(this.plan.maxLength, this.target.room()));
  }
}
