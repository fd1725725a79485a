/**
 * Locks of ranges of a file, taken, given back, changed and waited for at random, by several objects and a C
 * program: after each step the kernel has what a model of single bytes says, split and joined as it has
 * to be, and nobody waits who need not.
 *
 * 400 steps of each kind by default; POSIX_IPC_CAMPAIGN=50 npm test -- campaigns/file-lock-model for
 * 20,000. POSIX_IPC_SEED=NUMBER repeats the steps.
 */

import { randomInt } from 'node:crypto';

import { patience, report, scaled } from '../support/campaign';
import { kinds, Outsider } from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { FileLockSteps } from './file-lock-steps';
import { Seeded } from './seeded';

const seed = Number(process.env['POSIX_IPC_SEED'] ?? randomInt(2 ** 32));
const steps = scaled(400);

test.each(kinds)(
  `%s: ${String(steps)} steps (seed ${String(seed)})`,
  async (kind) => {
    const random = new Seeded(seed);
    const path = temporaryFile('');
    const outsider = await Outsider.of({ path, kind });
    const base = kind !== 'flock' && random.chance(0.5) ? 2n ** 62n : 0n;
    // The objects of one process do not exclude each other by POSIX locks.
    const objects = kind === 'posix' ? 1 : 3;
    const campaign = new FileLockSteps(random, outsider, { path, kind, base }, objects);
    for (let i = 0; i < steps; i++) await campaign.step();
    campaign.end();
    const counts = Object.fromEntries([...campaign.counts].toSorted());
    report(`file locks, ${kind}, seed ${String(seed)}: ${JSON.stringify(counts)}`);
    const often = ['lock done', 'lock ended', 'release', 'tryLock barred'];
    if (steps >= 400) expect(Object.keys(counts)).toEqual(expect.arrayContaining(often));
  },
  patience(10),
);
