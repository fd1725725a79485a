/**
 * Processes of Node and of C that work under one mutex, and are killed at random instants. Each tears
 * the data for a while in each of its turns: a survivor that finds it torn without having been told
 * of a death fails.
 *
 * POSIX_IPC_CAMPAIGN=170 makes it 10,000 kills.
 */

import { patience, report, scaled } from '../support/campaign';
import { makeLedger } from '../support/mutexes';
import { startC, startNode } from '../support/processes';
import { killStorm, workers } from './lock-storm';

const kills = scaled(60);

test(
  `${String(kills)} kills at random instants: each torn death is told once, nobody hangs`,
  async () => {
    const { file, ledger } = makeLedger();
    const { killed, longest } = await killStorm({
      kills,
      start: (kind) =>
        kind === 'C'
          ? startC('mutex-peer', [file, 'storm'])
          : startNode('mutex-peer', [file, 'storm', '0', kind]),
      progress: () => ledger.first,
      holder: () => ledger.mutex.holderSync()?.pid,
      torn: () => ledger.torn,
    });
    const guard = ledger.mutex.lockSync({ timeout: 10_000 });
    ledger.settle(guard);
    guard.release();
    const { deaths, contentions } = ledger.mutex.statSync();
    report(
      `mutex: ${String(killed)} kills, ${String(deaths)} deaths told, ${String(ledger.torn)} of them torn, ` +
        `${String(ledger.first)} turns, ${String(contentions)} waits, at most ${longest.toFixed()} ms without progress`,
    );
    expect(ledger.first).toBe(ledger.second);
    expect(ledger.seen).toBe(deaths);
    expect(deaths).toBeLessThanOrEqual(killed + workers);
    expect(ledger.torn).toBeGreaterThan(kills / 50); // it was a storm
  },
  patience(20),
);
