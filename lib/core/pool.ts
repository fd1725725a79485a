/**
 * Memory that messages are received into and handed out from, without a copy: each Buffer is a
 * piece of it, as with Buffer.allocUnsafe. A pool that is used up is left to its Buffers.
 */

import { markAsUntransferable } from 'node:worker_threads';

import { native } from '../native';

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

/** How many bytes the pool holds now: at least `likely`, if a pool can hold that. */
export function pooledRoom(likely: number): number {
  const left = pool.length - at;
  if (left >= leastRoom && left >= likely) return left;
  renew();
  return poolBytes;
}

/** Where the next bytes go, at a multiple of 8. */
export function poolAddress(): number {
  return at * addressStep + POOL;
}

/** A 32-bit word of what was received there. */
export function pooledWord(index: number): number {
  return words[(at >> 2) + index] ?? 0;
}

/** Passes over bytes that were received there: a header, a multiple of 8. */
export function skipPooled(length: number): void {
  at += length;
}

/** The bytes that were received there; the next ones go behind them. */
export function takePooled(length: number): Buffer {
  const begin = at;
  at = (begin + length + 7) & ~7;
  return pool.subarray(begin, begin + length);
}
