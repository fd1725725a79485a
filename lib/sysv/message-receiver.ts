import { CallSite } from '../core/call-site';
import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call } from '../core/lane';
import { Spin } from '../core/spin';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import { IPC_NOWAIT, IPC_STAT, MSG_COPY } from './constants';
import {
  currentMsgmax,
  readType,
  reserve,
  room,
  SLAB,
  typeOf,
  unload,
  unloadInto,
  unpack,
  type Message,
  type MessageInto,
} from './message';
import { selectorKey, type ReceivePlan } from './message-options';

const E2BIG = -errnoOf('E2BIG');
const EINVAL = -errnoOf('EINVAL');
const ENOMSG = -errnoOf('ENOMSG');
const ETIMEDOUT = -errnoOf('ETIMEDOUT');

/** How the native wait for a message ends (native/sysv/msg_wait.h). */
const TOOK_EMPTY = 1;

type Method = (...args: never[]) => unknown;

/** What becomes of a message whose payload lies in the slab. */
type Deliver<R> = (type: number | bigint, length: number) => R;

/** A Buffer of its own for each message. */
export const toMessage: Deliver<Message> = (type, length) => ({ type, data: unload(length) });

/** The caller's memory. */
export function toMemory(memory: Uint8Array): Deliver<MessageInto> {
  return (type, length) => {
    unloadInto(memory, length);
    return { type, length };
  };
}

/** The receiving half of a queue. All receives of one selector form one line. */
export class MessageReceiver {
  readonly #id: number;
  readonly #key: number;
  readonly #keeper: Keeper;
  readonly #lanes = new Map<number | bigint | string, Lane>();
  readonly #spin = new Spin();
  readonly #values = new Float64Array(16);

  constructor(id: number, key: number, keeper: Keeper) {
    this.#id = id;
    this.#key = key;
    this.#keeper = keeper;
  }

