/**
 * Percentiles of single operations, ours and C's. A closed loop asks nobody while an answer is late, so its own
 * percentiles leave out whoever would have asked meanwhile; they are also given with those in it.
 */

import type { Figure } from './measure';
import type { Outcome } from './run';
import { correctedQuantile, median, quantile, shows } from './stats';
import { amount, drawn, written } from './table';

export const SHARES = [0.5, 0.9, 0.99, 0.999, 0.9999] as const;

export function percentileName(share: number): string {
  return `p${String(Number((share * 100).toFixed(2)))}`;
}

type Loop = 'open' | 'closed' | 'closed, corrected' | 'closed, rested';

export interface Tail {
  group: string;
  name: string;
  loop: Loop;
  /** Microseconds at each of SHARES, over all rounds; NaN where they are too few to show it. */
  subject: number[];
  baseline?: number[];
}

export const TAIL_HEAD = [
  '',
  ...SHARES.map((share) => `${percentileName(share)} ours / C`),
  'loop',
];

/** Those that a scenario times one by one. */
function loopsOf({ measure: { scenario, work } }: Outcome): Loop[] {
  if (scenario === 'schedule') return ['open'];
  if (scenario !== 'round-trip' && scenario !== 'in-flight') return [];
  return work.pause > 0 ? ['closed, rested'] : ['closed', 'closed, corrected'];
}

/** The one whose single operations were timed. */
export function timedFigureOf({ measure }: Outcome): Figure | undefined {
  return measure.figures.find(({ latencies }) => latencies !== undefined);
}

/** Of one of the two, over all rounds; nanoseconds. */
export function latenciesOf(outcome: Outcome, who: 'subject' | 'baseline'): number[] {
  const figure = timedFigureOf(outcome);
  return outcome.rounds.flatMap((round) => {
    const sample = round[who];
    return sample === undefined ? [] : [...(figure?.latencies?.(sample.result) ?? [])];
  });
}

/** None where they were not timed, or somebody was wrong. */
export function tailsOf(outcome: Outcome): Tail[] {
  const { measure, rounds, fault } = outcome;
  const [subjects, baselines] = [latenciesOf(outcome, 'subject'), latenciesOf(outcome, 'baseline')];
  if (fault !== undefined || rounds.length === 0 || subjects.length === 0) return [];
  return loopsOf(outcome).map((loop) => ({
    group: measure.group,
    name: measure.name,
    loop,
    subject: percentilesOf(subjects, loop),
    ...(baselines.length > 0 ? { baseline: percentilesOf(baselines, loop) } : {}),
  }));
}

/** Where they are corrected: as if somebody asked as often as the median says. */
function percentilesOf(latencies: readonly number[], loop: Loop): number[] {
  const interval = loop === 'closed, corrected' ? median(latencies) : 0;
  return SHARES.map((share) => {
    if (!shows(latencies.length, share)) return NaN;
    return interval > 0
      ? correctedQuantile(latencies, interval, share) / 1000
      : quantile(latencies, share) / 1000;
  });
}

export function tailCells({ subject, baseline = [], loop }: Tail): string[] {
  return [...subject.map((one, i) => `${amount(one, '')} / ${amount(baseline[i], '')}`), loop];
}

export function tailTable(tails: readonly Tail[]): string {
  return drawn(TAIL_HEAD, tails, tailCells);
}

export function tailMarkdown(tails: readonly Tail[]): string {
  return written(TAIL_HEAD, tails, tailCells);
}
