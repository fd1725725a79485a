/** Random operations against a plain array: see Model. */

import { unbounded } from '../support/unbounded';
import { Model } from './model';

const runs = 30;
const steps = 600;

const seeds = Array.from({ length: runs }, (_, seed) => seed);
const kinds = [{}, { receivers: 3 }, unbounded, { ...unbounded, receivers: 3 }];

test.each(seeds.flatMap((seed) => kinds.map((options) => [seed, options] as const)))(
  'seed %d, %j',
  (seed, options) => {
    const model = new Model(seed, options);
    for (let i = 0; i < steps; i++) model.step();
    expect(model.finish()).toBeGreaterThan(0);
  },
);
