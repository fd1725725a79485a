/**
 * A process that writes anything over a live channel, between a sender and receivers in others:
 * they see typed errors, and never bytes from elsewhere; they do not crash, nor hang.
 *
 * POSIX_IPC_CAMPAIGN=100 makes it twelve minutes; POSIX_IPC_SEED repeats one.
 */

import { amidBytes, isUntouched, slotBytes, surround } from '../support/amid';
import { patience, report, scaled } from '../support/campaign';
import { temporaryFile } from '../support/files';
import type { Seen } from '../fixtures/campaigns/channel-victim';
import { startNode } from '../support/processes';
import { mapFile } from '../support/words';
import { below } from './chance';
import { Seeded } from './seeded';

/** Not below what shows anything on a slow machine. */
const milliseconds = Math.max(scaled(4000), 2000);
const seed = Number(process.env['POSIX_IPC_SEED'] ?? below(2 ** 31));

test.each([1, 2])(
  `a channel that is overwritten all the time, receivers: %d, seed ${String(seed)}`,
  async (receivers) => {
    const random = new Seeded(seed);
    const file = temporaryFile(Buffer.alloc(amidBytes));
    const mapping = mapFile(file);
    surround(mapping, { receivers }).close();
    const vandal = startNode('campaigns/channel-vandal', [
      file,
      ...[random.seed(), receivers].map(String),
    ]);
    expect(await vandal.line()).toBe('writing'); // before the victims' time begins
    const victims = ['sender', ...Array<string>(receivers).fill('receiver')].map((role) =>
      startNode('campaigns/channel-victim', [
        file,
        role,
        ...[random.seed(), milliseconds, receivers].map(String),
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
    expect(isUntouched(mapping, slotBytes(receivers))).toBe(true);
    mapping.close();
  },
  patience(10),
);
