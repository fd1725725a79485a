import { errnoOf, SystemError } from '../core/error';
import { lengthOf, targetOf } from '../core/options';
import {
  longestPooled,
  poolAddress,
  pooledRoom,
  pooledWord,
  skipPooled,
  takePooled,
} from '../core/pool';
import type { Action } from '../core/ready-line';
import { countAnswers } from '../core/turn';
import { quick3, quick4 } from '../core/quick';
import { native } from '../native';
import { PRIORITY_STEP, RECORD_HEADER, type Message, type MessageInto } from './queue-message';
import { copyOf, copyTo, LONGEST_COPIED, reserve, SCRATCH } from './queue-scratch';

const EAGAIN = -errnoOf('EAGAIN');
const EBADF = -errnoOf('EBADF');
const EMSGSIZE = -errnoOf('EMSGSIZE');

/** In the answer of mqTryReceiveMany: there was no further message (native/posix/mq.cc). */
const EMPTIED = 2 ** 30;

const { mqTryReceiveMany, mqTryReceivePooled, mqTryReceiveQuick } = native; // see core/quick.ts

/** Most records of one crossing. */
const mostAtOnce = 2 ** 20;

/** The receiving half of a queue: what can be done without waiting. */
export class QueueReceiver {
  readonly #handle: number;
  readonly #name: string;
  /** The kernel wants room for the longest message, whatever comes. */
  readonly #size: number;
  /** The length of the last message into the caller's memory: the next one may well be as long. */
  #likely = 0;

  constructor(handle: number, name: string, messageSize: number) {
    this.#handle = handle;
    this.#name = name;
    this.#size = messageSize;
  }

  /** One message in a Buffer of its own. */
  get message(): Action<Message> {
    return this.#action(() => this.take());
  }

  /** One message into the caller's memory. */
  into(memory: unknown): Action<MessageInto> {
    const view = targetOf('memory', memory);
    return this.#action(() => this.takeInto(view));
  }

  /** All messages that are there, `limit` at most. */
  batch(limit: number): Action<Message[]> {
    return this.#action(() => {
      const messages = this.drain(limit);
      if (messages.length === 0) return undefined;
      countAnswers(messages.length - 1);
      return messages;
    });
  }

  /** Whether there is a message, which stays there. */
  get arrival(): Action<true> {
    return this.#action(() => {
      const depth = native.mqDepth(this.#handle);
      if (depth < 0) throw new SystemError(depth, 'mq_getattr', { path: this.#name });
      return depth > 0 ? true : undefined;
    });
  }

  drain(limit: number): Message[] {
    const messages: Message[] = [];
    try {
      while (messages.length < limit && this.#takeSome(limit - messages.length, messages));
    } catch (error) {
      if (messages.length === 0) throw error; // what was taken is not lost to an error
    }
    return messages;
  }

  #action<R>(attempt: () => R | undefined): Action<R> {
    return { attempt, failure: (error) => this.#failure(error) };
  }

  /** One message in a Buffer of its own, if there is one. */
  take(): Message | undefined {
    if (this.#size > longestPooled) return this.#takeLong();
    pooledRoom(this.#size);
    const result = quick3(mqTryReceivePooled, this.#handle, poolAddress(), this.#size);
    if (result < 0) {
      this.#mustBeEmpty(result);
      return undefined;
    }
    const priority = priorityIn(result);
    return { priority, data: takePooled(lengthIn(result, priority)) };
  }

  /** One message into the caller's memory, if there is one. */
  takeInto(memory: Uint8Array): MessageInto | undefined {
    const room = lengthOf(memory); // now: it may shrink, or be detached
    if (room < this.#size) throw this.#failure(EMSGSIZE, room);
    const direct = this.#likely > LONGEST_COPIED || this.#size > longestPooled;
    const result = direct
      ? native.mqTryReceive(this.#handle, memory, this.#size)
      : quick3(mqTryReceiveQuick, this.#handle, SCRATCH, this.#size);
    if (result < 0) {
      this.#mustBeEmpty(result);
      return undefined;
    }
    const priority = priorityIn(result);
    const length = lengthIn(result, priority);
    this.#likely = length;
    if (!direct) copyTo(memory, length);
    return { priority, length };
  }

  #takeLong(): Message | undefined {
    reserve(this.#size);
    const result = native.mqTryReceive(this.#handle, SCRATCH, this.#size);
    if (result < 0) {
      this.#mustBeEmpty(result);
      return undefined;
    }
    const priority = priorityIn(result);
    return { priority, data: copyOf(lengthIn(result, priority)) };
  }

  /** Throws what a receive has failed with, but for the lack of messages. */
  #mustBeEmpty(error: number): void {
    if (error !== EAGAIN) throw this.#failure(error);
  }

  /** Fills what is left of a pool; false if there are no more messages. */
  #takeSome(limit: number, messages: Message[]): boolean {
    if (this.#size > longestPooled) {
      const message = this.#takeLong();
      if (message !== undefined) messages.push(message);
      return message !== undefined;
    }
    pooledRoom(RECORD_HEADER + this.#size);
    const most = Math.min(limit, mostAtOnce);
    const answer = quick4(mqTryReceiveMany, this.#handle, poolAddress(), this.#size, most) | 0;
    if (answer < 0) throw this.#failure(answer);
    takeRecords(answer & ~EMPTIED, messages);
    return answer > 0 && answer < EMPTIED;
  }

  #failure(error: number | string, room?: number): SystemError {
    const hint =
      error === EMSGSIZE && room !== undefined
        ? `the memory has ${String(room)} bytes, and messages of this queue up to ${String(this.#size)}`
        : error === EBADF
          ? "it was opened with access 'send'"
          : undefined;
    return new SystemError(error, 'mq_receive', { path: this.#name, hint });
  }
}

// Integers for V8, too: where a property was a double once, each message made before is converted.

function priorityIn(result: number): number {
  return (result / PRIORITY_STEP) | 0;
}

function lengthIn(result: number, priority: number): number {
  return (result - priority * PRIORITY_STEP) | 0;
}

function takeRecords(count: number, messages: Message[]): void {
  for (let i = 0; i < count; i++) {
    const [length, priority] = [pooledWord(0), pooledWord(1)];
    skipPooled(RECORD_HEADER);
    messages.push({ priority, data: takePooled(length) });
  }
}
