/** Every way in which the steps of those who wait and notify can mix, and die. */

import { report } from '../support/campaign';
import { explore, type Faults, type Setup } from './condition-model';

const setups: Setup[] = [
  { roles: ['wait', 'wait', 'notify'], kills: 2 },
  { roles: ['wait', 'wait', 'notify', 'notify'], kills: 1 },
  { roles: ['wait', 'wait', 'wait', 'notify'], kills: 1 },
  { roles: ['wait', 'wait', 'notify', 'notifyAll'], kills: 1 },
  { roles: ['wait', 'wait', 'notify'], kills: 1, timeouts: 2 },
  { roles: ['wait', 'wait', 'wait', 'notify', 'notify'], kills: 0 },
  { roles: ['wait', 'wait', 'wait', 'notify', 'notify'], kills: 0, groups: 1 },
];

test.each(setups)('%j: no wake-up is lost, none is stolen', (setup) => {
  const { states, fault } = explore(setup);
  report(`condition model: ${JSON.stringify(setup)}, ${String(states)} states`);
  expect(fault).toBeUndefined();
  expect(states).toBeGreaterThan(200);
});

const five: Setup['roles'] = ['wait', 'wait', 'wait', 'notify', 'notify'];
const lost = 'a wake-up was lost';
const stolen = 'a wake-up was stolen';
const faults: [Faults, Partial<Setup>, string][] = [
  [{ wakesLast: true }, {}, lost],
  [{ wakesOne: true }, {}, lost],
  [{ looksLate: true }, { kills: 0 }, lost],
  [{ servesInOrder: true }, {}, lost],
  [{ leavesEarly: true }, { kills: 0 }, lost],
  [{ ignoresLimits: true }, { roles: five, kills: 0 }, stolen],
  [
    { movesLimits: true },
    { roles: ['wait', 'wait', 'wait', 'notify', 'notify'], kills: 0 },
    stolen,
  ],
  [{ countsFirst: true }, { roles: five }, stolen],
];

test.each(faults)('finds what is wrong with %j, %j', (fault, setup, expected) => {
  const common: Setup = { roles: ['wait', 'wait', 'notify'], kills: 1 };
  expect(explore({ ...common, ...setup, ...fault }).fault).toBe(expected);
});
