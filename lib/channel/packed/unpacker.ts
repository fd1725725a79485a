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
  LATIN1,
  MAGIC,
  NULL,
  OBJECT,
  SHORT_ARRAY,
  SHORT_TEXT,
  SMALL,
  TRUE,
  UNDEFINED,
  UTF16,
} from './format';
import { Listings } from './listings';
import type { Shape, Values } from './shape';

/** Text is made of so many bytes at once: one that is kept keeps what is beside it. */
const beside = 1 << 10;

const noShapes: readonly Shape[] = [];

/**
 * Reads packed values. Anybody may have written them, and may still be writing: each byte is read once, and
 * checked before it is used. Throws RangeError or SyntaxError where it is none.
 */
export class Unpacker implements Values {
  readonly #listings = new Listings();
  #bytes: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #end = 0;
  #shapes = noShapes;
  /** Bytes as text, from one offset to another one. */
  #text = '';
  #textAt = 0;
  #textEnd = 0;

  /** What lies in so many bytes at an offset. */
  unpack(bytes: Buffer, at: number, length: number): unknown {
    if (bytes !== this.#bytes) this.#turnTo(bytes);
    const view = this.#view;
    if (length < HEADER || view.getInt32(at, true) !== MAGIC) throw new RangeError('no magic');
    const keysAt = view.getUint32(at + 4, true);
    if (keysAt < HEADER || keysAt > length || ((keysAt | length) & 3) !== 0) {
      throw new RangeError('no place of the keys');
    }
    this.#at = at + HEADER;
    this.#end = at + keysAt;
    this.#textEnd = 0;
    const rest = length - keysAt;
    this.#shapes = rest === 0 ? noShapes : this.#listings.find(bytes, view, this.#end, rest);
    const value = this.value(0);
    if (this.#end - this.#at > 3) throw new RangeError('more than one value');
    return value;
  }

  #turnTo(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The next value. */
  value(depth: number): unknown {
    const tag = this.#bytes[this.#skip(1)] ?? UNDEFINED;
    if (tag >= SMALL) return tag - SMALL;
    if (tag >= SHORT_TEXT) return this.#shortText(tag - SHORT_TEXT);
    if (tag >= SHORT_ARRAY) return this.#array(tag - SHORT_ARRAY, depth + 1);
    switch (tag) {
      case DOUBLE:
        return this.#view.getFloat64(this.#skip(8), true);
      case INT32:
        return this.#view.getInt32(this.#skip(4), true);
      case OBJECT:
        return this.#object(depth + 1);
      case TRUE:
        return true;
      case FALSE:
        return false;
      case NULL:
        return null;
      case UNDEFINED:
        return undefined;
      case ARRAY:
        return this.#array(this.#count(), depth + 1);
      default:
        return this.#rare(tag);
    }
  }

  #rare(tag: number): unknown {
    switch (tag) {
      case LATIN1:
        return this.#latin1();
      case UTF16:
        return this.#utf16();
      case INT64:
        return this.#view.getBigInt64(this.#skip(8), true);
      case DATE:
        return new Date(this.#view.getFloat64(this.#skip(8), true));
      case BIGINT:
        return this.#bigint();
      case BYTES:
        return new Uint8Array(this.#some());
      case BUFFER:
        return Buffer.from(this.#some());
      default:
        throw new RangeError(`no value begins with ${String(tag)}`);
    }
  }

  // ---- bytes

  /** Where the next so many bytes are, if they are there. */
  #skip(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#end - at) throw new RangeError('it is cut off');
    this.#at = at + bytes;
    return at;
  }

  /** How many bytes, or values, follow: if they are there is seen when they are read. */
  #count(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** In place. */
  #some(): Uint8Array {
    const length = this.#count();
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  // ---- text, and what is written as text

  /** A part of the text of all bytes around: to make each by itself would be a call each. */
  #shortText(length: number): string {
    const at = this.#skip(length);
    const end = at + length;
    if (end > this.#textEnd || at < this.#textAt) {
      this.#textAt = at;
      this.#textEnd = Math.min(at + beside, this.#end);
      this.#text = this.#bytes.toString('latin1', at, this.#textEnd);
    }
    return this.#text.slice(at - this.#textAt, end - this.#textAt);
  }

  #latin1(): string {
    const length = this.#count();
    const at = this.#skip(length);
    return this.#bytes.toString('latin1', at, at + length);
  }

  #utf16(): string {
    const length = this.#count();
    if (length % 2 !== 0) throw new RangeError('half a character');
    const at = this.#skip(length);
    return this.#bytes.toString('utf16le', at, at + length);
  }

  #bigint(): bigint {
    const sign = this.#bytes[this.#skip(1)] ?? 0;
    if (sign > 1) throw new RangeError('no sign');
    const length = this.#count();
    const at = this.#skip(length);
    const magnitude = BigInt(`0x0${this.#bytes.toString('hex', at, at + length)}`);
    return sign === 0 ? magnitude : -magnitude;
  }

  // ---- what has values

  #array(length: number, depth: number): unknown[] {
    if (depth > deepest) throw new RangeError('it is nested too deep');
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(this.value(depth));
    return values;
  }

  #object(depth: number): object {
    if (depth > deepest) throw new RangeError('it is nested too deep');
    const shape = this.#shapes[this.#view.getUint32(this.#skip(4), true)];
    if (shape === undefined) throw new RangeError('an object without keys');
    return shape.object(this, depth);
  }
}
