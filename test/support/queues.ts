/** Queues that are gone after the test, whatever became of it. Importing this registers the clean-up. */

import { sysv } from 'posix-ipc';
import { IPC_RMID, msgctl } from 'posix-ipc/syscalls';

const opened = new Set<sysv.MessageQueue>();
const ids = new Set<number>();

afterEach(() => {
  for (const queue of opened) queue.close();
  opened.clear();
  for (const id of ids) removeQuietly(id);
  ids.clear();
});

function removeQuietly(id: number): void {
  try {
    msgctl(id, IPC_RMID);
  } catch {
    // The test removed it.
  }
}

/** A new queue of a random key; closed and removed after the test. */
export function temporaryQueue(
  options?: sysv.CreateOptions,
  key: sysv.Key = 'random',
): sysv.MessageQueue {
  return adoptQueue(sysv.MessageQueue.createSync(key, options));
}

/** Closes the object and removes the queue after the test. */
export function adoptQueue(queue: sysv.MessageQueue): sysv.MessageQueue {
  opened.add(queue);
  ids.add(queue.id);
  return queue;
}

/** Removes the queue of an identifier after the test. */
export function adoptId(id: number): number {
  ids.add(id);
  return id;
}

/** A queue of `capacity` bytes with no room left, filled with messages of one byte. */
export function fullQueue(capacity = 4, type = 1): sysv.MessageQueue {
  const queue = temporaryQueue({ maxBytes: capacity });
  queue.trySendMany(
    Array.from({ length: capacity }, () => 'x'),
    { type },
  );
  return queue;
}
