import { deadlineAfter, remaining } from '../core/deadline';
import { errnoOf, SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call } from '../core/lane';
import { bytesOf, copyOf, lengthOf, payloadsOf, type Data } from '../core/options';
import { mayAnswerInline } from '../core/turn';
import { quick3, quick4 } from '../core/quick';
import { native } from '../native';
import { IPC_NOWAIT, IPC_STAT } from './constants';

import { goneHint } from './control';
import type { SendPlan } from './message-options';
import { currentMsgmax, isGone, load, MOST_PACKED, pack, reserve, room, SLAB } from './slab';

const { msgsndMany, msgsndQuick } = native; // see core/quick.ts

const EAGAIN = -errnoOf('EAGAIN');
const EINVAL = -errnoOf('EINVAL');

/** Longer messages go one by one, without being packed. */
const LONGEST_PACKED = MOST_PACKED / 2;

/** The sending half of a queue. All sends of one object form one line. */
export class MessageSender {
  readonly #id: number;
  readonly #key: number;
  readonly #keeper: Keeper;
  readonly #lane: Lane;
  readonly #values = new Float64Array(16);

  constructor(id: number, key: number, keeper: Keeper) {
    this.#id = id;
    this.#key = key;
    this.#keeper = keeper;
    this.#lane = new Lane(keeper, () => undefined);
  }

  end(reason: () => unknown): void {
    this.#lane.end(reason);
  }

