/**
 * Processes of Node and of C that put into and take out of a small store, wait for each other, and are
 * killed at random instants: while they wait, while they notify, and amid a change. Whoever finds
 * numbers that do not agree without having been told of a death fails; where a notification is lost
 * nobody goes on.
 *
 * POSIX_IPC_CAMPAIGN=170 makes it 10,000 kills.
 */

import { patience, report, scaled } from '../support/campaign';
import { makeStore } from '../support/mutexes';
import { startC, startNode } from '../support/processes';
import { killStorm, workers } from './lock-storm';

const kills = scaled(60);

test(
  `${String(kills)} kills at random instants: no notification is lost, each torn death is told once`,
  async () => {
    const { file, store } = makeStore();
    const { killed, longest } = await killStorm({
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
    report(
      `condition: ${String(killed)} kills, ${String(deaths)} deaths told, ${String(store.torn)} of them torn, ` +
        `${String(store.taken)} taken, at most ${longest.toFixed()} ms without progress`,
    );
    expect(store.agrees).toBe(true);
    expect(store.told).toBe(deaths);
    expect(deaths).toBeLessThanOrEqual(killed + workers);
    expect(store.torn).toBeGreaterThan(kills / 50); // it was a storm
  },
  patience(20),
);
