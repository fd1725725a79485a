/** Checks of what callers pass. Each names the argument it speaks of. */

import { types } from 'node:util';

import { invalidType, outOfRange } from './error';

/** Bytes to send: text goes as UTF-8. */
export type Data = string | NodeJS.ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/** How long a Sync form may wait. */
export interface TimeoutOptions {
  /** Milliseconds, monotonic; by default for ever. Expiry is a SystemError ETIMEDOUT. */
  timeout?: number | undefined;
}

/** How long a promise form may wait. */
export interface WaitOptions extends TimeoutOptions {
  /** Ends the wait; the promise rejects with `signal.reason`, unless the call had already succeeded. */
  signal?: AbortSignal | undefined;
}

export function objectOf<T extends object>(name: string, value: T): T {
  if (!isObject(value)) throw invalidType(name, 'an object', value);
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The options object itself: absent is empty. */
export function optionsOf<T extends object>(value: T | undefined, name = 'options'): Partial<T> {
  if (value === undefined) return {};
  return objectOf(name, value);
}

export function integer(name: string, value: unknown, low: number, high: number): number {
  if (typeof value !== 'number') throw invalidType(name, 'an integer', value);
  if (!Number.isInteger(value) || value < low || value > high) {
    throw outOfRange(name, `an integer >= ${String(low)} and <= ${String(high)}`, value);
  }
  return value;
}

export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'a boolean', value);
  return value;
}

export function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidType(name, 'a string', value);
  return value;
}

export function callable<T>(name: string, value: T): T {
  if (typeof value !== 'function') throw invalidType(name, 'a function', value);
  return value;
}

/** Permission bits. */
export function fileMode(name: string, value: unknown): number {
  if (typeof value !== 'number' || (Number.isInteger(value) && value >= 0 && value <= 0o777)) {
    return integer(name, value, 0, 0o777);
  }
  const isModeLike = Number.isInteger(value) && value >= 0;
  const received = isModeLike ? `${String(value)} (0o${value.toString(8)})` : value;
  throw outOfRange(name, 'permission bits, 0 to 0o777, such as 0o600', received);
}

/** Who owns what is made. */
export interface OwnerOptions {
  /** The user that owns it. Default: that of this process; another one takes CAP_CHOWN. */
  uid?: number | undefined;
  /** The group that owns it. Default: that of this process; one that it is not in takes CAP_CHOWN. */
  gid?: number | undefined;
}

/** User and group as of chown(2): -1 is as it is. */
export type Owner = [uid: number, gid: number];

/** Of a user or a group: one more is no id. */
export const highestId = 2 ** 32 - 2;

/** undefined: nothing is said of it. */
export function ownerOf({ uid, gid }: OwnerOptions): Owner | undefined {
  if (uid === undefined && gid === undefined) return undefined;
  const id = (name: string, value: unknown): number =>
    value === undefined ? -1 : integer(name, value, 0, highestId);
  return [id('options.uid', uid), id('options.gid', gid)];
}

const LONG_MAX = 2n ** 63n - 1n;

