/** A native module forks, and its child ends without having called exec. */

import { compileC } from '../support/compile';
import { isSanitized, testIf } from '../support/machine';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';

testIf(!isSanitized, 'a sanitizer does not bear a fork in a signal handler')(
  'the child ends, and what its parent waits for, or has taken, is left to that',
  async () => {
    const library = await compileC('fork-preload');
    const queue = temporaryQueue();
    const env = { ...process.env, LD_PRELOAD: library };
    const peer = startNode('forked', [String(queue.id)], { env });
    expect(await peer.success()).toBe('code 3\n0 bytes, 0 left\n');
  },
);
