/** Unix sockets as a peer sees them: filled, emptied, looked at. Plain descriptors. */

import { readFileSync } from 'node:fs';

import {
  MSG_DONTWAIT,
  MSG_PEEK,
  recvmsg,
  sendmsg,
  setsockopt,
  SOL_SOCKET,
} from 'posix-ipc/syscalls';

const SO_PEEK_OFF = 42;

/** Until it would have to wait, or often enough: what each call gives. */
function untilEagain<R>(call: () => R, most = Infinity): R[] {
  const results: R[] = [];
  try {
    while (results.length < most) results.push(call());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return results;
}

function take(fd: number, flags: number): string {
  const text = Buffer.alloc(70_000);
  return text.toString('latin1', 0, recvmsg(fd, { msg_iov: [text] }, flags | MSG_DONTWAIT));
}

export function put(fd: number, text: string, msg_name?: Uint8Array): void {
  const name = msg_name === undefined ? {} : { msg_name };
  sendmsg(fd, { msg_iov: [Buffer.from(text)], ...name }, MSG_DONTWAIT);
}

/** Sends the letter f, until there is no room. */
export function fill(fd: number, msg_name?: Uint8Array): void {
  for (const text of ['f'.repeat(1000), 'f']) {
    untilEagain(() => {
      put(fd, text, msg_name);
    });
  }
}

function isFiller(fd: number): boolean {
  return untilEagain(() => take(fd, MSG_PEEK), 1)[0]?.startsWith('f') === true;
}

/** Takes what `fill` has sent: somebody who has waited may send as soon as there is room. */
export function drain(fd: number): void {
  while (isFiller(fd)) take(fd, 0);
}

/** The messages that wait, or the bytes of a stream; they stay. Many times f is told as `full`. */
export function contentsOf(fd: number): string[] {
  setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, 0);
  const found = untilEagain(() => take(fd, MSG_PEEK));
  setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, -1);
  const texts = found.flatMap((text) => text.split(/(f+)/)).filter((text) => text !== '');
  return [...new Set(texts.map((text) => text.replace(/^f+$/, 'full')))];
}

/** How many connections to an abstract name wait to be accepted: they have no inode yet. */
export function pending(name: string): string[] {
  const lines = readFileSync('/proc/net/unix', 'latin1').split('\n');
  const count = lines.filter((line) => line.endsWith(` 0 @${name}`)).length;
  return [`${String(count)} pending`];
}
