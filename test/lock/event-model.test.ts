/** Every way in which the steps of those who set, reset and wait can mix, and die. */

import { report } from '../support/campaign';
import { explore, type Faults, type Setup } from './event-model';

const setups: Setup[] = [
  { roles: ['set', 'wait', 'wait'], autoReset: false, kills: 2 },
  { roles: ['set', 'set', 'reset', 'wait'], autoReset: false, kills: 1 },
  { roles: ['set', 'reset', 'wait', 'wait'], autoReset: false, kills: 2 },
  { roles: ['set', 'wait', 'wait'], autoReset: true, kills: 2 },
  { roles: ['set', 'set', 'wait', 'wait'], autoReset: true, kills: 2 },
  { roles: ['set', 'set', 'reset', 'wait'], autoReset: true, kills: 1 },
];

test.each(setups)('%j: no set is lost, none is taken twice', (setup) => {
  const { states, fault } = explore(setup);
  report(`event model: ${JSON.stringify(setup)}, ${String(states)} states`);
  expect(fault).toBeUndefined();
  expect(states).toBeGreaterThan(200);
});

const asleep = 'it is set, and somebody sleeps';
const faults: [Faults, Partial<Setup>, string][] = [
  [{ wakesLast: true }, {}, asleep],
  [{ wakesLast: true }, { autoReset: true }, asleep],
  [{ wakesOne: true }, {}, asleep],
  [{ waitsSilently: true }, {}, asleep],
  [{ leavesTheDead: true }, {}, asleep],
  [
    { overlooksResets: true },
    { roles: ['set', 'reset', 'wait'], kills: 0 },
    'it was set, and somebody slept on',
  ],
  [{ takesBlindly: true }, { autoReset: true }, 'a set was taken twice'],
];

test.each(faults)('finds what is wrong with %j, %j', (fault, setup, expected) => {
  const common: Setup = { roles: ['set', 'wait', 'wait'], autoReset: false, kills: 2 };
  expect(explore({ ...common, ...setup, ...fault }).fault).toBe(expected);
});
