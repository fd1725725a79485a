import { errnoOf, invalidType, SystemError } from '../core/error';
import type { Limits } from '../core/lane';
import { bytesOf, copyOf, lengthOf, payloadsOf, type Data } from '../core/options';
import type { Action, ReadyLine } from '../core/ready-line';
import { quick3, quick4 } from '../core/quick';
import { native } from '../native';
import { load, LONGEST_COPIED, pack, SCRATCH } from './queue-scratch';

const EAGAIN = -errnoOf('EAGAIN');
const EBADF = -errnoOf('EBADF');
const EMSGSIZE = -errnoOf('EMSGSIZE');

/** Longer messages go one by one: the same few cache lines again beat fewer crossings. */
const LONGEST_PACKED = 1024;

const { mqTrySendMany, mqTrySendQuick } = native; // see core/quick.ts

/** An action on memory that is the caller's until the call returns. */
export interface Sending<R> extends Action<R> {
  /** Copies what is still to be sent. */
  own(): void;
}

/** Sends when it can be done; what is to be sent later is copied. */
export function sendOn<R>(
  line: ReadyLine,
  sending: Sending<R>,
  limits: Limits,
  method: unknown,
): R | Promise<R> {
  const outcome = line.run(sending, limits, method);
  if (outcome instanceof Promise) sending.own();
  return outcome;
}

/** Of what has to wait. A signal that is none, and is called when it is listened to, may take the memory away. */
function ownCopy(payload: Uint8Array): Uint8Array {
  try {
    return copyOf(payload);
  } catch {
    throw invalidType('data', 'memory that stays as it is until it is sent', payload);
  }
}

/** The sending half of a queue: what can be done without waiting. */
export class QueueSender {
  readonly #handle: number;
  readonly #name: string;
  readonly #size: number;

  constructor(handle: number, name: string, messageSize: number) {
    this.#handle = handle;
    this.#name = name;
    this.#size = messageSize;
  }

  message(data: Data, priority: number): Sending<true> {
    return new SendOne(this, bytesOf('data', data), priority);
  }

  messages(list: Iterable<Data>, priority: number): SendMany {
    return new SendMany(this, payloadsOf(list), priority);
  }

  /** One message into the queue; false if it is full. */
  put(payload: Uint8Array, priority: number): boolean {
    const length = lengthOf(payload);
    const result =
      length <= LONGEST_COPIED
        ? quick4(mqTrySendQuick, this.#handle, load(payload), length, priority)
        : native.mqTrySend(this.#handle, payload, length, priority);
    if (result === 0) return true;
    if (result === EAGAIN) return false;
    throw this.failure(result, length);
  }

  /** Some of the messages from `first` on: how many; 0 if the queue is full. */
  putSome(payloads: readonly Uint8Array[], first: number, priority: number): number {
    const payload = payloads[first] as Uint8Array;
    if (lengthOf(payload) > LONGEST_PACKED) return this.put(payload, priority) ? 1 : 0;
    const packed = pack(priority, payloads, first);
    const sent = quick3(mqTrySendMany, this.#handle, SCRATCH, packed) | 0;
    if (sent >= 0) return sent;
    if (sent === EAGAIN) return 0;
    throw this.failure(sent, lengthOf(payload));
  }

  failure(error: number | string, length = 0): SystemError {
    const hint =
      error === EMSGSIZE
        ? `${String(length)} bytes, and messages of this queue have ${String(this.#size)} at most`
        : error === EBADF
          ? "it was opened with access 'receive'"
          : undefined;
    return new SystemError(error, 'mq_send', { path: this.#name, hint });
  }
}

class SendOne implements Sending<true> {
  #fault: { error: unknown } | undefined;

  constructor(
    private readonly sender: QueueSender,
    private payload: Uint8Array,
    private readonly priority: number,
  ) {}

  own(): void {
    try {
      this.payload = ownCopy(this.payload);
    } catch (error) {
      this.#fault = { error }; // it is in line already, and fails when its turn comes
    }
  }

  attempt(): true | undefined {
    if (this.#fault !== undefined) throw this.#fault.error;
    return this.sender.put(this.payload, this.priority) ? true : undefined;
  }

  failure(error: number | string): SystemError {
    return this.sender.failure(error, lengthOf(this.payload));
  }
}

/** Many messages, from the front. */
export class SendMany implements Sending<number> {
  sent = 0;
  #fault: { error: unknown } | undefined;

  constructor(
    private readonly sender: QueueSender,
    private payloads: readonly Uint8Array[],
    private readonly priority: number,
  ) {}

  get isEmpty(): boolean {
    return this.payloads.length === 0;
  }

  own(): void {
    try {
      this.payloads = this.payloads.map((one, i) => (i < this.sent ? one : ownCopy(one)));
    } catch (error) {
      this.#fault = { error }; // as above
    }
  }

  attempt(): number | undefined {
    try {
      if (this.#fault !== undefined) throw this.#fault.error;
      while (this.sent < this.payloads.length) {
        const sent = this.sender.putSome(this.payloads, this.sent, this.priority);
        if (sent === 0) return undefined;
        this.sent += sent;
      }
    } catch (error) {
      if (this.sent === 0) throw error; // else the next call finds it again
    }
    return this.sent;
  }

  partial(): number | undefined {
    return this.sent > 0 ? this.sent : undefined;
  }

  failure(error: number | string): SystemError {
    return this.sender.failure(error);
  }
}
