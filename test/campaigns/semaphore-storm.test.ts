/**
 * Abort storm of semaphores: waits that are given up at random, in several processes and workers.
 * As many were taken as were posted, but for what is left.
 *
 * 20,000 posts of each kind by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/semaphore for 400,000.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { patience, report, scaled } from '../support/campaign';
import { startNode } from '../support/processes';
import { temporarySemaphore } from '../support/semaphores';
import { temporarySet } from '../support/semaphore-sets';
import { soon, waitUntil } from '../support/wait-until';
import { below } from './chance';

const processes = 2;
const workers = 2;
const posts = scaled(20_000);
/** Little is there at a time: most waits have to wait. */
const mostAtOnce = 40;

interface Posted {
  id: string;
  post(count: number): void;
  value(): number;
}

interface Numbers {
  taken: number;
  failed: number;
  closed: number;
}

const kinds: [kind: string, make: () => Posted][] = [
  [
    'posix',
    () => {
      const semaphore = temporarySemaphore();
      return {
        id: semaphore.name,
        post: (count) => {
          semaphore.post(count);
        },
        value: () => semaphore.value,
      };
    },
  ],
  [
    'sysv',
    () => {
      const set = temporarySet({ value: 0 });
      return {
        id: String(set.id),
        post: (count) => {
          set.postSync(0, { by: count });
        },
        value: () => set.valueSync(),
      };
    },
  ],
];

async function postAll(semaphore: Posted): Promise<void> {
  for (let posted = 0; posted < posts;) {
    const count = Math.min(1 + below(20), posts - posted);
    if (semaphore.value() < mostAtOnce) {
      semaphore.post(count);
      posted += count;
    }
    if (below(3) === 0) await sleep(below(2));
  }
}

test.each(kinds)(
  `${String(posts)} posts of a semaphore of %s, waits aborted at random`,
  async (kind, make) => {
    const semaphore = make();
    const peers = Array.from({ length: processes }, () =>
      startNode('campaigns/semaphore-storm', [kind, semaphore.id, String(workers)]),
    );
    for (const peer of peers) expect(await peer.line()).toBe('ready');
    await soon('all posts', postAll(semaphore), patience(20));
    await waitUntil('all is taken, or nearly', () => semaphore.value() < mostAtOnce);
    for (const peer of peers) peer.tell('stop');
    const numbers: Numbers[] = [];
    for (const peer of peers) numbers.push(JSON.parse((await peer.success()).slice(6)) as Numbers);
    const sum = (name: keyof Numbers): number => numbers.reduce((all, one) => all + one[name], 0);
    report(
      `semaphore storm, ${kind}: ${String(posts)} posts, ${String(sum('taken'))} taken, ` +
        `${String(semaphore.value())} left; ${String(sum('failed'))} given up, ${String(sum('closed'))} closed`,
    );
    expect(sum('taken') + semaphore.value()).toBe(posts);
    expect(sum('failed')).toBeGreaterThan(posts / 1000); // it was a storm
  },
  patience(20),
);
