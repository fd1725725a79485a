import { isUtf8 } from 'node:buffer';
import { types } from 'node:util';

import { check, invalidType, outOfRange } from '../core/error';
import { copyOf, lengthOf } from '../core/options';
import { native } from '../native';

/**
 * Where a socket is: a path, or a zero byte and an abstract name, of exactly that length
 * (`'\0name'`). As bytes where it is no UTF-8.
 */
export type Address = string | Uint8Array;

/** Binds a socket to a free abstract name that the kernel chooses. Source: unix(7), autobind. */
export const autobind: unique symbol = Symbol('posix-ipc autobind');

const longest = 108;
const empty = new Uint8Array(0);
const room = Buffer.alloc(longest);

/** The bytes of an address. */
export function nameOf(address: unknown, name = 'address'): Uint8Array {
  const given = typeof address === 'string' ? Buffer.from(address) : address;
  if (!types.isUint8Array(given)) throw invalidType(name, 'a string or a Uint8Array', address);
  const length = lengthOf(given);
  const bytes = length === 0 || length > longest ? empty : copyOf(given);
  if (bytes.length === 0 || (bytes[0] !== 0 && bytes.includes(0))) {
    const expected = 'a path without null bytes, or a null byte and a name: 1 to 108 bytes';
    throw outOfRange(name, expected, `${String(length)} bytes`);
  }
  return bytes;
}

/** The bytes of an address to bind to. */
export function boundNameOf(address: unknown): Uint8Array {
  return address === autobind ? empty : nameOf(address);
}

/** The address that stands in bytes, which may be used again; undefined where there is none. */
export function addressIn(bytes: Uint8Array): Address | undefined {
  if (bytes.length === 0) return undefined;
  const own = Buffer.from(bytes);
  return isUtf8(own) ? own.toString() : own;
}

/** As the kernel prints it: an abstract name begins with @, which stands for each of its zero bytes. */
export function textOf(name: Uint8Array): string {
  return Buffer.from(name).toString().replaceAll('\0', '@');
}

/** The path, where it is one: as bytes, because it need not be UTF-8. */
export function pathIn(name: Uint8Array): Buffer | undefined {
  return name.length > 0 && name[0] !== 0 ? Buffer.from(name) : undefined;
}

/** A socket's own address, or its peer's. */
export function addressOf(handle: number, peer: boolean): Address | undefined {
  const call = peer ? 'getpeername' : 'getsockname';
  const length = check(native.unixName(handle, peer, room), call);
  return addressIn(room.subarray(0, length));
}
