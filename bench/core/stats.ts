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
