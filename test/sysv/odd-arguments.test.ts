/** Whatever JavaScript passes: a typed error or an answer, never a crash. */

import { startNode } from '../support/processes';

test.each([
  ['message queues', 'odd-arguments', 3000],
  ['semaphore sets', 'odd-semaphore-arguments', 2500],
  ['shared memory', 'odd-segment-arguments', 800],
  ['POSIX message queues', 'odd-posix-queue-arguments', 1500],
])('%s take or refuse odd values, with a code', async (_name, program, calls) => {
  const peer = startNode(program);
  const { untyped, count } = JSON.parse(await peer.success()) as {
    untyped: string[];
    count: number;
  };
  expect(untyped).toEqual([]);
  expect(count).toBeGreaterThan(calls);
});
