/** Measures of the benchmark, and what came of them, made up for its tests. */

import type { Figure, Measure } from '../../bench/core/measure';
import type { Work } from '../../bench/core/params';
import type { Result } from '../../bench/core/result';
import type { Outcome, Sample } from '../../bench/core/run';

export const work: Work = {
  ...{ size: 64, warm: 0, count: 1, check: 0, pause: 0, batch: 1, selectors: 1 },
};

/** A value as the program says it. */
export function said(name: string, unit: Figure['unit'], better: Figure['better']): Figure {
  return { name: '', unit, better, value: ({ values }) => values[name] ?? NaN };
}

/** Something of ours beside something in C: how many nanoseconds it takes. */
export function measure(more: Partial<Measure> = {}): Measure {
  return {
    ...{ name: 'a', group: 'g', scenario: 'pair', work },
    subject: { language: 'JavaScript', driver: 'any', forms: [] },
    baseline: { language: 'C', program: 'any' },
    figures: [said('ns', 'ns', 'less')],
    ...more,
  };
}

/** `distance`: of the CPUs, before and after. */
export function sample(result: Partial<Result>, distance = 1): Sample {
  return {
    result: { values: {}, latencies: {}, ...result },
    distances: [distance, distance],
    count: 1,
  };
}

/** One round for each pair of nanoseconds, ours and C's. */
export function outcome(one: Measure, pairs: readonly (readonly [number, number])[]): Outcome {
  const of = (ns: number): Sample => sample({ values: { ns } });
  return {
    measure: one,
    rounds: pairs.map(([subject, baseline]) => ({ subject: of(subject), baseline: of(baseline) })),
  };
}
