/** Every way in which the steps of those who wait at a barrier, reset it and give up can mix, and die. */

import { report } from '../support/campaign';
import { explore, type Faults, type Setup } from './barrier-model';

const setups: Setup[] = [
  { parties: 2, waits: [2, 2], resets: 0, kills: 1, leaves: 0 },
  { parties: 2, waits: [1, 1, 1], resets: 0, kills: 2, leaves: 0 },
  { parties: 2, waits: [1, 1], resets: 1, kills: 1, leaves: 1 },
  { parties: 2, waits: [2, 1], resets: 2, kills: 1, leaves: 0 },
  { parties: 3, waits: [1, 1, 1], resets: 0, kills: 1, leaves: 1 },
];

test.each(setups)('%j: all go on together, or are told', (setup) => {
  const { states, fault } = explore(setup);
  report(`barrier model: ${JSON.stringify(setup)}, ${String(states)} states`);
  expect(fault).toBeUndefined();
  expect(states).toBeGreaterThan(1000);
});

const faults: [Faults, Partial<Setup>, string][] = [
  [{ ringsFirst: true }, {}, 'somebody sleeps on'],
  [{ passesNothingOn: true }, { parties: 3, waits: [1, 1, 1] }, 'somebody sleeps on'],
  [{ overlooksSlots: true }, { parties: 3 }, 'somebody sleeps beside a dead one'],
  [{ sleepsSilently: true }, { parties: 3 }, 'somebody sleeps beside a dead one'],
  [{ marksNobody: true }, { parties: 3, resets: 1 }, 'a death was not told'],
  [{ buriesBlindly: true }, { waits: [1, 1, 1, 1], kills: 2 }, 'one of them was dead'],
  [{ withdrawsBlindly: true }, { leaves: 1 }, 'somebody is counted who does not wait'],
];

test.each(faults)('finds what is wrong with %j, %j', (fault, setup, expected) => {
  const common: Setup = { parties: 2, waits: [1, 1], resets: 0, kills: 1, leaves: 0 };
  expect(explore({ ...common, ...setup, ...fault }).fault).toBe(expected);
});
