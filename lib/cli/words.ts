/** How numbers of the kernel are said. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { isGone } from '../core/proc';

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

/** Of the name of a program. */
const longestProgram = 30;

const programs = new Map<number, string>();

/** A process by its number and the name of its program. */
export function processText(pid: number): string {
  if (pid === 0) return NONE;
  const known = programs.get(pid) ?? `${String(pid)} (${programText(pid)})`;
  programs.set(pid, known);
  return known;
}

function programText(pid: number): string {
  const name = commandOf(pid);
  if (name === undefined) return isGone(pid) ? 'gone' : 'not to be seen';
  return printable(name.length > longestProgram ? `${name.slice(0, longestProgram)}...` : name);
}

/** What a process was started as; of a thread of the kernel, which has none, its name. undefined: /proc does not show it. */
export function commandLineOf(pid: number): string[] | undefined {
  try {
    const line = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
    if (line !== '') return line.replace(/\0$/, '').split('\0');
    return [readFileSync(`/proc/${String(pid)}/comm`, 'utf8').trimEnd()];
  } catch {
    return undefined;
  }
}

/** The name of a process's program, also of one that has written a title over its command line: 'sshd: alice@pts/0'. */
export function commandOf(pid: number): string | undefined {
  const [program] = commandLineOf(pid) ?? [];
  return program === undefined ? undefined : path.basename(program.split(': ')[0] ?? '');
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
