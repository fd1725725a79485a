/**
 * Segments of System V, step by step at random, in C programs, in Node with the class and with the
 * syscalls: made, found, attached, read, written, detached, removed; and processes are killed. Each
 * step answers what shmop(2) says, whoever makes it.
 *
 * 2000 steps by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/segments for 40,000.
 * POSIX_IPC_SEED=NUMBER repeats the steps.
 */

import { randomInt } from 'node:crypto';

import { patience, report, scaled } from '../support/campaign';
import { type Actor, start, Steps } from './segment-steps';

const seed = Number(process.env['POSIX_IPC_SEED'] ?? randomInt(2 ** 32));
const steps = scaled(2000);
const kinds = ['C', 'C', 'class', 'class', 'syscalls'] as const;

test(
  `${String(steps)} steps with segments (seed ${String(seed)})`,
  async () => {
    const actors: Actor[] = [];
    for (const kind of kinds) actors.push(await start(kind));
    const campaign = new Steps(actors, seed);
    for (let i = 0; i < steps; i++) await campaign.step();
    await campaign.end();
    const counts = Object.fromEntries([...campaign.counts].toSorted());
    report(`segments, seed ${String(seed)}: ${JSON.stringify(counts)}`);
    if (steps >= 2000) {
      const rare = ['attach EINVAL', 'either EINVAL', 'status EINVAL', 'write EFAULT', 'killed'];
      expect(Object.keys(counts)).toEqual(expect.arrayContaining(rare));
    }
  },
  patience(30),
);
