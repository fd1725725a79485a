/** Addresses and objects that are gone after the test. Importing this registers the clean-up. */

import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, rmSync } from 'node:fs';
import path from 'node:path';

import { runDirectory } from './run-directory';

const files = new Set<string>();
const objects = new Set<{ close(): void }>();
const numbers = new Set<number>();

afterEach(() => {
  for (const object of objects) object.close();
  for (const fd of numbers) closeSync(fd);
  for (const file of files) rmSync(file, { force: true });
  for (const all of [objects, numbers, files]) all.clear();
});

/** A path that no socket has yet. */
export function socketPath(): string {
  const file = path.join(runDirectory(), `s-${randomUUID().slice(0, 13)}`);
  files.add(file);
  return file;
}

/** An abstract name that no socket has yet. */
export function abstractName(): string {
  return `\0posix-ipc-test-${randomUUID()}`;
}

/** Closes it after the test. */
export function closing<T extends { close(): void }>(object: T): T {
  objects.add(object);
  return object;
}

/** Closes both after the test. */
export function closingBoth<T extends { close(): void }>([one, other]: [T, T]): [T, T] {
  return [closing(one), closing(other)];
}

/** Closes a descriptor after the test. */
export function closingFd(fd: number): number {
  numbers.add(fd);
  return fd;
}

/** Whether a descriptor is open. */
export function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
