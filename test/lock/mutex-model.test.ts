/** Every way in which the steps of a few threads can mix, and die. */

import { report } from '../support/campaign';
import { explore, type Faults, type Setup } from './mutex-model';

const setups: Setup[] = [
  { threads: 2, rounds: 2, kills: 1 },
  { threads: 3, rounds: 1, kills: 2 },
  { threads: 2, rounds: 3, kills: 1 },
  { threads: 3, rounds: 2, kills: 1 },
  { threads: 4, rounds: 1, kills: 2, leaves: true },
  { threads: 3, rounds: 2, kills: 2, leaves: true },
  { threads: 2, rounds: 2, kills: 1, fair: true },
  { threads: 3, rounds: 1, kills: 2, leaves: true, fair: true },
];

test.each(setups)('%j: one at a time, each death told once, nobody sleeps for ever', (setup) => {
  const { states, fault } = explore(setup);
  report(`mutex model: ${JSON.stringify(setup)}, ${String(states)} states`);
  expect(fault).toBeUndefined();
  expect(states).toBeGreaterThan(500);
});

const faults: [Faults & { fair?: boolean }, string][] = [
  [{ forgetsSleepers: true }, 'all who live sleep'],
  [{ waitsSilently: true }, 'all who live sleep'],
  [{ clearsBlindly: true }, 'all who live sleep'],
  [{ announcesLate: true }, 'all who live sleep'],
  [{ fair: true, yieldsForEver: true }, 'all who live sleep'],
  [{ fair: true, clearsBlindly: true }, 'all who live sleep'],
];

test.each(faults)('finds what is wrong with %j', (fault, expected) => {
  expect(explore({ threads: 3, rounds: 2, kills: 1, ...fault }).fault).toBe(expected);
});

test('finds what is wrong where an owner that is none is named', () => {
  const setup = { threads: 4, rounds: 1, kills: 2, leaves: true, namesNobody: true };
  expect(explore(setup).fault).toBe('all who live sleep');
});
