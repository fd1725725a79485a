import {
  apart,
  correctedQuantile,
  FEWEST,
  median,
  outliers,
  quantile,
  ratios,
  shows,
  spread,
} from '../../bench/core/stats';

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

test.each([
  [1000, 0.99, true],
  [1000, 0.999, true],
  [999, 0.999, false],
  [10_000, 0.9999, true],
  [9999, 0.9999, false],
  [2, 0.5, true],
  [0, 0.5, false],
])('%i values show the quantile %d: %p', (count, share, shown) => {
  expect(shows(count, share)).toBe(shown);
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

/** As HdrHistogram's recordValueWithExpectedInterval does it, one value after the other. */
function corrected(latencies: readonly number[], interval: number): number[] {
  const all: number[] = [];
  for (const latency of latencies) {
    all.push(latency);
    for (let missing = latency - interval; missing >= interval; missing -= interval) {
      all.push(missing);
    }
  }
  return all.sort((a, b) => a - b);
}

describe('latencies of a closed loop, corrected', () => {
  const shares = [0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1];

  test('a stall of 100 s in a loop of 1 ms counts for all who would have waited', () => {
    const stalled = [...Array.from({ length: 100_000 }, () => 1), 100_000];
    expect(quantile(stalled, 0.9999)).toBe(1); // the closed loop does not know of it
    expect(correctedQuantile(stalled, 1, 0.5)).toBeCloseTo(1, 3);
    expect(correctedQuantile(stalled, 1, 0.75)).toBeCloseTo(50_000, -2);
    expect(correctedQuantile(stalled, 1, 0.9999)).toBeCloseTo(99_980, -2);
  });

  test.each([
    ['exponential', uniform(2000).map((u) => -Math.log(1 - u) * 10)],
    ['two kinds', uniform(2000).map((u) => (u < 0.9 ? 1 + u : 40 * u))],
    ['all within one interval', uniform(2000).map((u) => u)],
  ])('as if they were added one by one: %s', (_, latencies) => {
    const interval = 1.7;
    const all = corrected(latencies, interval);
    for (const share of shares) {
      const expected = all[Math.max(Math.ceil(share * all.length), 1) - 1] ?? NaN;
      expect(correctedQuantile(latencies, interval, share) / expected).toBeCloseTo(1, 4);
    }
  });

  test('without an interval, or of none, is the plain quantile', () => {
    expect(correctedQuantile([1, 2, 300], 0, 0.5)).toBe(2);
    expect(correctedQuantile([], 1, 0.5)).toBeNaN();
  });
});

test('how far values lie apart', () => {
  expect(apart([10, 11, 10.5])).toBeCloseTo(0.1);
  expect(apart([3])).toBe(0);
});

describe('outliers', () => {
  test('lie far from the others, on either side', () => {
    expect(outliers([10, 11, 9, 10, 30, 10.5, 1])).toEqual(
      [10, 11, 9, 10, 30, 10.5, 1].map((value) => value === 30 || value === 1),
    );
  });

  test('are none among few, equal or evenly spread values', () => {
    expect(outliers([1, 2, 3, 4, 5])).not.toContain(true);
    expect(outliers([7, 7, 7])).not.toContain(true);
    expect(outliers([100, 100, 100, 100, 100, 100, 104])).not.toContain(true);
    expect(outliers([100, 100, 100, 100, 100, 100, 106])).toContain(true);
    expect(outliers([])).toEqual([]);
  });

  test('cannot be among fewer than four values, and can among four', () => {
    expect(outliers([1, 1, 1000])).not.toContain(true);
    expect(outliers([1, 1, 1, 1000])).toEqual([false, false, false, true]);
    expect(FEWEST).toBe(4);
  });

  test('of a normal distribution are about 7 of a thousand', () => {
    const values = uniform(20_000);
    const normal = Array.from({ length: 10_000 }, (_, i) => {
      const [u = 0.5, v = 0.5] = [values[2 * i], values[2 * i + 1]];
      return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
    });
    const share = outliers(normal).filter(Boolean).length / normal.length;
    expect(share).toBeGreaterThan(0.003);
    expect(share).toBeLessThan(0.012);
  });
});
