/** Descriptors as the rows need them: closed after the test, and with results to compare. */

import { closeSync, readSync, writeSync } from 'node:fs';

const descriptors = new Set<number>();

afterEach(() => {
  for (const fd of descriptors) closeQuietly(fd);
  descriptors.clear();
});

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // The test closed it.
  }
}

/** Closed after the test. */
export function adoptDescriptor(fd: number): number {
  descriptors.add(fd);
  return fd;
}

/** Closes it now. */
export function closeNow(fd: number): void {
  descriptors.delete(fd);
  closeSync(fd);
}

/** A number that no descriptor has. */
export const NOT_OPEN = 1_000_000;

/** What one read(2) gives. */
export function textFrom(fd: number, room = 64): string {
  const bytes = Buffer.alloc(room);
  const length = readSync(fd, bytes);
  return length === 0 ? 'end' : bytes.toString('latin1', 0, length);
}

/** One write(2): how many bytes. */
export function put(fd: number, data: string | Uint8Array): number {
  return writeSync(fd, Buffer.from(data));
}

/** The same of a class, whose reads answer null at the end, and undefined where they would wait. */
export function textOf(data: Buffer | null | undefined): string {
  if (data === undefined) return 'EAGAIN';
  return data === null ? 'end' : data.toString('latin1');
}
