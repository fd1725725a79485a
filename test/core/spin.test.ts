import os, { cpus } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { Spin } from '../../lib/core/spin';
import { countTime } from '../../lib/core/turn';
import { testIf } from '../support/machine';

const twoCpus = [cpus().length > 1, 'needs two CPUs'] as const;

/** A spin with a wait behind it that took so many milliseconds. */
function spinAfter(milliseconds: number): Spin {
  const spin = new Spin();
  spin.answered(milliseconds);
  return spin;
}

afterEach(() => {
  jest.restoreAllMocks();
});

test('nothing was earned: no spin', () => {
  expect(new Spin().duration).toBe(0);
});

testIf(...twoCpus)(
  'a wait that ends at once earns spins, and spins that find nothing use them up',
  () => {
    const spin = spinAfter(0.01);
    expect(spin.duration).toBeGreaterThan(0);
    let spins = 0;
    for (; spin.duration > 0 && spins < 100; spins++) spin.ended(false, spin.duration);
    expect(spins).toBeGreaterThan(0);
    expect(spins).toBeLessThan(100);
  },
);

testIf(...twoCpus)('who may use one CPU only spins too: the peer may have another one', () => {
  jest.spyOn(os, 'availableParallelism').mockReturnValue(1);
  expect(spinAfter(0.05).duration).toBeGreaterThan(0);
});

testIf(...twoCpus)('a spin that finds something earns more', () => {
  const spin = new Spin();
  spin.ended(true, 0.01);
  expect(spin.duration).toBeGreaterThan(0);
});

test.each([0.5, 2, Infinity])('a wait of %d ms earns nothing', (milliseconds) => {
  expect(spinAfter(milliseconds).duration).toBe(0);
});

testIf(...twoCpus)('a spin lasts a little longer than such waits take, within bounds', () => {
  expect(spinAfter(0).duration).toBeGreaterThanOrEqual(0.02);
  const spin = spinAfter(0.2);
  expect(spin.duration).toBeGreaterThan(spinAfter(0).duration);
  expect(spin.duration).toBeLessThanOrEqual(0.3);
});

testIf(...twoCpus)('a trial may last longer than the spins that it earns', () => {
  const spin = new Spin();
  for (let i = 0; i < 20; i++) spin.answered(0.19);
  const trial = spin.duration;
  expect(trial).toBeGreaterThan(0.19);
  spin.ended(true, 0.19);
  expect(spin.duration).toBeLessThanOrEqual(0.06);
});

testIf(...twoCpus)('what is found quickly shortens the next spin', () => {
  const spin = spinAfter(0.2);
  spin.ended(true, 0.05);
  const before = spin.duration;
  for (let i = 0; i < 20; i++) spin.ended(true, 0.001);
  expect(spin.duration).toBeLessThan(before);
  expect(spin.duration).toBeCloseTo(0.02);
});

testIf(...twoCpus)('trials that find nothing become rare', () => {
  const spin = new Spin();
  const waitsToTrial = (): number => {
    for (let waits = 1; ; waits++) {
      spin.answered(0);
      if (spin.duration > 0) return waits;
    }
  };
  const pauses: number[] = [];
  for (let trial = 0; trial < 12; trial++) {
    pauses.push(waitsToTrial());
    while (spin.duration > 0) spin.ended(false, spin.duration);
  }
  expect(pauses.slice(0, 4)).toEqual([1, 2, 3, 5]);
  expect(Math.max(...pauses)).toBe(257);
});

testIf(...twoCpus)('it runs for as long as it may, and remembers what came of it', async () => {
  const spin = spinAfter(0.01);
  await nextTurn();
  const { duration } = spin;
  const given: number[] = [];
  const finding = (found: string | undefined) => (milliseconds: number) => {
    given.push(milliseconds);
    return found;
  };
  expect(spin.run(finding('it'))).toBe('it');
  expect(given).toEqual([duration]);
  await nextTurn(); // it may have lasted for all the time of one
  for (let i = 0; i < 100; i++) expect(spin.run(finding(undefined))).toBeUndefined();
  expect(given.length).toBeGreaterThan(1);
  expect(given.length).toBeLessThan(100);
});

testIf(...twoCpus)('it does not run where the event loop has waited long enough', async () => {
  await nextTurn();
  const spin = spinAfter(0.01);
  expect(spin.needsTurn).toBe(false);
  countTime(10);
  expect(spin.needsTurn).toBe(true);
  expect(new Spin().needsTurn).toBe(false); // it would not run
  expect(spin.run(() => 'it')).toBeUndefined();
  await nextTurn();
  expect(spin.run(() => 'it')).toBe('it');
});

testIf(...twoCpus)(
  'a thread that is blocked anyway tries on whatever the event loop has waited, for no more than is left',
  async () => {
    await nextTurn();
    const spin = spinAfter(0.01);
    countTime(10);
    const { duration } = spin;
    const given = (milliseconds: number): number => milliseconds;
    expect(spin.runSync(given, 0)).toBeUndefined();
    expect(spin.runSync(given, Infinity)).toBe(duration);
    expect(spin.runSync(given, 0.001)).toBe(0.001);
    for (let i = 0; i < 100; i++) spin.runSync(() => undefined, Infinity);
    expect(spin.duration).toBe(0);
    expect(spin.runSync(given, Infinity)).toBeUndefined();
    await nextTurn();
  },
);
