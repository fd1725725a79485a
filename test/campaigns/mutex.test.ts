/**
 * Processes of Node and of C that work under one mutex, and are killed at random instants. Each tears
 * the data for a while in each of its turns: a survivor that finds it torn without having been told
 * of a death fails.
 *
 * POSIX_IPC_CAMPAIGN=170 makes it 10,000 kills.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { patience, report, scaled } from '../support/campaign';
import { makeLedger } from '../support/mutexes';
import { type Peer, startC, startNode } from '../support/processes';
import { waitUntil } from '../support/wait-until';
import { below } from './chance';

const kills = scaled(60);

/** Most victims are of C: a Node process takes longer to start than to die. */
const kinds = ['C', 'C', 'C', 'sync', 'mixed'] as const;

test(
  `${String(kills)} kills at random instants: each torn death is told once, nobody hangs`,
  async () => {
    const { file, ledger } = makeLedger();
    const start = (kind: (typeof kinds)[number]): Peer | Promise<Peer> =>
      kind === 'C'
        ? startC('mutex-peer', [file, 'storm'])
        : startNode('mutex-peer', [file, 'storm', '0', kind]);
    const peers: Peer[] = [];
    for (const kind of kinds) peers.push(await start(kind));
    await waitUntil('the storm has begun', () => ledger.first > 1000);
    let longest = 0;
    for (let i = 0; i < kills; i++) {
      await sleep(below(8));
      const place = below(10) === 0 ? 3 + below(2) : below(3);
      const victim = peers[place];
      victim?.kill('SIGKILL');
      const before = ledger.first;
      const begin = performance.now();
      await waitUntil('the others go on', () => ledger.first > before + 10);
      longest = Math.max(longest, performance.now() - begin);
      expect(await victim?.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
      peers[place] = await start(kinds[place] ?? 'C');
    }
    for (const peer of peers) {
      peer.kill('SIGKILL');
      expect(await peer.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    }
    const guard = ledger.mutex.lockSync({ timeout: 10_000 });
    ledger.settle(guard);
    guard.release();
    const { deaths, contentions } = ledger.mutex.statSync();
    report(
      `mutex: ${String(kills)} kills, ${String(deaths)} deaths told, ${String(ledger.torn)} of them torn, ` +
        `${String(ledger.first)} turns, ${String(contentions)} waits, at most ${longest.toFixed()} ms without progress`,
    );
    expect(ledger.first).toBe(ledger.second);
    expect(ledger.seen).toBe(deaths);
    expect(deaths).toBeLessThanOrEqual(kills + kinds.length);
    expect(ledger.torn).toBeGreaterThan(kills / 50); // it was a storm
  },
  patience(20),
);
