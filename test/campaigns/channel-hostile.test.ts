/**
 * A process that writes anything over a live channel, between a sender and receivers in others:
 * they see typed errors, and never bytes from elsewhere; they do not crash, nor hang.
 *
 * POSIX_IPC_CAMPAIGN=100 makes it half an hour; POSIX_IPC_SEED repeats one.
 */

import { memory } from 'posix-ipc';

import { amidBytes, amidUnbounded, isUntouched, surround } from '../support/amid';
import { patience, report, scaled } from '../support/campaign';
import type { Seen } from '../fixtures/campaigns/channel-victim';
import { startNode } from '../support/processes';
import { unbounded } from '../support/unbounded';
import { mapFile } from '../support/words';
import { below } from './chance';
import { Seeded } from './seeded';

/** Not below what shows anything on a slow machine. */
const milliseconds = Math.max(scaled(4000), 2000);
const seed = Number(process.env['POSIX_IPC_SEED'] ?? below(2 ** 31));

test.each([
  { receivers: 1 },
  { receivers: 2 },
  { ...unbounded, receivers: 1 },
  { ...unbounded, receivers: 2 },
])(
  `a channel that is overwritten all the time, %j, seed ${String(seed)}`,
  async (options) => {
    const { receivers } = options;
    const random = new Seeded(seed);
    const size = 'capacity' in options ? amidUnbounded : amidBytes;
    using memfd = memory.memfdSync('channel', { size });
    const file = `/proc/${String(process.pid)}/fd/${String(memfd.fd)}`;
    const mapping = mapFile(file);
    surround(mapping, options).close();
    const kind = JSON.stringify(options);
    const vandal = startNode('campaigns/channel-vandal', [file, String(random.seed()), kind]);
    expect(await vandal.line()).toBe('writing'); // before the victims' time begins
    const victims = ['sender', ...Array<string>(receivers).fill('receiver')].map((role) =>
      startNode('campaigns/channel-victim', [
        file,
        role,
        ...[random.seed(), milliseconds].map(String),
        kind,
      ]),
    );
    for (const victim of victims) {
      const { calls, errors, foreign, longest } = (await victim.json()) as Seen;
      await victim.success();
      report(
        `hostile channel: ${String(calls)} calls, ${JSON.stringify(errors)}, the longest took ${longest.toFixed()} ms`,
      );
      expect(foreign).toBe(false);
      expect(errors['EBADMSG']).toBeGreaterThan(0);
      expect(calls).toBeGreaterThan(10);
    }
    vandal.kill('SIGKILL');
    await vandal.ended;
    expect(isUntouched(mapping, options)).toBe(true);
    mapping.close();
  },
  patience(10),
);
