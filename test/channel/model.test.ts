/** Random operations against a plain array: see Model. */

import { Model } from './model';

const runs = 30;
const steps = 600;

test.each(Array.from({ length: runs }, (_, seed) => [seed]))('seed %d', (seed) => {
  const model = new Model(seed);
  for (let i = 0; i < steps; i++) model.step();
  expect(model.finish()).toBeGreaterThan(0);
});
