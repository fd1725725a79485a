/** Semaphores that are gone after the test, whatever became of it. Importing this registers the clean-up. */

import { existsSync, statSync } from 'node:fs';

import { posix } from 'posix-ipc';

const opened = new Set<posix.Semaphore>();
const names = new Set<string>();

afterEach(() => {
  for (const semaphore of opened) semaphore.close();
  opened.clear();
  for (const name of names) unlinkQuietly(name);
  names.clear();
});

function unlinkQuietly(name: string): void {
  try {
    posix.Semaphore.unlinkSync(name);
  } catch {
    // The test removed it.
  }
}

/** A new semaphore of a random name; closed and removed after the test. */
export function temporarySemaphore(value = 0, mode?: number): posix.Semaphore {
  return adoptSemaphore(posix.Semaphore.createSync(undefined, { value, mode }));
}

/** Closes the object and removes the semaphore after the test. */
export function adoptSemaphore(semaphore: posix.Semaphore): posix.Semaphore {
  opened.add(semaphore);
  adoptName(semaphore.name);
  return semaphore;
}

/** Removes the semaphore of a name after the test. */
export function adoptName(name: string): string {
  names.add(name);
  return name;
}

/** A name that no semaphore has; removed after the test. */
export function unusedName(): string {
  return adoptName(`/test-${String(process.pid)}-${Math.random().toString(36).slice(2)}`);
}

/** Where glibc and musl keep the semaphore of a name. */
function filesOf(name: string): string[] {
  return [`/dev/shm/sem.${name.slice(1)}`, `/dev/shm/${name.slice(1)}`];
}

export function fileOf(name: string): string {
  const file = filesOf(name).find((one) => existsSync(one));
  if (file === undefined) throw new Error(`no semaphore is named ${name}`);
  return file;
}

/** The permission bits that a semaphore has. */
export function modeOf(name: string): number {
  return statSync(fileOf(name)).mode & 0o7777;
}
