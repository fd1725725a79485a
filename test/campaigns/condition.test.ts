/**
 * Processes of Node and of C that put into and take out of a small store, wait for each other, and are
 * killed at random instants: while they wait, while they notify, and amid a change. Whoever finds
 * numbers that do not agree without having been told of a death fails; where a notification is lost
 * nobody goes on.
 *
 * POSIX_IPC_CAMPAIGN=170 makes it 10,000 kills, and POSIX_IPC_CAMPAIGN_STATE=FILE lets it be interrupted.
 */

import { patience, report, scaled } from '../support/campaign';
import { makeStore } from '../support/mutexes';
import { startC, startNode } from '../support/processes';
import { inParts, wordsOf, type Tally } from '../support/resumed';
import { killStorm, workers } from './lock-storm';

const kills = scaled(60);

async function storm(kills: number): Promise<Tally> {
  const { file, store } = makeStore();
  const survived = await killStorm({
    kills,
    start: (kind, place) => {
      const work = [file, place % 2 === 0 ? 'put' : 'take', 'storm'];
      return kind === 'C'
        ? startC('condition-peer', work)
        : startNode('condition-peer', [...work, kind]);
    },
    progress: () => store.taken,
    holder: () => store.mutex.holderSync()?.pid,
    torn: () => store.torn,
  });
  const guard = store.mutex.lockSync({ timeout: 10_000 });
  store.settle(guard);
  guard.release();
  const { deaths } = store.mutex.statSync();
  expect(store.agrees).toBe(true);
  expect(store.told + store.untold).toBe(deaths);
  expect(store.untold).toBeLessThanOrEqual(1 + survived.killed / 20); // it takes a kill in that instant
  expect(deaths).toBeLessThanOrEqual(survived.killed + workers);
  expect(store.torn).toBeGreaterThan(kills / 50); // it was a storm
  return { ...survived, told: deaths, torn: store.torn, taken: store.taken };
}

test(
  `${String(kills)} kills at random instants: no notification is lost, each torn death is told once`,
  async () => {
    const tally = await inParts('condition', kills, storm);
    report(`condition: ${wordsOf(tally)}`);
    expect(tally.killed).toBeGreaterThanOrEqual(kills);
  },
  patience(20),
);
