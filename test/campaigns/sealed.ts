/** Payloads that tell whether they arrived intact: the checksum of the rest, a number, filler. */

import { crc32 } from 'node:zlib';

export function seal(number: number, fillerLength: number): string {
  const body = `${String(number)} ${String.fromCharCode(97 + (number % 26)).repeat(fillerLength)}`;
  return `${crc32(body).toString(16)} ${body}`;
}

/** The number of an intact payload; throws if it is damaged. */
export function unseal(payload: Buffer): number {
  const text = payload.toString('latin1');
  const space = text.indexOf(' ');
  const body = text.slice(space + 1);
  if (crc32(body).toString(16) !== text.slice(0, space)) throw new Error(`damaged: ${text}`);
  return parseInt(body, 10);
}
