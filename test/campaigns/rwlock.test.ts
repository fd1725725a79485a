/**
 * Processes of Node and of C that read, write, upgrade and downgrade under one lock, and are killed
 * at random instants. Who writes tears the data for a while: a survivor, reader or writer, that finds
 * it torn without having been told of a death fails.
 *
 * POSIX_IPC_CAMPAIGN=125 makes it 5,000 kills of each, and POSIX_IPC_CAMPAIGN_STATE=FILE lets it be
 * interrupted.
 */

import { patience, report, scaled } from '../support/campaign';
import { makeRwLedger } from '../support/mutexes';
import { startC, startNode } from '../support/processes';
import { inParts, wordsOf, type Tally } from '../support/resumed';
import { killStorm, workers } from './lock-storm';

const kills = scaled(40);

async function storm(kills: number, preferWriters: boolean): Promise<Tally> {
  const { file, ledger } = makeRwLedger({ preferWriters });
  const survived = await killStorm({
    kills,
    start: (kind) =>
      kind === 'C'
        ? startC('rwlock-peer', [file, 'storm'])
        : startNode('rwlock-peer', [file, 'storm', '0', kind]),
    progress: () => ledger.first,
    holder: () => ledger.rwlock.holdersSync().writer?.pid,
    torn: () => ledger.torn,
  });
  const guard = ledger.rwlock.writeLockSync({ timeout: 10_000 });
  ledger.settle(guard);
  guard.release();
  const { deaths, reads, writes, readers } = ledger.rwlock.statSync();
  const { first, second, seen, untold } = ledger;
  expect(first).toBe(second);
  expect(seen + untold).toBe(deaths);
  expect(untold).toBeLessThanOrEqual(1 + survived.killed / 20); // it takes a kill in that instant
  expect(deaths).toBeLessThanOrEqual(survived.killed + workers);
  expect(readers).toBe(0);
  expect(ledger.torn).toBeGreaterThan(kills / 50); // it was a storm
  return { ...survived, told: deaths, torn: ledger.torn, reads, writes };
}

test.each([false, true])(
  `${String(kills)} kills at random instants, preferWriters: %s: each torn death is told once, nobody hangs`,
  async (preferWriters) => {
    const name = `rwlock, preferWriters: ${String(preferWriters)}`;
    const tally = await inParts(name, kills, (some) => storm(some, preferWriters));
    report(`${name}: ${wordsOf(tally)}`);
    expect(tally.killed).toBeGreaterThanOrEqual(kills);
  },
  patience(20),
);
