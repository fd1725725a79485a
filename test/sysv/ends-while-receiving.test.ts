/** What becomes of a message that arrives in the instant in which its receiver ends. */

import type { sysv } from 'posix-ipc';

import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';

function contents(queue: sysv.MessageQueue): string[] {
  return queue.drainSync().map(({ type, data }) => `${String(type)} ${data.toString()}`);
}

test('a worker that is terminated in receiveSync loses nothing, ten times of ten', async () => {
  const queue = temporaryQueue();
  const peer = startNode('terminated-receivers', [String(queue.id)]);
  expect(await peer.json()).toEqual(Array.from({ length: 10 }, (_, round) => String(round)));
});

describe('an empty message that the waiting thread has taken when the process exits', () => {
  test('is put back, at the end of the queue', async () => {
    const queue = temporaryQueue({ maxBytes: 2 });
    await startNode('exit-with-empty', [String(queue.id), '1']).success();
    expect(contents(queue)).toEqual(['1 x', '5 ']);
  });

  test('is lost if the queue has been filled and stays full: the exit does not wait for it', async () => {
    const queue = temporaryQueue({ maxBytes: 2 });
    await startNode('exit-with-empty', [String(queue.id), '2']).success();
    expect(contents(queue)).toEqual(['1 x', '1 x']);
  });
});
