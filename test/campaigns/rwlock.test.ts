/**
 * Processes of Node and of C that read, write, upgrade and downgrade under one lock, and are killed
 * at random instants. Who writes tears the data for a while: a survivor, reader or writer, that finds
 * it torn without having been told of a death fails.
 *
 * POSIX_IPC_CAMPAIGN=170 makes it 10,000 kills.
 */

import { patience, report, scaled } from '../support/campaign';
import { makeRwLedger } from '../support/mutexes';
import { startC, startNode } from '../support/processes';
import { killStorm, workers } from './lock-storm';

const kills = scaled(40);

test.each([false, true])(
  `${String(kills)} kills at random instants, preferWriters: %s: each torn death is told once, nobody hangs`,
  async (preferWriters) => {
    const { file, ledger } = makeRwLedger({ preferWriters });
    const { killed, longest } = await killStorm({
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
    report(
      `rwlock: ${String(killed)} kills, ${String(deaths)} deaths told, ${String(ledger.torn)} of them torn, ` +
        `${String(reads)} reads, ${String(writes)} writes, at most ${longest.toFixed()} ms without progress`,
    );
    expect(ledger.first).toBe(ledger.second);
    expect(ledger.seen).toBe(deaths);
    expect(deaths).toBeLessThanOrEqual(killed + workers);
    expect(readers).toBe(0);
    expect(ledger.torn).toBeGreaterThan(kills / 50); // it was a storm
  },
  patience(20),
);
