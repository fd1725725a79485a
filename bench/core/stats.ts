/** Statistics of measurements. Nothing here knows what was measured. */

/** The value below which a share of the values lies; between two of them, in proportion. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (position - below);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Binary fractions are not exact: so little is no difference. */
export const EXACT = 1e-9;

/** Whether so many values say anything of a quantile: at least one of them is expected beyond it. */
export function shows(count: number, share: number): boolean {
  return count * (1 - share) >= 1 - EXACT;
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: quantile(values, 0), max: quantile(values, 1) };
}

/**
 * The ratio of each pair of values that were measured one right after the other, then their spread.
 *
 * The median of ratios, not the ratio of medians: what disturbs the machine for a while disturbs
 * both halves of a pair.
 */
export function ratios(pairs: readonly (readonly [subject: number, baseline: number])[]): Spread {
  return spread(pairs.map(([subject, baseline]) => subject / baseline));
}

/**
 * A quantile of latencies of a closed loop, in which nobody asks while an answer is late: as if requests had gone
 * on at an interval. One that took several intervals stands for those that would have waited behind it, each an
 * interval less, as in HdrHistogram's recordValueWithExpectedInterval.
 */
export function correctedQuantile(
  latencies: readonly number[],
  interval: number,
  share: number,
): number {
  if (latencies.length === 0 || !(interval > 0)) return quantile(latencies, share);
  const sorted = Float64Array.from(latencies).sort();
  const behind = sorted.map((latency) => Math.max(Math.floor(latency / interval) - 1, 0));
  const total = behind.reduce((sum, count) => sum + count, sorted.length);
  const wanted = Math.max(share * total, 1);
  let [low, high] = [0, sorted.at(-1) ?? NaN];
  while (high - low > high * PRECISION) {
    const middle = (low + high) / 2;
    if (within(middle, sorted, behind, interval) >= wanted) high = middle;
    else low = middle;
  }
  return high;
}

/** How many take at most so long: of those behind one, the ones that came late enough. */
function within(
  limit: number,
  sorted: Float64Array,
  behind: Float64Array,
  interval: number,
): number {
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    const latency = sorted[i] as number;
    const after = behind[i] as number;
    if (latency <= limit) count += 1 + after;
    else if (after > 0) count += Math.max(after - Math.ceil((latency - limit) / interval) + 1, 0);
  }
  return count;
}

/** Of a bisection, relative. */
const PRECISION = 1e-6;

/** How far the values lie apart: the largest by the smallest, less 1. */
export function apart(values: readonly number[]): number {
  const { min, max } = spread(values);
  return max / min - 1;
}

/** As box plots draw it: beyond the quartiles by so many times what lies between them. */
const FENCE = 1.5;

/** Of the median: what lies within so much is none, however close the others are. */
const LITTLE = 0.05;

/** Of fewer values none can lie beyond: it stretches what lies between the quartiles itself. */
export const FEWEST = 4;

/** Which of the values lie far from the others. */
export function outliers(values: readonly number[]): boolean[] {
  if (values.length < FEWEST) return values.map(() => false);
  const [low, high] = [quantile(values, 0.25), quantile(values, 0.75)];
  const reach = Math.max(FENCE * (high - low), LITTLE * Math.abs(median(values)));
  return values.map((value) => value < low - reach || value > high + reach);
}
