/** Where a received message goes: into a Buffer of its own, or into the caller's memory. */

import { errnoOf } from '../core/error';
import { memoryOf } from '../core/options';
import { native } from '../native';
import { IPC_NOWAIT } from './constants';
import type { Message, MessageInto } from './message';
import type { ReceivePlan } from './message-options';
import { longestPooled, poolAddress, pooledRoom, takePooled } from './pool';
import { grow, loadedPayload, loadedType, room, SLAB } from './slab';

const E2BIG = -errnoOf('E2BIG');

export interface Target<R extends object> {
  /** The longest payload that it can hold now. */
  room(): number;
  /** Takes a message without waiting; a negated errno if that fails. */
  take(queue: number, plan: ReceivePlan): R | number;
  /** Takes the message that lies in the slab. */
  land(type: number | bigint, length: number): R;
}

/** MSG_NOERROR only where the caller's limit does the cutting, never the size of our memory. */
export function flagsFor(plan: ReceivePlan, most: number, size: number): number {
  return plan.except | (most <= size ? plan.truncate : 0);
}

/** Without waiting, through the slab, which grows where it was what the message did not fit. */
function takeThroughSlab<R extends object>(
  queue: number,
  plan: ReceivePlan,
  target: Target<R>,
): R | number {
  for (;;) {
    const most = Math.min(plan.maxLength, target.room());
    const flags = flagsFor(plan, most, room()) | IPC_NOWAIT;
    const length = native.msgrcv(queue, SLAB, Math.min(most, room()), plan.type, flags);
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

  take(queue: number, plan: ReceivePlan): Message | number {
    if (this.#likely > longestPooled) return takeThroughSlab(queue, plan, this);
    const most = pooledRoom(this.#likely);
    const flags = flagsFor(plan, plan.maxLength, most) | IPC_NOWAIT;
    const size = Math.min(plan.maxLength, most);
    const length = native.msgrcv(queue, poolAddress(), size, plan.type, flags);
    if (length >= 0) {
      this.#likely = length;
      return takePooled(length);
    }
    return length === E2BIG && size < plan.maxLength ? takeThroughSlab(queue, plan, this) : length;
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
  readonly #memory: NodeJS.ArrayBufferView;

  constructor(name: string, memory: unknown) {
    this.#memory = isView(memory) ? memory : memoryOf(name, memory);
  }

  room(): number {
    return this.#memory.byteLength;
  }

  take(queue: number, plan: ReceivePlan): MessageInto | number {
    const most = Math.min(plan.maxLength, this.#memory.byteLength);
    if (most > room()) return takeThroughSlab(queue, plan, this);
    const flags = plan.except | plan.truncate;
    const length = native.msgrcvInto(queue, SLAB, this.#memory, most, plan.type, flags);
    return length >= 0 ? { type: loadedType(), length } : length;
  }

  land(type: number | bigint, length: number): MessageInto {
    if (length > 0) memoryOf('memory', this.#memory).set(loadedPayload(length));
    return { type, length };
  }
}

function isView(memory: unknown): memory is NodeJS.ArrayBufferView {
  return ArrayBuffer.isView(memory);
}