  /** One message, without waiting. False: full, or others are waiting in line. */
  try(type: number | bigint, data: Data): boolean {
    const payload = bytesOf('data', data);
    if (this.#overtaking()) return false;
    if (this.put(type, payload, false)) return true;
    this.checkFits(payload);
    return false;
  }

  /** undefined: it was sent at once. */
  send(plan: SendPlan, data: Data, method: unknown): Promise<true> | undefined {
    const payload = bytesOf('data', data);
    this.#keeper.checkOpen();
    const tried = !this.#lane.busy && mayAnswerInline();
    if (tried && this.put(plan.type, payload, false)) return undefined;
    if (!tried) this.#checkIsThere();
    const call = new SendCall(this, plan.type, copyOf(payload));
    return this.#lane.add(call, plan, method, tried);
  }

  sendSync(plan: SendPlan, data: Data): void {
    const payload = bytesOf('data', data);
    const deadline = deadlineAfter(plan.timeout);
    this.#waitInLine(plan.timeout);
    if (this.put(plan.type, payload, false)) return;
    this.checkFits(payload);
    const result = this.putBlocking(plan.type, payload, remaining(deadline));
    if (result < 0) throw this.failure(result);
  }

  sendMany(plan: SendPlan, list: Iterable<Data>, method: unknown): number | Promise<number> {
    const payloads = payloadsOf(list);
    if (payloads.length === 0) return 0;
    this.#keeper.checkOpen();
    const tried = !this.#lane.busy && mayAnswerInline();
    const call = new SendManyCall(this, plan.type, payloads);
    const sent = tried ? call.attempt(false) : undefined;
    if (sent !== undefined) return sent;
    if (!tried) this.#checkIsThere();
    call.own();
    return this.#lane.add(call, plan, method, tried);
  }

  sendManySync(plan: SendPlan, list: Iterable<Data>): number {
    const payloads = payloadsOf(list);
    if (payloads.length === 0) return 0;
    const call = new SendManyCall(this, plan.type, payloads);
    const deadline = deadlineAfter(plan.timeout);
    this.#waitInLine(plan.timeout);
    try {
      for (let waited = false; ; waited = true) {
        const sent = call.attempt(waited);
        if (sent !== undefined) return sent;
        const [result] = call.block(remaining(deadline));
        if (result < 0) throw call.failure(result);
        if (call.complete() !== undefined) return call.sent;
      }
    } catch (error) {
      if (call.sent > 0) return call.sent;
      throw error;
    }
  }

  tryMany(plan: SendPlan, list: Iterable<Data>): number {
    const call = new SendManyCall(this, plan.type, payloadsOf(list));
    if (!this.#overtaking()) call.attemptNow();
    return call.sent;
  }

  /** One message into the queue without waiting; false if it is full. */
  put(type: number | bigint, payload: Uint8Array, waited: boolean): boolean {
    const size = this.#load(type, payload);
    const result = quick4(msgsndQuick, this.#id, SLAB, size, IPC_NOWAIT);
    if (result === 0) return true;
    if (result === EAGAIN) return false;
    throw this.failure(waited ? sinceGone(result, size) : result, size);
  }

  putBlocking(type: number | bigint, payload: Uint8Array, timeout: number): number {
    return native.msgsndTimed(this.#id, SLAB, this.#load(type, payload), timeout);
  }

  putWaiting(type: number | bigint, payload: Uint8Array): number {
    return native.msgsndWait(this.#id, SLAB, this.#load(type, payload));
  }

  /** Some of the messages from `first` on, without waiting: how many; 0 if the queue is full. */
  putSome(
    type: number | bigint,
    payloads: readonly Uint8Array[],
    first: number,
    waited: boolean,
  ): number {
    const payload = payloads[first] as Uint8Array;
    if (lengthOf(payload) > LONGEST_PACKED) return this.put(type, payload, waited) ? 1 : 0;
    const packed = pack(type, payloads, first);
    const sent = quick3(msgsndMany, this.#id, SLAB, packed) | 0;
    if (sent >= 0) return sent;
    if (sent === EAGAIN) return 0;
    throw this.failure(waited ? sinceGone(sent, lengthOf(payload)) : sent, lengthOf(payload));
  }

  failure(error: number | string, size?: number): SystemError {
    return new SystemError(error, 'msgsnd', {
      id: this.#id,
      key: this.#key,
      hint: error === EINVAL ? (tooLong(size) ?? goneHint('queue')) : undefined,
    });
  }

  #load(type: number | bigint, payload: Uint8Array): number {
    const size = lengthOf(payload);
    if (size > room()) {
      if (size > currentMsgmax()) throw this.failure(EINVAL, size);
      reserve(size);
    }
    load(type, payload);
    return size;
  }

  /**
   * A message longer than the queue would wait until somebody enlarges the queue: say so instead.
   * Who may not read the queue is not told its size (EACCES), and waits as the kernel does.
   */
  checkFits(payload: Uint8Array): void {
    if (native.msgctl(this.#id, IPC_STAT, this.#values) < 0) return;
    const capacity = this.#values[12] ?? Infinity;
    // The queue also holds no more messages than bytes, so that an empty one takes a byte.
    if (Math.max(lengthOf(payload), 1) <= capacity) return;
    const hint =
      `a message of ${String(lengthOf(payload))} bytes never fits a queue of ${String(capacity)}; ` +
      'raise it with set({ maxBytes }), and kernel.msgmnb with sysctl';
    throw new SystemError('EMSGSIZE', 'msgsnd', { id: this.#id, key: this.#key, hint });
  }

  /** A call that is tried later could not tell a removal before it from one after it. */
  #checkIsThere(): void {
    if (!this.#lane.busy && isGone(this.#id)) throw this.failure(EINVAL);
  }

  /** Serves those who came before; true if some still wait. */
  #overtaking(): boolean {
    this.#keeper.checkOpen();
    if (this.#lane.busy) this.#lane.serve();
    return this.#lane.busy;
  }

  #waitInLine(timeout: number): void {
    this.#keeper.checkOpen();
    const result = this.#lane.busy ? this.#lane.serveSync(timeout) : 0;
    if (result < 0) throw this.failure(result);
  }
}

/** What EINVAL means to a caller that had found the queue before: it is gone, unless the message is to blame. */
function sinceGone(result: number, size: number): number | string {
  return result === EINVAL && size <= currentMsgmax() ? 'EIDRM' : result;
}

function tooLong(size: number | undefined): string | undefined {
  const most = currentMsgmax();
  if (size === undefined || size <= most) return undefined;
  return `${String(size)} bytes are more than kernel.msgmax = ${String(most)}; raise it with sysctl -w kernel.msgmax=${String(size)}`;
}

class SendCall implements Call<true> {
  #fits = false;

  constructor(
    private readonly sender: MessageSender,
    private readonly type: number | bigint,
    private readonly payload: Uint8Array,
  ) {}

  attempt(): true | undefined {
    return this.sender.put(this.type, this.payload, true) ? true : undefined;
  }

  start(): number {
    this.#checkFits();
    return this.sender.putWaiting(this.type, this.payload);
  }

  block(timeout: number): [number, number, number] {
    this.#checkFits();
    return [this.sender.putBlocking(this.type, this.payload, timeout), 0, 0];
  }

  complete(): true {
    return true;
  }

  failure(error: number | string): SystemError {
    return this.sender.failure(error, lengthOf(this.payload));
  }

  /** Once: what has begun to wait goes on, though other calls of this thread make it begin again. */
  #checkFits(): void {
    if (!this.#fits) this.sender.checkFits(this.payload);
    this.#fits = true;
  }
}

class SendManyCall implements Call<number> {
  sent = 0;
  #fitting = -1;

  constructor(
    private readonly sender: MessageSender,
    private readonly type: number | bigint,
    private payloads: readonly Uint8Array[],
  ) {}

  /** Copies what is still to be sent: the caller may reuse the memory after the call. */
  own(): void {
    this.payloads = this.payloads.map((payload, i) => (i < this.sent ? payload : copyOf(payload)));
  }

  attempt(waited = true): number | undefined {
    try {
      while (this.sent < this.payloads.length) {
        const sent = this.sender.putSome(this.type, this.payloads, this.sent, waited);
        if (sent === 0) return undefined;
        this.sent += sent;
      }
    } catch (error) {
      if (this.sent === 0) throw error; // else the next call finds it again
    }
    return this.sent;
  }

  /** Without waiting at all: a message that never fits is told. */
  attemptNow(): void {
    if (this.attempt(false) === undefined && this.sent === 0) this.sender.checkFits(this.#next());
  }

  start(): number {
    this.#checkFits();
    return this.sender.putWaiting(this.type, this.#next());
  }

  block(timeout: number): [number, number, number] {
    this.#checkFits();
    return [this.sender.putBlocking(this.type, this.#next(), timeout), 0, 0];
  }

  complete(): number | undefined {
    this.sent++;
    return this.sent === this.payloads.length ? this.sent : undefined;
  }

  partial(): number | undefined {
    return this.sent > 0 ? this.sent : undefined;
  }

  failure(error: number | string): SystemError {
    return this.sender.failure(error, lengthOf(this.#next()));
  }

  /** Once for each message, as for one. */
  #checkFits(): void {
    if (this.#fitting !== this.sent) this.sender.checkFits(this.#next());
    this.#fitting = this.sent;
  }

  #next(): Uint8Array {
    return this.payloads[this.sent] as Uint8Array;
  }
}
