/** Sets that are gone after the test, whatever became of it. Importing this registers the clean-up. */

import { sysv } from 'posix-ipc';
import { IPC_RMID, semctl } from 'posix-ipc/syscalls';

const opened = new Set<sysv.SemaphoreSet>();
const ids = new Set<number>();

afterEach(() => {
  for (const set of opened) set.close();
  opened.clear();
  for (const id of ids) removeQuietly(id);
  ids.clear();
});

function removeQuietly(id: number): void {
  try {
    semctl(id, 0, IPC_RMID);
  } catch {
    // The test removed it.
  }
}

/** A new set of a random key; closed and removed after the test. */
export function temporarySet(
  options?: sysv.SemaphoreCreateOptions,
  key: sysv.Key = 'random',
): sysv.SemaphoreSet {
  return adoptSet(sysv.SemaphoreSet.createSync(key, options));
}

/** A new set with these values. */
export function setOf(...values: number[]): sysv.SemaphoreSet {
  return temporarySet({ values });
}

/** Closes the object and removes the set after the test. */
export function adoptSet(set: sysv.SemaphoreSet): sysv.SemaphoreSet {
  opened.add(set);
  ids.add(set.id);
  return set;
}

/** Removes the set of an identifier after the test. */
export function adoptSetId(id: number): number {
  ids.add(id);
  return id;
}
