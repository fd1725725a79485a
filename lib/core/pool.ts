/**
 * Memory that messages are received into and handed out from, without a copy: each Buffer is a
 * piece of it, as with Buffer.allocUnsafe. A pool that is used up is left to its Buffers.
 */

import { markAsUntransferable } from 'node:worker_threads';

import { native } from '../native';

const poolBytes = 64 * 1024;

/** A pool costs as much as several messages of a page: where they are long, it is to hold more. */
const largePoolBytes = 4 * poolBytes;
const leastLong = 1024;

/** Longer messages are copied into a Buffer of their own: few would fit a pool. */
export const longestPooled = poolBytes / 4;

/** The addon's addresses count the slab and, in steps of 4096, the bytes. */
const addressStep = 4096;

/** Below this a pool is not worth a try. */
const leastRoom = 512;

type MakeBuffer = new (memory: ArrayBufferLike, begin: number, length: number) => Buffer;

/** As Node's own Buffers are made. After a system call `subarray` takes three times as long. */
const { [Symbol.species]: Plain } = Buffer as unknown as { [Symbol.species]: MakeBuffer };
const isPlain = typeof Plain === 'function' && Plain.prototype === Buffer.prototype;

let memory = new ArrayBuffer(0);
let bytes = new Uint8Array(0);
let words = new Int32Array(0);
let at = 0;
let lastLength = 0;

const POOL = native.registerSlab(words);

function renew(): void {
  const pool = Buffer.allocUnsafeSlow(lastLength < leastLong ? poolBytes : largePoolBytes);
  memory = pool.buffer;
  // As Node's own pool: transferring one message's memory would take that of all the others.
  markAsUntransferable(memory);
  bytes = pool;
  words = new Int32Array(memory);
  at = 0;
  native.replaceSlab(POOL, pool);
}

/** How many bytes the pool holds now: at least `likely`, if a pool can hold that. */
export function pooledRoom(likely: number): number {
  // None where somebody has taken the memory of a Buffer away, by its transfer(): it may be freed.
  const left = 4 * words.length - at;
  if (left >= leastRoom && left >= likely) return left;
  renew();
  return 4 * words.length;
}

/** Where the next bytes go, at a multiple of 8. */
export function poolAddress(): number {
  return at * addressStep + POOL;
}

/** Copies bytes there. */
export function fillPooled(from: Buffer, begin: number, end: number): void {
  from.copy(bytes, at, begin, end);
}

/** Where the next bytes go: in this memory, which is also these words, from that byte on. */
export function pooledPlace(): { memory: ArrayBuffer; words: Int32Array; at: number } {
  return { memory, words, at };
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
  lastLength = length;
  at = (begin + length + 7) & ~7;
  return bufferOver(memory, begin, length);
}

/** A Buffer over a piece of memory: made in half the time of `subarray`. */
export function bufferOver(piece: ArrayBufferLike, begin: number, length: number): Buffer {
  return isPlain
    ? new Plain(piece, begin, length)
    : Buffer.from(piece as ArrayBuffer, begin, length);
}
