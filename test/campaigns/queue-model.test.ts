/**
 * Calls of a few objects of one System V queue, at random, in one process: of every form and selector,
 * given up, closed in the midst, the queue enlarged and made smaller. Each answer is one that msgop(2) and
 * the docs allow; each message is taken once, or is left; nothing waits that could be answered.
 *
 * 40 queues by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/queue-model for 800.
 * POSIX_IPC_SEED=NUMBER repeats the choices.
 */

import { randomInt } from 'node:crypto';

import { patience, report, scaled } from '../support/campaign';
import { Steps } from './queue-steps';
import { Seeded } from './seeded';

const seed = Number(process.env['POSIX_IPC_SEED'] ?? randomInt(2 ** 32));
const queues = scaled(40);
const stepsOfEach = 100;

test(
  `${String(queues)} queues, ${String(stepsOfEach)} steps with each (seed ${String(seed)})`,
  async () => {
    const seeds = new Seeded(seed);
    const counts = new Map<string, number>();
    for (let i = 0; i < queues; i++) {
      const steps = new Steps(new Seeded(seeds.seed()));
      for (let step = 0; step < stepsOfEach; step++) await steps.step();
      await steps.end();
      for (const [key, count] of steps.counts) counts.set(key, count + (counts.get(key) ?? 0));
    }
    const seen = Object.fromEntries([...counts].toSorted());
    report(`queue model, seed ${String(seed)}: ${JSON.stringify(seen)}`);
    if (queues < 40) return;
    const ends = ['done', 'E2BIG', 'ERR_CLOSED', 'ETIMEDOUT', 'storm'];
    expect(Object.keys(seen)).toEqual(
      expect.arrayContaining([
        ...ends.map((end) => `receive ${end}`),
        'send EMSGSIZE',
        'batch done',
      ]),
    );
  },
  patience(10),
);
