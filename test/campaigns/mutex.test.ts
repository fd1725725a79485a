/**
 * Processes of Node and of C that work under one mutex, and are killed at random instants. Each tears
 * the data for a while in each of its turns: a survivor that finds it torn without having been told
 * of a death fails. Each counts its turns for itself, too.
 *
 * POSIX_IPC_CAMPAIGN=170 makes it 10,000 kills, and POSIX_IPC_CAMPAIGN_STATE=FILE lets it be interrupted.
 */

import { patience, report, scaled } from '../support/campaign';
import { makeLedger } from '../support/mutexes';
import { startC, startNode } from '../support/processes';
import { inParts, wordsOf, type Tally } from '../support/resumed';
import { killStorm, workers } from './lock-storm';

const kills = scaled(60);

async function storm(kills: number): Promise<Tally> {
  const { file, ledger } = makeLedger();
  const survived = await killStorm({
    kills,
    start: (kind, place) =>
      kind === 'C'
        ? startC('mutex-peer', [file, 'storm', String(place)])
        : startNode('mutex-peer', [file, 'storm', String(place), kind]),
    progress: () => ledger.first,
    holder: () => ledger.mutex.holderSync()?.pid,
    torn: () => ledger.torn,
  });
  const { killed } = survived;
  const guard = ledger.mutex.lockSync({ timeout: 10_000 });
  ledger.settle(guard);
  guard.release();
  const { first, torn, committed, counted, seen, untold } = ledger;
  const { deaths, contentions } = ledger.mutex.statSync();
  expect(first).toBe(ledger.second);
  expect(seen + untold).toBe(deaths);
  expect(untold).toBeLessThanOrEqual(1 + killed / 20); // it takes a kill in that instant
  expect(deaths).toBeLessThanOrEqual(killed + workers);
  expect(torn).toBeGreaterThan(kills / 50); // it was a storm
  // Who dies amid its turn may have begun it, and not committed; who dies after it, not have counted it.
  expect(first - committed).toBeGreaterThanOrEqual(0);
  expect(first - committed).toBeLessThanOrEqual(torn);
  expect(committed - counted).toBeGreaterThanOrEqual(0);
  expect(committed - counted).toBeLessThanOrEqual(killed + workers);
  return { ...survived, told: deaths, torn, turns: first, waits: contentions };
}

test(
  `${String(kills)} kills at random instants: each torn death is told once, nobody hangs`,
  async () => {
    const tally = await inParts('mutex', kills, storm);
    report(`mutex: ${wordsOf(tally)}`);
    expect(tally.killed).toBeGreaterThanOrEqual(kills);
  },
  patience(20),
);
