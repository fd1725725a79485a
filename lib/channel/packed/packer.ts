import { types } from 'node:util';

import { lengthOf } from '../../core/options';
import {
  ARRAY,
  BIGINT,
  BUFFER,
  BYTES,
  DATE,
  deepest,
  DOUBLE,
  FALSE,
  HEADER,
  INT32,
  INT64,
  largestSmall,
  LATIN1,
  longestShortText,
  MAGIC,
  mostInShortArray,
  NULL,
  OBJECT,
  SHORT_ARRAY,
  SHORT_TEXT,
  SMALL,
  TRUE,
  UNDEFINED,
  UTF16,
} from './format';
import { Keys, mostLists } from './keys';

const usualMemory = 1 << 12;
/** More is not kept: nobody wants to find it here. */
const mostKept = 1 << 20;

/** Bytes of a value that is no more than a few: there is room for so many wherever one is written. */
const fewBytes = 128;

/** A view of so many bytes is kept for the next message of that length. */
const longestKept = 1 << 10;

/** It is longer than it may be. */
export class TooLong extends Error {}

const wide = /[^\0-\xff]/;

/** Writes values into memory of its own, one after the other. */
export class Packer {
  /** Meanwhile another one is needed: a getter, or a proxy, may pack something, too. */
  busy = false;
  #memory = Buffer.alloc(0);
  #data = new DataView(this.#memory.buffer);
  #size = 0;
  #at = 0;
  #most = 0;
  #none = Keys.none();
  /** Those of the objects in this message: so many of them. */
  readonly #lists: Keys[] = [];
  #count = 0;
  /** Of the memory, by a quarter of their length, which is a multiple of 4: to make one costs much. */
  #views: Uint8Array[] = [];

  /** The bytes of a value, at most so many, which are good until the next one. Throws TooLong, TypeError, or what a getter throws. */
  pack(value: unknown, most: number): Uint8Array {
    this.#begin(most);
    this.#value(value, 0);
    const end = this.#keys();
    if (end > most) throw new TooLong();
    return this.#view(end);
  }

  #view(length: number): Uint8Array {
    const { buffer } = this.#data;
    if (length > longestKept) return new Uint8Array(buffer, 0, length);
    return (this.#views[length >> 2] ??= new Uint8Array(buffer, 0, length));
  }

  #begin(most: number): void {
    if (this.#size === 0 || this.#size > mostKept) this.#own(usualMemory);
    for (let i = 0; i < this.#count; i++) (this.#lists[i] as Keys).number = -1;
    if (this.#none.isFull || this.#lists.length > mostLists) this.#forget();
    this.#count = 0;
    this.#most = most;
    this.#at = HEADER;
  }

  #forget(): void {
    this.#none = Keys.none();
    this.#lists.length = 0; // each leads to all others
  }

  // ---- memory

  #own(bytes: number): void {
    this.#memory = Buffer.allocUnsafeSlow(bytes);
    this.#data = new DataView(this.#memory.buffer);
    this.#views = [];
    this.#size = bytes;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#size) return;
    if (needed > this.#most + fewBytes) throw new TooLong();
    const old = this.#memory;
    this.#own(Math.max(needed, Math.min(2 * this.#size, this.#most + fewBytes)));
    this.#memory.set(old);
  }

  // ---- values

  #value(value: unknown, depth: number): void {
    if (this.#at + fewBytes > this.#size) this.#reserve(fewBytes);
    switch (typeof value) {
      case 'string':
        this.#string(value);
        return;
      case 'number':
        this.#number(value);
        return;
      case 'boolean':
        this.#tag(value ? TRUE : FALSE);
        return;
      case 'undefined':
        this.#tag(UNDEFINED);
        return;
      case 'object':
        if (value === null) this.#tag(NULL);
        else this.#object(value, depth + 1);
        return;
      case 'bigint':
        this.#bigint(value);
        return;
      case 'function':
      case 'symbol':
        throw new TypeError(`${typeof value}s have no bytes`);
    }
  }

  #tag(tag: number): void {
    this.#memory[this.#at++] = tag;
  }

