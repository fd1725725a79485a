/** POSIX queues that are gone after the test, whatever became of it. Importing this registers the clean-up. */

import { posix } from 'posix-ipc';

const opened = new Set<posix.MessageQueue>();
const names = new Set<string>();

afterEach(() => {
  for (const queue of opened) queue.close();
  opened.clear();
  for (const name of names) unlinkQuietly(name);
  names.clear();
});

function unlinkQuietly(name: string): void {
  try {
    posix.MessageQueue.unlinkSync(name);
  } catch {
    // The test removed it.
  }
}

/** A new queue of a random name, small: all queues of a user share one limit. Closed and removed after the test. */
export function temporaryPosixQueue(options?: posix.QueueOptions): posix.MessageQueue {
  const size = { maxMessages: 10, messageSize: 256 };
  return adoptPosixQueue(posix.MessageQueue.createSync(undefined, { ...size, ...options }));
}

/** Closes the object and removes the queue after the test. */
export function adoptPosixQueue(queue: posix.MessageQueue): posix.MessageQueue {
  opened.add(queue);
  adoptQueueName(queue.name);
  return queue;
}

/** Removes the queue of a name after the test. */
export function adoptQueueName(name: string): string {
  names.add(name);
  return name;
}

/** A name that no queue has; removed after the test. */
export function unusedQueueName(): string {
  return adoptQueueName(`/test-${String(process.pid)}-${Math.random().toString(36).slice(2)}`);
}

/** A queue with no room left, filled with messages of one byte. */
export function fullPosixQueue(capacity = 4, priority = 0): posix.MessageQueue {
  const queue = temporaryPosixQueue({ maxMessages: capacity });
  queue.trySendMany(
    Array.from({ length: capacity }, () => 'x'),
    { priority },
  );
  return queue;
}
