/**
 * Processes of Node and of C that count in one file under a lock of it, of each kind; and the same
 * while they are killed at random instants. Each looks whether it is alone in its section, and
 * whether all of its sections are still there.
 *
 * POSIX_IPC_CAMPAIGN=334 makes it 100,000 sections each, and 6,680 kills of each kind.
 */

import { patience, report, scaled } from '../support/campaign';
import { emptyLedger, places, readLedger } from '../support/file-ledger';
import { fileLock, kinds } from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { startC, startNode, type Peer } from '../support/processes';
import { killStorm, workers } from './lock-storm';

const sections = scaled(300);
const kills = scaled(20);

const forms = ['C', 'sync', 'promise', 'mixed', 'C', 'sync', 'promise', 'mixed'] as const;

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

/** `count` 0: until it is killed. */
function start(form: string, args: readonly [string, string], place: number, count: number) {
  const all = [...args, String(place), String(count)];
  return form === 'C'
    ? startC('file-ledger-peer', all)
    : startNode('file-ledger-peer', [...all, form]);
}

describe.each(kinds)('%s', (kind) => {
  test(
    `eight processes exclude each other in ${String(sections)} sections each`,
    async () => {
      const path = temporaryFile(emptyLedger);
      const peers: Peer[] = [];
      for (const [place, form] of forms.entries()) {
        peers.push(await start(form, [path, kind], place, sections));
      }
      for (const peer of peers) await peer.success();
      const each = Array.from({ length: places }, () => sections);
      expect(readLedger(path)).toEqual({
        owner: 0,
        deaths: 0,
        committed: places * sections,
        slots: each,
        own: each,
      });
    },
    patience(10),
  );

  test(
    `${String(kills)} kills at random instants: nobody hangs, no section is lost`,
    async () => {
      const path = temporaryFile(emptyLedger);
      const { killed, longest } = await killStorm({
        kills,
        start: (form, place) => start(form, [path, kind], place, 0),
        progress: () => readLedger(path).committed,
        holder: () => readLedger(path).owner || undefined,
        torn: () => readLedger(path).deaths,
      });
      fileLock(kind, path).lockSync({ timeout: 10_000 }).release();
      const { owner, deaths, committed, slots, own } = readLedger(path);
      report(
        `${kind}: ${String(killed)} kills, ${String(deaths)} deaths in sections, ` +
          `${String(committed)} sections, at most ${longest.toFixed()} ms without progress`,
      );
      expect(sum(slots)).toBe(committed);
      const uncounted = slots.map((slot, place) => slot - (own[place] ?? 0));
      // Who dies between the two has committed, and has not counted it.
      expect(uncounted.every((ahead) => ahead === 0 || ahead === 1)).toBe(true);
      expect(deaths).toBeGreaterThan(kills / 50); // it was a storm
      expect(deaths + (owner === 0 ? 0 : 1)).toBeLessThanOrEqual(killed + workers);
    },
    patience(20),
  );
});
