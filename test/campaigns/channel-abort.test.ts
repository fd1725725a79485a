/**
 * Calls of a channel that are given up at random, by timeouts, signals, the end of an iteration, and `close()`, in all
 * forms beside each other: what a sender was told that it has sent comes, once, and nothing else does.
 */

import type { channel } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { AbortStorm } from './channel-abort';

const shapes: channel.ChannelOptions[] = [
  { capacity: 1024 },
  { capacity: 1024, senders: 2, receivers: 2 },
  { capacity: 0, maxLength: 600 },
  { capacity: 0, maxLength: 600, receivers: 2 },
  { capacity: 'unbounded', limit: 1 << 14, segment: 4096, receivers: 2 },
  { capacity: 1024, full: 'fail' },
];

describe.each(['block', 'adaptive', 'spin'] as const)('%s', (waiting) => {
  test.each(shapes)(
    'what is given up is not sent, and all else comes once, %j',
    async (options) => {
      const storm = new AbortStorm(makeChannel({ ...options, waiting }));
      await storm.run(scaled(500));
      report(`${waiting}, ${JSON.stringify(options)}: ${String(storm.total)} messages`);
      expect(storm.faults).toEqual({ lost: [], again: [], unsent: [] });
      expect(storm.total).toBeGreaterThan(0);
    },
    patience(5),
  );
});
