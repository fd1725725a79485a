/** How numbers of the kernel are said. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { proc } from '../core/proc';

/** Nothing to be said. */
export const NONE = '-';

export function keyText(key: number): string {
  return key === 0 ? 'private' : `0x${(key >>> 0).toString(16).padStart(8, '0')}`;
}

export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

export function dateText(date: Date | undefined): string {
  return date === undefined ? 'never' : date.toISOString().replace('.000Z', 'Z');
}

/** A process by its number and the name of its program. */
export function processText(pid: number): string {
  if (pid === 0) return NONE;
  return `${String(pid)} (${commandOf(pid) ?? 'gone'})`;
}

/** What a process was started as; of a thread of the kernel, which has none, its name. undefined: there is no such process. */
export function commandLineOf(pid: number): string[] | undefined {
  const line = proc(`${String(pid)}/cmdline`)
    ?.split('\0')
    .filter((word) => word !== '');
  if (line !== undefined && line.length > 0) return line.map(printable);
  const name = proc(`${String(pid)}/comm`); // of a thread: Node names its first one, too
  return name === undefined ? undefined : [printable(name)];
}

/** The name of a process's program. */
export function commandOf(pid: number): string | undefined {
  const [program] = commandLineOf(pid) ?? [];
  return program === undefined ? undefined : path.basename(program);
}

let names: Map<number, string> | undefined;

/** A user by name where /etc/passwd has one. */
export function userText(uid: number): string {
  names ??= readNames();
  return names.get(uid) ?? String(uid);
}

function readNames(): Map<number, string> {
  const found = new Map<number, string>();
  for (const line of passwd().split('\n')) {
    const [name, , uid] = line.split(':');
    const number = Number(uid);
    if (name && uid && !found.has(number)) found.set(number, printable(name));
  }
  return found;
}

function passwd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

/** So that what somebody has put into a name or a message does nothing to a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Z}]/gu, (one) => (one === ' ' ? one : escaped(one)));
}

function escaped(one: string): string {
  return [...Buffer.from(one)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** The beginning of some bytes, as text: each that is none in ASCII as \xNN. */
export function bytesText(bytes: Uint8Array, most: number): string {
  const begin = [...bytes.subarray(0, most)];
  const text = begin
    .map((byte) => {
      if (byte === 0x5c) return '\\\\';
      if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
      return `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  return bytes.length > most ? `${text}...` : text;
}
