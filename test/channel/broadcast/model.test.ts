/** Random operations against a plain array: see Model. */

import { Model } from './model';

const runs = 30;
const steps = 600;

const seeds = Array.from({ length: runs }, (_, seed) => [seed]);

function expectModel(model: Model): void {
  for (let i = 0; i < steps; i++) model.step();
  expect(model.finish()).toBeGreaterThan(0);
}

test.each(seeds)('seed %d', (seed) => {
  expectModel(new Model(seed));
});

test.each(seeds)('where the publisher waits, seed %d', (seed) => {
  expectModel(new Model(seed, true));
});
