/**
 * Kill storm with SEM_UNDO: processes that take and give back with undo are killed with SIGKILL at
 * random. What the dead held comes back, neither more nor less.
 *
 * 40 kills by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/undo for 800.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { patience, report, scaled } from '../support/campaign';
import { type Peer, startNode } from '../support/processes';
import { temporarySet } from '../support/semaphore-sets';
import { soon, waitUntil } from '../support/wait-until';
import { below, chance, oneOf } from './chance';
import { undoWays } from './undo-ways';

const kills = scaled(40);
const atOnce = 4;
/** Fewer than all of them want: they wait for each other. */
const value = 5;

test(
  `${String(kills)} processes that hold semaphores with undo are killed`,
  async () => {
    const set = temporarySet({ value });
    const alive: Peer[] = [];
    const start = (): void => {
      alive.push(startNode('campaigns/undo-holder', [String(set.id), oneOf(undoWays)]));
    };
    const killOne = async (): Promise<void> => {
      const [victim] = alive.splice(below(alive.length), 1);
      if (victim === undefined) throw new Error('nobody is left to be killed');
      if (chance(0.8)) expect(await victim.line()).toBe('begun');
      await sleep(below(50));
      victim.kill('SIGKILL');
      const { signal, stderr } = await soon('a death', victim.ended);
      expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
    };
    let lowest = value;
    for (let i = 0; i < atOnce; i++) start();
    for (let killed = 0; killed < kills; killed++) {
      await killOne();
      lowest = Math.min(lowest, set.valueSync());
      start();
    }
    while (alive.length > 0) await killOne();
    await waitUntil('all that was held is back', () => set.valueSync() === value);
    await sleep(50); // and it is not more
    expect([set.valueSync(), set.waitersSync(0)]).toEqual([value, 0]);
    expect(lowest).toBeLessThan(value); // somebody held something
    report(
      `undo storm: ${String(kills + atOnce)} killed, the value was ${String(lowest)} at times`,
    );
  },
  patience(30),
);