/** A C long: a safe integer or a bigint. */
export function long(name: string, value: unknown): number | bigint {
  if (typeof value === 'number') {
    return integer(name, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }
  if (typeof value !== 'bigint') throw invalidType(name, 'an integer or a bigint', value);
  if (value > LONG_MAX || value < -LONG_MAX - 1n) {
    throw outOfRange(name, 'within 64 bits, signed', value);
  }
  return value;
}

/** Milliseconds; Infinity where nothing was asked for. */
export function timeoutOf(options: TimeoutOptions): number {
  const { timeout } = options;
  if (timeout === undefined) return Infinity;
  if (typeof timeout !== 'number') throw invalidType('options.timeout', 'a number', timeout);
  if (!(timeout >= 0)) throw outOfRange('options.timeout', '>= 0', timeout);
  return timeout;
}

export function signalOf(options: WaitOptions): AbortSignal | undefined {
  const { signal } = options;
  if (signal === undefined) return undefined;
  if (
    !isObject(signal) ||
    typeof signal.aborted !== 'boolean' ||
    typeof signal.addEventListener !== 'function' ||
    typeof signal.removeEventListener !== 'function'
  ) {
    throw invalidType('options.signal', 'an AbortSignal', signal);
  }
  return signal;
}

/** Throws the reason of a signal that is aborted already. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** The items of a list; text is no list. */
export function listOf<T>(name: string, list: Iterable<T>): Iterable<T> {
  if (!isObject(list) || typeof list[Symbol.iterator] !== 'function') {
    throw invalidType(name, 'an iterable, such as an array', list);
  }
  return list;
}

const typedArray: unknown = Object.getPrototypeOf(Uint8Array.prototype);

function getter<K extends 'buffer' | 'byteLength' | 'byteOffset'>(
  name: K,
): (this: NodeJS.TypedArray) => NodeJS.TypedArray[K] {
  const { get } = Object.getOwnPropertyDescriptor(typedArray, name) as {
    get: (this: NodeJS.TypedArray) => NodeJS.TypedArray[K];
  };
  return get;
}

const byteLength = getter('byteLength');
const byteOffset = getter('byteOffset');
const bufferOf = getter('buffer');

/** How long it really is: an object may have properties of its own that say otherwise. */
export function lengthOf(view: NodeJS.TypedArray): number {
  return byteLength.call(view);
}

/** What of bytes begins at `from`. A class of its own may make anything of `subarray`. */
export function restOf(bytes: Uint8Array, from: number): Uint8Array {
  const begin = byteOffset.call(bytes) + from;
  return new Uint8Array(bufferOf.call(bytes), begin, lengthOf(bytes) - from);
}

/** Whether it is bytes, at least one, whose `length` is true. */
function isPlainBytes(data: unknown): data is Uint8Array {
  if (!(data instanceof Uint8Array && ArrayBuffer.isView(data))) return false;
  const { length } = data; // first: V8 knows its layout then, and needs no call for the true one
  return length > 0 && lengthOf(data) === length;
}

/** A byte view of what the caller gave, whose `length` is true; nothing is copied but text. `index`: in a list. */
export function bytesOf(name: string, data: unknown, index?: number): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (isPlainBytes(data)) return data;
  const full = index === undefined ? name : `${name}[${String(index)}]`;
  return memoryOf(full, data, 'a string, a Buffer, a TypedArray, a DataView or an ArrayBuffer');
}

/** The bytes of each message of a list, which is read to its end. */
export function payloadsOf(list: Iterable<Data>): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const isLasting = Array.isArray(list); // a generator may fill the same memory again for its next message
  let total = 0;
  for (const data of listOf('messages', list)) {
    const bytes = bytesOf('messages', data, payloads.length);
    total += lengthOf(bytes);
    payloads.push(isLasting ? bytes : copyOf(bytes));
  }
  for (const bytes of payloads) total -= lengthOf(bytes);
  if (total === 0) return payloads;
  throw invalidType('messages', 'memory that stays as it is while the list is read', list);
}

/** A byte view of the caller's memory. */
export function memoryOf(
  name: string,
  memory: unknown,
  expected = 'a Buffer, a TypedArray, a DataView or an ArrayBuffer',
): Uint8Array {
  try {
    if (ArrayBuffer.isView(memory)) {
      return new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
    }
    if (isArrayBuffer(memory)) return new Uint8Array(memory);
  } catch {
    throw invalidType(name, 'memory that is not detached', memory);
  }
  throw invalidType(name, expected, memory);
}

/** As `memoryOf`, without a view where its `length` is true: one would be made, and met by a copy, anew each time. */
export function trueMemoryOf(name: string, memory: unknown): Uint8Array {
  return isPlainBytes(memory) ? memory : memoryOf(name, memory);
}

/**
 * As `memoryOf`, without a view where there is one: what it says of itself is not to be believed.
 * How long it is `lengthOf` tells, and `copyInto` writes to it.
 */
export function targetOf(name: string, memory: unknown): Uint8Array {
  return types.isUint8Array(memory) && lengthOf(memory) > 0 ? memory : memoryOf(name, memory);
}

// Not by its descriptor: under --frozen-intrinsics that has an accessor.
const { set } = typedArray as Record<'set', CallableFunction>;

/**
 * Copies bytes into memory, from `offset` on, whatever it says of itself. A method of a typed array is looked up in
 * each call, and this is none more for V8.
 */
export const copyInto = Function.prototype.call.bind(set) as (
  memory: Uint8Array,
  bytes: Uint8Array,
  offset?: number,
) => void;

/** A copy of the bytes. `Buffer.from` would ask an object for its `valueOf` first. */
export function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(lengthOf(bytes));
  copyInto(copy, bytes);
  return copy;
}

/**
 * Throws where memory that had room has none left, when something is about to be put there: it is
 * detached, or its buffer was made smaller. Into nothing, a message would be lost.
 */
export function mustHaveRoom(name: string, memory: NodeJS.TypedArray): void {
  if (lengthOf(memory) > 0) return;
  throw invalidType(name, 'memory that is not detached and within its buffer', memory);
}

/** By tag, not by instanceof: buffers come from other contexts too (vm, jest). */
function isArrayBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
}
