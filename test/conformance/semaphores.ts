/** POSIX semaphores as the rows need them: small, and with results to compare. */

import type { posix } from 'posix-ipc';
import { O_CREAT, O_EXCL, sem_close, sem_getvalue, sem_open } from 'posix-ipc/syscalls';

import { adoptName, temporarySemaphore, unusedName } from '../support/semaphores';
import { resultOf, type Run } from './result';

const handles = new Set<number>();

afterEach(() => {
  for (const handle of handles) closeQuietly(handle);
  handles.clear();
});

function closeQuietly(handle: number): void {
  try {
    sem_close(handle);
  } catch {
    // The test closed it.
  }
}

/** Closed after the test. */
export function adoptHandle(handle: number): number {
  handles.add(handle);
  return handle;
}

export function opened(name: string): number {
  return adoptHandle(sem_open(name, 0));
}

/** The name of a new semaphore that nobody has open. */
export function semaphoreNamed(value = 0, mode = 0o600): string {
  const semaphore = temporarySemaphore(value, mode);
  semaphore.close();
  return semaphore.name;
}

/** A new semaphore, and its name. */
export function newSemaphore(value = 0): { handle: number; name: string } {
  const name = unusedName();
  return { handle: adoptHandle(sem_open(name, O_CREAT | O_EXCL, 0o600, value)), name };
}

/** A new semaphore of the class. */
export function semaphoreObject(value = 0): posix.Semaphore {
  return temporarySemaphore(value);
}

let last = 0;

/** A name that ends with a number by which /proc tells that somebody waits. */
export function waitedName(): { key: string; id: number } {
  last++;
  const id = process.pid * 1000 + last;
  return { key: adoptName(`/conformance-${String(id)}`), id };
}

/** What comes of the call, and what the value is then. */
export async function withValue(handle: number, run: Run): Promise<string> {
  const result = await resultOf(run);
  return `${result}, value ${String(sem_getvalue(handle))}`;
}

export async function withValueOf(semaphore: posix.Semaphore, run: Run): Promise<string> {
  const result = await resultOf(run);
  return `${result}, value ${String(semaphore.value)}`;
}
