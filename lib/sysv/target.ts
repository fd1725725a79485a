/** Where a received message goes: into a Buffer of its own, or into the caller's memory. */

import { types } from 'node:util';

import { remaining } from '../core/deadline';
import { errnoOf } from '../core/error';
import { copyInto, lengthOf, memoryOf, mustHaveRoom } from '../core/options';
import { quick5 } from '../core/quick';
import { native } from '../native';
import { IPC_NOWAIT } from './constants';
import type { Message, MessageInto } from './message';
import type { ReceivePlan } from './message-options';
import { longestPooled, poolAddress, pooledRoom, takePooled } from './pool';
import { grow, loadedPayload, loadedType, room, SLAB } from './slab';

const { msgrcvPooled, msgrcvQuick } = native; // see core/quick.ts

const E2BIG = -errnoOf('E2BIG');

export interface Target<R extends object> {
  /** The longest payload that it can hold now. */
  room(): number;
  /** Takes a message; a negated errno if that fails. Without a deadline it does not wait. */
  take(queue: number, plan: ReceivePlan, deadline?: number): R | number;
  /** Takes the message that lies in the slab. */
  land(type: number | bigint, length: number): R;
}

/** MSG_NOERROR only where the caller's limit does the cutting, never the size of our memory. */
export function flagsFor(plan: ReceivePlan, most: number, size: number): number {
  return plan.except | (most <= size ? plan.truncate : 0);
}

/** msgrcv that does not wait, or waits until then. */
function receive(
  queue: number,
  address: number,
  size: number,
  plan: ReceivePlan,
  flags: number,
  deadline: number | undefined,
): number {
  const { type } = plan;
  if (deadline !== undefined) {
    return native.msgrcvTimed(queue, address, size, type, flags, remaining(deadline));
  }
  if (typeof type !== 'number') {
    return native.msgrcv(queue, address, size, type, flags | IPC_NOWAIT);
  }
  return address === SLAB
    ? quick5(msgrcvQuick, queue, address, size, type, flags | IPC_NOWAIT) | 0
    : quick5(msgrcvPooled, queue, address, size, type, flags) | 0;
}

/** Through the slab, which grows where the message did not fit it. */
function takeThroughSlab<R extends object>(
  queue: number,
  plan: ReceivePlan,
  target: Target<R>,
  deadline: number | undefined,
): R | number {
  for (;;) {
    const most = Math.min(plan.maxLength, target.room());
    const flags = flagsFor(plan, most, room());
    const length = receive(queue, SLAB, Math.min(most, room()), plan, flags, deadline);
    if (length >= 0) return target.land(loadedType(), length);
    if (length !== E2BIG || !grow(queue, most)) return length;
  }
}

class ToBuffer implements Target<Message> {
  /** The length of the last message: the next one may well be as long. */
  #likely = 0;

  room(): number {
    return Infinity;
  }

  take(queue: number, plan: ReceivePlan, deadline?: number): Message | number {
    if (this.#likely > longestPooled) return takeThroughSlab(queue, plan, this, deadline);
    const most = pooledRoom(this.#likely);
    const flags = flagsFor(plan, plan.maxLength, most);
    const size = Math.min(plan.maxLength, most);
    const length = receive(queue, poolAddress(), size, plan, flags, deadline);
    if (length >= 0) {
      this.#likely = length;
      return takePooled(length);
    }
    return length === E2BIG && size < plan.maxLength
      ? takeThroughSlab(queue, plan, this, deadline)
      : length;
  }

  land(type: number | bigint, length: number): Message {
    this.#likely = length;
    const data = Buffer.allocUnsafe(length);
    data.set(loadedPayload(length));
    return { type, data };
  }
}

/** A Buffer of its own for each message. */
export const toBuffer: Target<Message> = new ToBuffer();

/** The caller's memory; its length is looked at each time, because it may shrink or be detached. */
export class ToMemory implements Target<MessageInto> {
  readonly #memory: NodeJS.TypedArray;
  readonly #name: string;
  readonly #isEmpty: boolean;

  constructor(name: string, memory: unknown) {
    // What is detached looks empty: memoryOf tells the two apart.
    const isThere = types.isTypedArray(memory) && lengthOf(memory) > 0;
    this.#memory = isThere ? memory : memoryOf(name, memory);
    this.#name = name;
    this.#isEmpty = !isThere && this.room() === 0;
  }

  room(): number {
    return lengthOf(this.#memory);
  }

  take(queue: number, plan: ReceivePlan, deadline?: number): MessageInto | number {
    const own = this.room();
    if (own === 0 && !this.#isEmpty) mustHaveRoom(this.#name, this.#memory);
    const most = Math.min(plan.maxLength, own);
    if (most > room() || deadline !== undefined)
      return takeThroughSlab(queue, plan, this, deadline);
    const length = receive(queue, SLAB, most, plan, plan.except | plan.truncate, undefined);
    return length >= 0 ? this.land(loadedType(), length) : length;
  }

  land(type: number | bigint, length: number): MessageInto {
    if (length > 0) this.#write(loadedPayload(length));
    return { type, length };
  }

  #write(payload: Uint8Array): void {
    const memory = this.#memory;
    copyInto(types.isUint8Array(memory) ? memory : memoryOf(this.#name, memory), payload);
  }
}
