/** What a worker has of a lock when it ends, other than of a mutex: see mutex.test. */

import { startNode } from '../support/processes';

const ways = ['ends', 'exits', 'throws', 'is terminated'];

describe.each([
  ['a write lock', 'true false\n'],
  ['a read lock', 'false false\n'], // nobody is told of a reader
  ['what is done once', 'true undefined\n'],
])('%s', (kind, told) => {
  test.each(ways)('a worker %s while it has it', async (way) => {
    expect(await startNode('lock-worker', [kind, way]).success()).toBe(told);
  });
});
