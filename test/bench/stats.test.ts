import { median, quantile, ratios, spread } from '../../bench/core/stats';

/** A fixed series that looks random: the suite must not depend on chance. */
function uniform(count: number): number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
}

function shuffled(values: readonly number[]): number[] {
  const keys = uniform(values.length);
  return values
    .map((value, i) => [keys[i] ?? 0, value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

describe('quantile', () => {
  const hundred = shuffled(Array.from({ length: 101 }, (_, i) => i));

  test.each([0, 0.01, 0.25, 0.5, 0.99, 1])('of 0 to 100 at %d', (share) => {
    expect(quantile(hundred, share)).toBeCloseTo(share * 100);
  });

  test('lies between two values in proportion', () => {
    expect(quantile([10, 20], 0.25)).toBe(12.5);
  });

  test('sorts by size, not by text, and leaves its input alone', () => {
    const values = [100, 9, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  test('of one value is that value, of none is NaN', () => {
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('of an exponential distribution', () => {
    const values = uniform(100_000).map((u) => -Math.log(1 - u));
    expect(median(values)).toBeCloseTo(Math.LN2, 1);
    expect(quantile(values, 0.99)).toBeCloseTo(Math.log(100), 0);
  });

  test('the 99th percentile sees one slow operation in fifty, the median does not', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i % 50 === 0 ? 1000 : 10));
    expect(median(values)).toBe(10);
    expect(quantile(values, 0.99)).toBe(1000);
  });
});

test('median of an even number of values is their middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('spread', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
});

describe('ratios', () => {
  test('are made pair by pair: a machine that slows down in between changes nothing', () => {
    const slower = [1, 1.1, 5, 20];
    expect(ratios(slower.map((factor) => [30 * factor, 20 * factor]))).toEqual({
      median: expect.closeTo(1.5) as number,
      min: expect.closeTo(1.5) as number,
      max: expect.closeTo(1.5) as number,
    });
  });

  test('one disturbed pair does not move the median', () => {
    expect(
      ratios([
        [2, 1],
        [2, 1],
        [90, 1],
      ]).median,
    ).toBe(2);
  });
});
