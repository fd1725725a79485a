/** Every way in which the steps of a few readers, writers and upgraders can mix, and die. */

import { report } from '../support/campaign';
import { explore } from './rwlock-model';
import type { Faults, Setup } from './rwlock-model-steps';

const setups: Pick<Setup, 'roles' | 'rounds' | 'kills'>[] = [
  { roles: ['reader', 'writer'], rounds: 2, kills: 1 },
  { roles: ['reader', 'reader', 'writer'], rounds: 1, kills: 1 },
  { roles: ['reader', 'writer', 'writer'], rounds: 1, kills: 2 },
  { roles: ['upgrader', 'writer', 'reader'], rounds: 1, kills: 1 },
  { roles: ['upgrader', 'upgrader', 'writer'], rounds: 1, kills: 1 },
];

const both = setups.flatMap((setup) => [
  { ...setup, preferWriters: false },
  { ...setup, preferWriters: true },
]);

test.each(both)('%j: writers are alone, torn data is told, nobody waits for ever', (setup) => {
  const { states, fault } = explore(setup);
  report(`rwlock model: ${JSON.stringify(setup)}, ${String(states)} states`);
  expect(fault).toBeUndefined();
  expect(states).toBeGreaterThan(500);
});

const faults: [Faults, string][] = [
  [{ looksFirst: true }, 'somebody reads what is written'],
  [{ countsNobody: true }, 'somebody reads what is written'],
  [{ nudgesNobody: true }, 'all who live wait'],
  [{ unmarks: true }, 'all who live wait'],
  [{ sleepsBlindly: true }, 'all who live wait'],
  [{ forgetsDeaths: true }, 'somebody reads what is torn'],
];

test.each(faults)('finds what is wrong with %j', (fault, expected) => {
  const setup = { rounds: 1, kills: 1, preferWriters: false, ...fault };
  const found = [
    explore({ roles: ['reader', 'writer', 'reader'], ...setup }).fault,
    explore({ roles: ['upgrader', 'writer'], ...setup }).fault,
  ];
  expect(found).toContain(expected);
});
