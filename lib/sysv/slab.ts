/**
 * The struct msgbuf that a call reads or writes. It is registered with the addon once: no address
 * crosses into C++ per message, and nothing is allocated there.
 */

import { errnoOf } from '../core/error';
import { copyInto, lengthOf } from '../core/options';
import { native } from '../native';
import { IPC_INFO, IPC_STAT } from './constants';
import { halvesOf, padded, RECORD_HEADER, TYPE_BYTES, typeOf } from './message';

/** Room for a batch, or for one message under the default msgmax. */
const smallest = 64 * 1024;

/** Where the kernel allows longer messages, room for them is made when one comes. */
const largestAtFirst = 1024 * 1024;

/** Bytes of messages that go in one call: as many as a queue holds by default, and a small cache too. */
export const MOST_PACKED = 18 * 1024;

let bytes = new Uint8Array(0);
let words = new Int32Array(0);

/** The payload asked for last: the next one may well be as long, and a view costs more than a copy. */
let last = bytes;

/** The addon's address of the slab. */
export const SLAB = native.registerSlab(bytes);

const EIDRM = -errnoOf('EIDRM');
const EINVAL = -errnoOf('EINVAL');

const values = new Float64Array(16);

/** The kernel's limit of a message's length now (kernel.msgmax). */
export function currentMsgmax(): number {
  native.msgctl(0, IPC_INFO, values);
  return values[2] ?? 0;
}

/** Whether there is no such queue any more. */
export function isGone(queue: number): boolean {
  const result = native.msgctl(queue, IPC_STAT, values);
  return result === EINVAL || result === EIDRM;
}

/** How many bytes of payload are in a queue now; a negated errno where that is not told. */
export function queuedBytes(queue: number): number {
  const result = native.msgctl(queue, IPC_STAT, values);
  return result < 0 ? result : (values[10] ?? 0);
}

/** Makes room for messages of so many bytes. */
export function reserve(size: number): void {
  if (bytes.length >= TYPE_BYTES + size) return;
  const memory = new ArrayBuffer(TYPE_BYTES + 8 * Math.ceil(size / 8)); // beyond 32 bits: not padded()
  bytes = new Uint8Array(memory);
  words = new Int32Array(memory);
  last = bytes.subarray(0, 0);
  native.replaceSlab(SLAB, bytes);
}

reserve(Math.min(Math.max(currentMsgmax(), smallest), largestAtFirst));

/** The longest payload that the slab can hold. */
export function room(): number {
  return bytes.length - TYPE_BYTES;
}

/** After E2BIG: makes room for the message that did not fit; false if `most` bytes was the limit. */
export function grow(queue: number, most: number): boolean {
  if (most <= room()) return false;
  // Step by step, to what the queue holds: msgmax may be 2 GiB, or lowered since the message was
  // sent. Where somebody else has taken it meanwhile, what is left is to try again.
  const queued = queuedBytes(queue);
  reserve(Math.min(most, queued, 2 * room()));
  return queued >= 0;
}

/** Puts a message at a byte offset, a multiple of 8. */
export function load(type: number | bigint, payload: Uint8Array, offset = 0): void {
  const at = offset >> 2;
  if (typeof type === 'number' && type <= 0x7fffffff && type >= 0) {
    words[at] = type;
    words[at + 1] = 0;
  } else {
    words.set(halvesOf(type), at);
  }
  copyInto(bytes, payload, offset + TYPE_BYTES);
}

/** The type of the message in the slab. */
export function loadedType(): number | bigint {
  return typeOf(words[0] ?? 0, words[1] ?? 0);
}

/** The payload of the message in the slab, until the next call. */
export function loadedPayload(length: number): Uint8Array {
  if (last.length !== length) last = bytes.subarray(TYPE_BYTES, TYPE_BYTES + length);
  return last;
}

/** Packs messages of one type from `first` on; answers how many fit. */
export function pack(
  type: number | bigint,
  payloads: readonly Uint8Array[],
  first: number,
): number {
  let at = 0;
  let index = first;
  for (; index < payloads.length; index++) {
    const payload = payloads[index] as Uint8Array;
    const length = lengthOf(payload);
    const next = at + RECORD_HEADER + TYPE_BYTES + padded(length);
    if (next > MOST_PACKED) break;
    words[at >> 2] = length;
    load(type, payload, at + RECORD_HEADER);
    at = next;
  }
  return index - first;
}