  /** A tag, and a number behind it. */
  #tagged(tag: number, number: number): void {
    this.#memory[this.#at] = tag;
    this.#data.setInt32(this.#at + 1, number, true);
    this.#at += 5;
  }

  #number(value: number): void {
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= 0 && value <= largestSmall) this.#tag(SMALL + value);
      else this.#tagged(INT32, value);
    } else {
      this.#double(DOUBLE, value);
    }
  }

  #double(tag: number, value: number): void {
    this.#memory[this.#at] = tag;
    this.#data.setFloat64(this.#at + 1, value, true);
    this.#at += 9;
  }

  #bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.#tag(INT64);
      this.#data.setBigInt64(this.#at, value, true);
      this.#at += 8;
      return;
    }
    const isNegative = value < 0n;
    const hex = (isNegative ? -value : value).toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    this.#tag(BIGINT);
    this.#tagged(isNegative ? 1 : 0, bytes.length);
    this.#append(bytes, bytes.length);
  }

  // ---- text

  /** Of few characters a loop is faster than a call. */
  #string(value: string): void {
    const { length } = value;
    if (length > longestShortText) {
      this.#longString(value, length);
      return;
    }
    const memory = this.#memory;
    const at = this.#at + 1;
    let all = 0;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      all |= unit;
      memory[at + i] = unit;
    }
    if (all > 0xff) {
      this.#longString(value, length);
      return;
    }
    memory[at - 1] = SHORT_TEXT + length;
    this.#at = at + length;
  }

  #longString(value: string, length: number): void {
    if (wide.test(value)) {
      this.#tagged(UTF16, 2 * length);
      this.#reserve(2 * length);
      this.#at += this.#memory.write(value, this.#at, 'utf16le');
    } else {
      this.#tagged(LATIN1, length);
      this.#reserve(length);
      this.#at += this.#memory.write(value, this.#at, 'latin1');
    }
  }

  // ---- what has values, or bytes

  #object(value: object, depth: number): void {
    if (depth > deepest) {
      throw new TypeError(`it is nested more than ${String(deepest)} deep, perhaps in itself`);
    }
    if (Array.isArray(value)) {
      this.#array(value, depth);
      return;
    }
    // Quicker than to ask for the prototype. What only says so has inherited fields, or behaves as a plain one.
    if (value.constructor === Object || isPlain(value)) this.#plain(value, depth);
    else this.#other(value);
  }

  #array(values: readonly unknown[], depth: number): void {
    const length = values.length >>> 0; // a proxy may say anything
    if (length <= mostInShortArray) this.#tag(SHORT_ARRAY + length);
    else this.#tagged(ARRAY, length);
    for (let i = 0; i < length; i++) this.#value(values[i], depth);
  }

  /** Which keys it has is known behind the last value. `Object.hasOwn` would be slower here. */
  #plain(object: object, depth: number): void {
    const at = this.#at;
    this.#at = at + 5;
    let keys = this.#none;
    for (const key in object) {
      if (!Object.prototype.hasOwnProperty.call(object, key)) {
        if (!isPlain(object)) this.#refuse();
        continue;
      }
      keys = keys.with(key);
      this.#value((object as Record<string, unknown>)[key], depth);
    }
    if (keys.number < 0) {
      keys.number = this.#count++;
      this.#lists[keys.number] = keys;
    }
    this.#memory[at] = OBJECT;
    this.#data.setInt32(at + 1, keys.number, true);
  }

  #other(value: object): void {
    if (types.isUint8Array(value)) {
      const length = lengthOf(value);
      this.#tagged(Buffer.isBuffer(value) ? BUFFER : BYTES, length);
      this.#append(value, length);
    } else if (types.isDate(value)) {
      this.#double(DATE, Date.prototype.getTime.call(value));
    } else {
      this.#refuse();
    }
  }

  #refuse(): never {
    throw new TypeError('of objects only plain ones, arrays, Uint8Arrays and Dates have bytes');
  }

  #append(bytes: Uint8Array, length: number): void {
    this.#reserve(length);
    this.#memory.set(bytes, this.#at);
    this.#at += length;
  }

  // ---- the end

  /** Writes the lists of keys, and where they begin; answers where they end. */
  #keys(): number {
    const end = this.#at;
    const at = (end + 3) & ~3;
    this.#reserve(fewBytes);
    this.#data.setInt32(end, 0, true);
    this.#data.setInt32(0, MAGIC, true);
    this.#data.setInt32(4, at, true);
    this.#at = at;
    if (this.#count === 0) return at;
    const { bytes } = (this.#lists[0] as Keys).listing(this.#lists, this.#count);
    this.#append(bytes, bytes.length);
    return this.#at;
  }
}

/** Whether it has the prototype of plain objects, perhaps of another realm, or none. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
