/** Random operations against a plain array: see Model. */

import { Model } from './model';

const runs = 30;
const steps = 600;

const seeds = Array.from({ length: runs }, (_, seed) => seed);

test.each(seeds.flatMap((seed) => [1, 3].map((receivers) => [seed, receivers])))(
  'seed %d, receivers: %d',
  (seed, receivers) => {
    const model = new Model(seed, receivers);
    for (let i = 0; i < steps; i++) model.step();
    expect(model.finish()).toBeGreaterThan(0);
  },
);
