/** The receiving side of a socket: one recvmsg(2), into pooled memory or the caller's. */

import { errnoOf, outOfRange, SystemError } from '../core/error';
import { lengthOf, mustHaveRoom, targetOf } from '../core/options';
import { longestPooled, poolAddress, pooledRoom, takePooled } from '../core/pool';
import { quick5 } from '../core/quick';
import type { Action } from '../core/ready-line';
import { native } from '../native';
import { ENVELOPE, extrasOf, HOW, isEnd, type Extras } from './envelope';

/** A message, or a piece of a stream. */
export interface Message extends Extras {
  /** The bytes. */
  data: Buffer;
}

/** What was received into the caller's memory. */
export interface MessageInto extends Extras {
  /** Bytes written. */
  length: number;
}

/** What a socket knows of itself. */
export interface Known {
  /** Reading has been ended: a datagram socket's recvmsg(2) tells nothing of it. */
  readEnded: boolean;
  /** Whom it has been connected to here, in the words of an error. */
  peer: string | undefined;
}

const EAGAIN = -errnoOf('EAGAIN');

/** Most bytes of a stream at once. */
const longestPiece = 64 * 1024;

/** Receives of a socket. */
class Receiving {
  protected readonly how: number;
  readonly #handle: number;
  readonly #known: Known;
  /** The last one found nothing. */
  #isEmpty = false;

  constructor(handle: number, how: number, known: Known) {
    this.#handle = handle;
    this.#known = known;
    this.how = how;
  }

  failure(error: number | string): SystemError {
    return new SystemError(error, 'recvmsg', { path: this.#known.peer });
  }

  /** recvmsg into memory: the length, null at the end, or undefined where there is nothing yet. */
  protected receive(memory: number | Uint8Array, size: number): number | null | undefined {
    const how = this.#isEmpty ? this.how | HOW.again : this.how;
    const length =
      typeof memory === 'number'
        ? quick5(native.unixReceiveQuick, this.#handle, memory, size, how, ENVELOPE) | 0
        : native.unixReceive(this.#handle, memory, size, how, ENVELOPE);
    this.#isEmpty = length === EAGAIN;
    if (length > 0) return length;
    if (length === 0) {
      if (!isEnd()) return 0;
      this.#known.readEnded = true;
      return null;
    }
    if (length !== EAGAIN) throw this.failure(length);
    return this.#known.readEnded ? null : undefined;
  }
}

/** Whole messages, however long; null at the end. */
export class PacketReceiving extends Receiving implements Action<Message | null> {
  /** The length of the last message: the next one may well be as long. */
  #likely = 0;

  constructor(handle: number, how: number, known: Known) {
    super(handle, how | HOW.whole, known);
  }

  attempt(): Message | null | undefined {
    const room = pooledRoom(Math.min(this.#likely, longestPooled));
    const length = this.receive(poolAddress(), room);
    if (length === null || length === undefined) return length;
    this.#likely = length;
    const extras = extrasOf(length, this.how);
    const data = length <= room ? takePooled(length) : assembled(room, length, extras);
    return message(data, extras);
  }
}

/** Property by property: V8 makes an object that is spread first, and then copies it. */
function message(data: Buffer, extras: Extras): Message {
  const { fds, credentials, from, truncated, fullLength, fdsError } = extras;
  return { data, fds, credentials, from, truncated, fullLength, fdsError };
}

/** A message whose beginning lies in the pool, and the rest in the addon's memory. */
function assembled(room: number, length: number, { truncated }: Extras): Buffer {
  const data = Buffer.allocUnsafe(truncated ? room + mostOverflow : length);
  data.set(takePooled(room));
  native.unixTakeOverflow(data.subarray(room));
  return data;
}

/** How much of a longer message can be told (Inbox::overflow_size). */
const mostOverflow = 64 * 2 ** 20;

/** Pieces of a stream, as they come; null at the end. */
export class StreamReceiving extends Receiving implements Action<Message | null> {
  #likely = 4096;

  attempt(): Message | null | undefined {
    const room = pooledRoom(this.#likely);
    const length = this.receive(poolAddress(), room);
    if (length === null || length === undefined) return length;
    this.#likely = Math.min(length === room ? 2 * length : length, longestPiece);
    return message(takePooled(length), extrasOf(length, this.how));
  }
}

/** Into the caller's memory; its length is looked at each time, because it may shrink or be detached. */
export class ReceivingInto extends Receiving implements Action<MessageInto | null> {
  readonly #memory: Uint8Array;
  readonly #wasEmpty: boolean;

  constructor(handle: number, how: number, known: Known, memory: unknown) {
    super(handle, how, known);
    this.#memory = targetOf('memory', memory);
    this.#wasEmpty = lengthOf(this.#memory) === 0;
    // Of a stream, nothing received would look like the end.
    if (this.#wasEmpty && (how & HOW.packets) === 0) {
      throw outOfRange('memory', '1 byte or more', 'none');
    }
  }

  attempt(): MessageInto | null | undefined {
    const size = lengthOf(this.#memory);
    if (!this.#wasEmpty) mustHaveRoom('memory', this.#memory);
    const length = this.receive(this.#memory, size);
    if (length === null || length === undefined) return length;
    return { length: Math.min(length, size), ...extrasOf(length, this.how) };
  }
}
