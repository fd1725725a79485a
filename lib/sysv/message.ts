/**
 * Messages in memory. One slab, registered with the addon once, holds the struct msgbuf that a
 * call reads or writes: no address crosses into C++ and nothing is allocated there per message.
 */

import type { Data } from '../core/options';
import { bytesOf } from '../core/options';
import { native } from '../native';
import { IPC_INFO } from './constants';

/** A message that was received. */
export interface Message {
  /** The message's type: a number, or a bigint where it is beyond the safe integers. */
  type: number | bigint;
  /** The payload: exactly the bytes that were sent. */
  data: Buffer;
}

/** A message that was received into the caller's memory. */
export interface MessageInto {
  /** The message's type: a number, or a bigint where it is beyond the safe integers. */
  type: number | bigint;
  /** Bytes written. */
  length: number;
}

/** struct msgbuf begins with the type, a long. */
export const TYPE_BYTES = 8;

/** Room for a batch, or for one message under the default msgmax. */
const smallestSlab = 64 * 1024;

const [low32, high32] = [2 ** 32, 2 ** 21];

let bytes = new Uint8Array(0);
let words = new Int32Array(0);
let longs = new BigInt64Array(0);

/** The addon's number of the slab. */
export const SLAB = native.registerSlab(bytes);

const values = new Float64Array(16);

/** The kernel's limit of a message's length now (kernel.msgmax). */
export function currentMsgmax(): number {
  native.msgctl(0, IPC_INFO, values);
  return values[2] ?? 0;
}

/** Makes room for messages of so many bytes. */
export function reserve(size: number): void {
  if (bytes.length >= TYPE_BYTES + size) return;
  const memory = new ArrayBuffer((TYPE_BYTES + size + 7) & ~7);
  bytes = new Uint8Array(memory);
  words = new Int32Array(memory);
  longs = new BigInt64Array(memory);
  native.replaceSlab(SLAB, bytes);
}

reserve(Math.max(currentMsgmax(), smallestSlab));

/** The longest payload that the slab can hold. */
export function room(): number {
  return bytes.length - TYPE_BYTES;
}

/** Writes a type at a byte offset, a multiple of 8. */
function writeType(type: number | bigint, offset: number): void {
  if (typeof type === 'bigint') {
    longs[offset >> 3] = type;
    return;
  }
  words[offset >> 2] = type | 0;
  words[(offset >> 2) + 1] = Math.floor(type / low32);
}

/** The type at a byte offset, a multiple of 8. */
export function readType(offset = 0): number | bigint {
  return typeOf(words[offset >> 2] ?? 0, words[(offset >> 2) + 1] ?? 0);
}

/** A type from its halves. */
export function typeOf(low: number, high: number): number | bigint {
  if (high === 0 && low >= 0) return low;
  if (high >= 0 && high < high32) return high * low32 + (low >>> 0);
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** Puts a message into the slab; answers the length of its payload. */
export function load(type: number | bigint, data: Data): number {
  return loadAt(0, type, bytesOf('data', data));
}

function loadAt(offset: number, type: number | bigint, payload: Uint8Array): number {
  writeType(type, offset);
  bytes.set(payload, offset + TYPE_BYTES);
  return payload.length;
}

/** The payload in the slab, in a Buffer of its own. */
export function unload(length: number, offset = TYPE_BYTES): Buffer {
  const data = Buffer.allocUnsafe(length);
  data.set(bytes.subarray(offset, offset + length));
  return data;
}

/** Copies the payload in the slab to the caller's memory. */
export function unloadInto(target: Uint8Array, length: number): void {
  target.set(bytes.subarray(TYPE_BYTES, TYPE_BYTES + length));
}

// Many messages in one slab: each is its length in 8 bytes, then its struct msgbuf, padded to 8.

const RECORD_HEADER = 8;

function recordBytes(size: number): number {
  return RECORD_HEADER + TYPE_BYTES + ((size + 7) & ~7);
}

/** Packs messages of one type from `first` on; answers how many fit. */
export function pack(type: number | bigint, payloads: readonly Uint8Array[], first: number): number {
  let at = 0;
  let index = first;
  for (; index < payloads.length; index++) {
    const payload = payloads[index];
    if (payload === undefined || at + recordBytes(payload.length) > bytes.length) break;
    words[at >> 2] = payload.length;
    loadAt(at + RECORD_HEADER, type, payload);
    at += recordBytes(payload.length);
  }
  return index - first;
}

/** Takes `count` packed messages out of the slab. */
export function unpack(count: number, messages: Message[]): void {
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = words[at >> 2] ?? 0;
    const type = readType(at + RECORD_HEADER);
    messages.push({ type, data: unload(length, at + RECORD_HEADER + TYPE_BYTES) });
    at += recordBytes(length);
  }
}
