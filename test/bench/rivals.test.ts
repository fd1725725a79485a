import { elementsOf } from '../../bench/core/disruptors';
import type { Measure } from '../../bench/core/measure';
import { loadRival, reported } from '../../bench/core/rivals';

const NOBODY = 'posix-ipc-no-such-package';

const ours = { language: 'JavaScript', driver: 'any', forms: [] } as const;
const theirs = { ...ours, rival: NOBODY };

function measure(more: Partial<Measure>): Measure {
  const work = { size: 64, warm: 0, count: 1, check: 0, pause: 0, batch: 1, selectors: 1 };
  return { name: 'a', group: 'g', scenario: 'pair', work, subject: ours, figures: [], ...more };
}

test('one that is not installed cannot be loaded', () => {
  expect(() => loadRival(NOBODY)).toThrow(NOBODY);
});

test.each([
  ['that is measured', { subject: theirs }],
  ['that ours is measured beside', { baseline: theirs }],
])('one %s and is absent is reported, with the reason', (_who, more) => {
  const { absent } = reported(measure(more));
  expect(absent).toMatch(`${NOBODY} is not measured`);
  expect(absent).toContain('Cannot find');
});

test('a row without rivals stays as it is', () => {
  const one = measure({ baseline: { language: 'C', program: 'any' } });
  expect(reported(one)).toBe(one);
});

test.each([
  [64, 16_384],
  [100, 10_485],
  [1024, 1024],
  [65_536, 256],
  [1 << 20, 16],
])('a ring of elements of %i bytes is no shorter than that of a channel', (size, elements) => {
  expect(elementsOf(size)).toBe(elements);
  expect((elements + 1) * size).toBeGreaterThan(1 << 20);
});
