/** The receiving side of a socket: one recvmsg(2), into pooled memory or the caller's. */

import { errnoOf, outOfRange, SystemError } from '../core/error';
import { lengthOf, memoryOf, targetOf } from '../core/options';
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

/** What this process has ended itself: a datagram socket's recvmsg(2) tells nothing of it. */
export interface Ends {
  read: boolean;
}

const EAGAIN = -errnoOf('EAGAIN');

/** Most bytes of a stream at once. */
const longestPiece = 64 * 1024;

function failure(error: number | string): SystemError {
  return new SystemError(error, 'recvmsg');
}

/** recvmsg into memory: the length, or undefined where there is nothing yet. Throws what it fails with. */
function receive(
  handle: number,
  memory: number | Uint8Array,
  size: number,
  how: number,
): number | undefined {
  const length =
    typeof memory === 'number'
      ? quick5(native.unixReceiveQuick, handle, memory, size, how, ENVELOPE) | 0
      : native.unixReceive(handle, memory, size, how, ENVELOPE);
  if (length >= 0) return length;
  if (length === EAGAIN) return undefined;
  throw failure(length);
}

/** Whole messages, however long; null at the end. */
export class PacketReceiving implements Action<Message | null> {
  readonly failure = failure;
  readonly #handle: number;
  readonly #how: number;
  readonly #ends: Ends;
  /** The length of the last message: the next one may well be as long. */
  #likely = 0;

  constructor(handle: number, how: number, ends: Ends) {
    this.#handle = handle;
    this.#ends = ends;
    this.#how = how | HOW.whole;
  }

  attempt(): Message | null | undefined {
    const room = pooledRoom(Math.min(this.#likely, longestPooled));
    const length = receive(this.#handle, poolAddress(), room, this.#how);
    if (length === undefined) return this.#ends.read ? null : undefined;
    if (length === 0 && isEnd()) return null;
    this.#likely = length;
    const extras = extrasOf(length, this.#how);
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
export class StreamReceiving implements Action<Message | null> {
  readonly failure = failure;
  readonly #handle: number;
  readonly #how: number;
  readonly #ends: Ends;
  #likely = 4096;

  constructor(handle: number, how: number, ends: Ends) {
    this.#handle = handle;
    this.#ends = ends;
    this.#how = how;
  }

  attempt(): Message | null | undefined {
    const room = pooledRoom(this.#likely);
    const length = receive(this.#handle, poolAddress(), room, this.#how);
    if (length === undefined) return this.#ends.read ? null : undefined;
    if (length === 0 && isEnd()) return null;
    this.#likely = Math.min(length === room ? 2 * length : length, longestPiece);
    return message(takePooled(length), extrasOf(length, this.#how));
  }
}

/** Into the caller's memory; its length is looked at each time, because it may shrink or be detached. */
export class ReceivingInto implements Action<MessageInto | null> {
  readonly failure = failure;
  readonly #handle: number;
  readonly #how: number;
  readonly #ends: Ends;
  readonly #memory: Uint8Array;
  readonly #wasEmpty: boolean;

  constructor(handle: number, how: number, ends: Ends, memory: unknown) {
    this.#handle = handle;
    this.#ends = ends;
    this.#how = how;
    this.#memory = targetOf('memory', memory);
    this.#wasEmpty = lengthOf(this.#memory) === 0;
    // Of a stream, nothing received would look like the end.
    if (this.#wasEmpty && (how & HOW.packets) === 0) {
      throw outOfRange('memory', '1 byte or more', 'none');
    }
  }

  attempt(): MessageInto | null | undefined {
    const size = lengthOf(this.#memory);
    if (size === 0 && !this.#wasEmpty) memoryOf('memory', this.#memory); // detached since
    const length = receive(this.#handle, this.#memory, size, this.#how);
    if (length === undefined) return this.#ends.read ? null : undefined;
    if (length === 0 && isEnd()) return null;
    return { length: Math.min(length, size), ...extrasOf(length, this.#how) };
  }
}
