/**
 * Memory that messages are received into and handed out from, without a copy: each Buffer is a
 * piece of it, as with Buffer.allocUnsafe. A pool that is used up is left to its Buffers.
 */

import { markAsUntransferable } from 'node:worker_threads';

import { native } from '../native';
import { padded, RECORD_HEADER, TYPE_BYTES, typeOf, type Message } from './message';

const poolBytes = 64 * 1024;

/** Longer messages are copied into a Buffer of their own: few would fit a pool. */
export const longestPooled = poolBytes / 4;

/** The addon's addresses count the slab and, in steps of 4096, the bytes. */
const addressStep = 4096;

/** Below this a pool is not worth a try. */
const leastRoom = 512;

let pool = Buffer.alloc(0);
let words = new Int32Array(0);
let at = 0;

const POOL = native.registerSlab(pool);

function renew(): void {
  pool = Buffer.allocUnsafeSlow(poolBytes);
  // As Node's own pool: transferring one message's memory would take that of all the others.
  markAsUntransferable(pool.buffer);
  words = new Int32Array(pool.buffer);
  at = 0;
  native.replaceSlab(POOL, pool);
}

/** The longest payload that the pool holds now: at least `likely`, if a pool can hold that. */
export function pooledRoom(likely: number): number {
  const left = pool.length - at - TYPE_BYTES;
  if (left >= leastRoom && left >= likely) return left;
  renew();
  return poolBytes - TYPE_BYTES;
}

/** Where the next message goes. */
export function poolAddress(): number {
  return at * addressStep + POOL;
}

/** The message that was received there; the next one goes behind it. */
export function takePooled(length: number): Message {
  const type = typeOf(words[at >> 2] ?? 0, words[(at >> 2) + 1] ?? 0);
  const begin = at + TYPE_BYTES;
  at = begin + padded(length);
  return { type, data: pool.subarray(begin, begin + length) };
}

/** The records that were received there, as many as `count`. */
export function takePooledRecords(count: number, messages: Message[]): void {
  for (let i = 0; i < count; i++) {
    const length = words[at >> 2] ?? 0;
    at += RECORD_HEADER;
    messages.push(takePooled(length));
  }
}
