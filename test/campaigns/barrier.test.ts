/**
 * Processes of Node and of C that meet at a barrier for three, five of them, and are killed at random
 * instants. Who goes on although no two others have waited with it fails; where a death is not told
 * nobody goes on.
 *
 * POSIX_IPC_CAMPAIGN=170 makes it 10,000 kills, and POSIX_IPC_CAMPAIGN_STATE=FILE lets it be interrupted.
 */

import { BarrierStorm } from '../support/barrier-storm';
import { makeBarrier } from '../support/barriers';
import { patience, report, scaled } from '../support/campaign';
import { startC, startNode } from '../support/processes';
import { inParts, wordsOf, type Tally } from '../support/resumed';
import { mapFile } from '../support/words';
import { killStorm } from './lock-storm';

const kills = scaled(60);

async function meet(kills: number): Promise<Tally> {
  const { file, barrier } = makeBarrier(3);
  using mapping = mapFile(file);
  const storm = new BarrierStorm(mapping);
  const survived = await killStorm({
    kills,
    start: (kind, place) => {
      const work = [file, 'storm', String(place)];
      return kind === 'C'
        ? startC('barrier-peer', work)
        : startNode('barrier-peer', [...work, kind]);
    },
    progress: () => storm.passes,
    holder: () => undefined,
    torn: () => storm.told,
  });
  expect(storm.told).toBeGreaterThan(kills / 50); // it was a storm
  barrier.reset();
  const waits = [barrier.wait(), barrier.wait(), barrier.wait()];
  expect((await Promise.all(waits)).filter((isLast) => isLast)).toHaveLength(1);
  return { ...survived, told: storm.told, passed: storm.passes };
}

test(
  `${String(kills)} kills at random instants: nobody goes on too early, nobody waits for the dead`,
  async () => {
    const tally = await inParts('barrier', kills, meet);
    report(`barrier: ${wordsOf(tally)}`);
    expect(tally.killed).toBeGreaterThanOrEqual(kills);
  },
  patience(20),
);
