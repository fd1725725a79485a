/** POSIX shared memory that is gone after the test. Importing this registers the clean-up. */

import { rmSync } from 'node:fs';

import { posix } from 'posix-ipc';

const opened = new Set<posix.SharedMemory>();
const names = new Set<string>();

afterEach(() => {
  for (const shm of opened) shm.close();
  opened.clear();
  for (const name of names) rmSync(`/dev/shm${name}`, { force: true });
  names.clear();
});

/** Closes the object and takes its name away after the test. */
export function adoptShared(shm: posix.SharedMemory): posix.SharedMemory {
  opened.add(shm);
  names.add(shm.name);
  return shm;
}

/** New memory with a random name. */
export function shared(
  size = 8192,
  options?: Partial<posix.SharedMemoryOptions>,
): posix.SharedMemory {
  return adoptShared(posix.SharedMemory.createSync(undefined, { size, ...options }));
}

/** Takes a name away after the test. */
export function adoptName(name: string): string {
  names.add(name);
  return name;
}