  end(reason: () => unknown): void {
    for (const lane of [...this.#lanes.values()]) lane.end(reason);
  }

  try<R>(plan: ReceivePlan, deliver: Deliver<R>): R | undefined {
    const lane = this.#laneOf(plan);
    if (lane !== undefined) {
      lane.serve();
      if (lane.busy) return undefined;
    }
    return this.take(plan, deliver, false);
  }

  receive<R>(plan: ReceivePlan, deliver: Deliver<R>, method: Method): Promise<R> {
    const lane = this.#laneOf(plan);
    const tried = lane === undefined && mayAnswerInline();
    if (tried) {
      const message = this.take(plan, deliver, false) ?? this.#spinFor(plan, deliver);
      if (message !== undefined) return Promise.resolve(message);
    }
    const call = new ReceiveCall(this, plan, deliver);
    return (lane ?? this.#newLane(plan)).add(call, plan, new CallSite(method), tried);
  }

  receiveSync<R>(plan: ReceivePlan, deliver: Deliver<R>): R {
    const deadline = performance.now() + plan.timeout;
    const lane = this.#laneOf(plan);
    const left = (): number => Math.max(deadline - performance.now(), 0);
    if (lane !== undefined && !lane.serveSync(plan.timeout)) throw this.failure(ETIMEDOUT);
    const flags = plan.except | this.#truncation(plan);
    for (;;) {
      const size = Math.min(plan.maxLength, room());
      const timeout = plan.timeout === Infinity ? Infinity : left();
      const length = native.msgrcvTimed(this.#id, SLAB, size, plan.type, flags, timeout);
      if (length >= 0) return deliver(readType(), length);
      if (length !== E2BIG || !this.#growTo(plan.maxLength)) throw this.failure(length, plan.maxLength);
    }
  }

  /** The message at an index, which stays where it is. */
  peek(index: number): Message | undefined {
    return this.#take(index, MSG_COPY | IPC_NOWAIT, Infinity, toMessage, false);
  }

  /** All that is there now, without waiting. */
  drain(plan: ReceivePlan, limit: number | undefined): Message[] {
    const messages: Message[] = [];
    const lane = this.#laneOf(plan);
    if (lane !== undefined) lane.serve();
    if (lane?.busy === true) return messages;
    const most = limit ?? this.#depth();
    while (messages.length < most) {
      const count = native.msgrcvMany(
        this.#id,
        SLAB,
        plan.type,
        plan.except,
        Math.min(most - messages.length, 2 ** 30),
      );
      if (count > 0) unpack(count, messages);
      else if (count !== E2BIG || !this.#growTo(plan.maxLength)) return this.#drained(count, messages);
    }
    return messages;
  }

  /** The first message of a selector; undefined if there is none. */
  take<R>(plan: ReceivePlan, deliver: Deliver<R>, waited: boolean): R | undefined {
    const flags = plan.except | this.#truncation(plan) | IPC_NOWAIT;
    return this.#take(plan.type, flags, plan.maxLength, deliver, waited);
  }

  start(plan: ReceivePlan): number {
    this.#spin.parked();
    return native.msgrcvWait(this.#id, plan.type, plan.except);
  }

  block(plan: ReceivePlan, timeout: number): [number, number, number] {
    const result = native.msgrcvArrival(this.#id, SLAB, plan.type, plan.except, timeout);
    const type = BigInt(readType());
    return [result, Number(BigInt.asIntN(32, type)), Number(type >> 32n)];
  }

  answered(): void {
    this.#spin.answered();
  }

  failure(error: number | string, maxLength = Infinity): SystemError {
    const hint =
      error === E2BIG && maxLength < Infinity
        ? `the message is longer than ${String(maxLength)} bytes; it stays in the queue`
        : undefined;
    return new SystemError(error, 'msgrcv', { id: this.#id, key: this.#key, hint });
  }

  #take<R>(
    type: number | bigint,
    flags: number,
    maxLength: number,
    deliver: Deliver<R>,
    waited: boolean,
  ): R | undefined {
    for (;;) {
      const size = Math.min(maxLength, room());
      const length = native.msgrcv(this.#id, SLAB, size, type, flags);
      if (length >= 0) return deliver(readType(), length);
      if (length === ENOMSG) return undefined;
      if (length === E2BIG && this.#growTo(maxLength)) continue;
      throw this.failure(waited && length === EINVAL ? 'EIDRM' : length, maxLength);
    }
  }

  #spinFor<R>(plan: ReceivePlan, deliver: Deliver<R>): R | undefined {
    if (!this.#spin.worthwhile) return undefined;
    const length = native.msgrcvSpin(
      this.#id,
      SLAB,
      Math.min(plan.maxLength, room()),
      plan.type,
      plan.except | this.#truncation(plan),
      Spin.duration,
    );
    this.#spin.ended(length >= 0);
    // A failure is found again, and reported, by the wait that follows.
    return length >= 0 ? deliver(readType(), length) : undefined;
  }

  /** MSG_NOERROR only where the caller's limit does the cutting, never the slab's size. */
  #truncation(plan: ReceivePlan): number {
    return plan.maxLength <= room() ? plan.truncate : 0;
  }

  /** Makes the slab large enough for the message that did not fit; false if it was the caller's limit. */
  #growTo(maxLength: number): boolean {
    if (maxLength <= room()) return false;
    // msgmax may have been lowered since the message was sent: the queue's bytes bound it too.
    const bytes = native.msgctl(this.#id, IPC_STAT, this.#values) < 0 ? 0 : (this.#values[10] ?? 0);
    const before = room();
    reserve(Math.min(maxLength, Math.max(currentMsgmax(), bytes)));
    return room() > before;
  }

  #depth(): number {
    const result = native.msgctl(this.#id, IPC_STAT, this.#values);
    if (result < 0) throw new SystemError(result, 'msgctl', { id: this.#id, key: this.#key });
    return this.#values[11] ?? 0;
  }

  #drained(result: number, messages: Message[]): Message[] {
    if (result !== ENOMSG && messages.length === 0) throw this.failure(result);
    return messages;
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

class ReceiveCall<R> implements Call<R> {
  constructor(
    private readonly receiver: MessageReceiver,
    private readonly plan: ReceivePlan,
    private readonly deliver: Deliver<R>,
  ) {}

  attempt(): R | undefined {
    return this.receiver.take(this.plan, this.deliver, true);
  }

  start(): number {
    return this.receiver.start(this.plan);
  }

  block(timeout: number): [number, number, number] {
    return this.receiver.block(this.plan, timeout);
  }

  complete(result: number, low: number, high: number): R | undefined {
    this.receiver.answered();
    return result === TOOK_EMPTY ? this.deliver(typeOf(low, high), 0) : undefined;
  }

  failure(error: number | string): SystemError {
    return this.receiver.failure(error, this.plan.maxLength);
  }
}
