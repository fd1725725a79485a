/**
 * The messages of server and client, as the C programs of "The Linux Programming Interface" (44.8)
 * have them: two ints there, `pid_t pid` and `int seqLen`; one int back, `int seqNum`.
 */

import path from 'node:path';

export const requestSize = 8;
export const responseSize = 4;

/** What an int holds. */
export const mostNumbers = 2 ** 31 - 1;

export function serverPath(folder: string): string {
  return path.join(folder, 'seqnum_sv');
}

/** The server holds it: so there is one. */
export function pidFilePath(folder: string): string {
  return `${serverPath(folder)}.pid`;
}

export function clientPath(folder: string, pid: number): string {
  return path.join(folder, `seqnum_cl.${String(pid)}`);
}

/** Below PIPE_BUF: requests of several clients never mix. */
export function request(pid: number, count: number): Buffer {
  const bytes = Buffer.alloc(requestSize);
  bytes.writeInt32LE(pid, 0);
  bytes.writeInt32LE(count, 4);
  return bytes;
}

export function readRequest(bytes: Buffer): { pid: number; count: number } {
  return { pid: bytes.readInt32LE(0), count: bytes.readInt32LE(4) };
}

export function response(first: number): Buffer {
  const bytes = Buffer.alloc(responseSize);
  bytes.writeInt32LE(first);
  return bytes;
}
