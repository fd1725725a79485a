import { availableParallelism } from 'node:os';

import { Spin } from '../../lib/core/spin';
import { testIf } from '../support/machine';

const hasTwoCpus = availableParallelism() > 1;

afterEach(() => {
  jest.restoreAllMocks();
});

/** A spin with a wait behind it that took so many milliseconds. */
function spinAfter(milliseconds: number): Spin {
  const spin = new Spin();
  const now = jest.spyOn(performance, 'now');
  now.mockReturnValueOnce(1000).mockReturnValueOnce(1000 + milliseconds);
  spin.parked();
  spin.answered();
  return spin;
}

test('nothing was earned: no spin', () => {
  expect(new Spin().duration).toBe(0);
});

testIf(hasTwoCpus, 'needs two CPUs')(
  'a wait that ends at once earns spins, and spins that find nothing use them up',
  () => {
    const spin = spinAfter(0.01);
    expect(spin.duration).toBeGreaterThan(0);
    let spins = 0;
    for (; spin.duration > 0 && spins < 100; spins++) spin.ended(false);
    expect(spins).toBeGreaterThan(0);
    expect(spins).toBeLessThan(100);
  },
);

testIf(hasTwoCpus, 'needs two CPUs')('a spin that finds something earns more', () => {
  const spin = new Spin();
  spin.ended(true);
  expect(spin.duration).toBeGreaterThan(0);
});

test('a wait that takes long earns nothing', () => {
  expect(spinAfter(2).duration).toBe(0);
});

testIf(hasTwoCpus, 'needs two CPUs')(
  'a spin lasts a little longer than such waits take, within bounds',
  () => {
    expect(spinAfter(0).duration).toBeGreaterThanOrEqual(0.02);
    const spin = spinAfter(0.2);
    expect(spin.duration).toBeGreaterThan(spinAfter(0).duration);
    expect(spin.duration).toBeLessThanOrEqual(0.06);
  },
);

testIf(hasTwoCpus, 'needs two CPUs')('trials that find nothing become rare', () => {
  jest.spyOn(performance, 'now').mockReturnValue(1000);
  const spin = new Spin();
  const waitsToTrial = (): number => {
    for (let waits = 1; ; waits++) {
      spin.parked();
      spin.answered();
      if (spin.duration > 0) return waits;
    }
  };
  const pauses: number[] = [];
  for (let trial = 0; trial < 12; trial++) {
    pauses.push(waitsToTrial());
    while (spin.duration > 0) spin.ended(false);
  }
  expect(pauses.slice(0, 4)).toEqual([1, 2, 3, 5]);
  expect(Math.max(...pauses)).toBe(257);
});
