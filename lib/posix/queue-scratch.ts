/** Memory that messages pass through: many short ones to send, and long ones that are received. */

import { copyInto, lengthOf } from '../core/options';
import { native } from '../native';
import { padded, RECORD_HEADER } from './queue-message';

/** Up to this a copy is cheaper than an address that crosses into C++. */
export const LONGEST_COPIED = 4096;

/** Room for a batch. */
const smallest = 64 * 1024;

let bytes = new Uint8Array(0);
let words = new Int32Array(0);

/** The message copied out last: the next one may well be as long, and a view costs more than the copy. */
let last = bytes;

/** The addon's address of it. */
export const SCRATCH = native.registerSlab(bytes);

/** Makes room for a message of so many bytes. */
export function reserve(size: number): void {
  if (bytes.length >= size) return;
  const memory = new ArrayBuffer(padded(size));
  bytes = new Uint8Array(memory);
  last = bytes.subarray(0, 0);
  words = new Int32Array(memory);
  native.replaceSlab(SCRATCH, bytes);
}

reserve(smallest);

/** The message that lies there, in a Buffer of its own. */
export function copyOf(length: number): Buffer {
  const data = Buffer.allocUnsafe(length);
  data.set(bytes.subarray(0, length));
  return data;
}

/** Puts a short message there; answers where it is. */
export function load(payload: Uint8Array): number {
  copyInto(bytes, payload);
  return SCRATCH;
}

/** Copies the message that lies there out. */
export function copyTo(memory: Uint8Array, length: number): void {
  if (last.length !== length) last = bytes.subarray(0, length);
  copyInto(memory, last);
}

/** Packs messages of one priority from `first` on; answers how many fit. */
export function pack(priority: number, payloads: readonly Uint8Array[], first: number): number {
  let at = 0;
  let index = first;
  for (; index < payloads.length; index++) {
    const payload = payloads[index] as Uint8Array;
    const length = lengthOf(payload);
    const next = at + RECORD_HEADER + padded(length);
    if (next > bytes.length) break;
    words[at >> 2] = length;
    words[(at >> 2) + 1] = priority;
    copyInto(bytes, payload, at + RECORD_HEADER);
    at = next;
  }
  return index - first;
}
