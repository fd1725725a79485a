/** What the plots show, from what was measured. */

import type { Figure } from '../core/measure';
import type { Row } from '../core/rows';
import type { Outcome, Sample } from '../core/run';
import { median, quantile } from '../core/stats';

/** The name of the C program among the transports. */
export const C = 'C, Unix socket';

export interface Rate {
  transport: string;
  kind: 'ours' | 'node' | 'package' | 'C';
  size: number;
  rate: number;
}

export interface Percentile {
  transport: string;
  size: number;
  percentile: string;
  microseconds: number;
}

export interface Ratio {
  transport: string;
  size: number;
  ratio: number;
}

const PERCENTILES = [50, 90, 99, 99.9, 99.99];

type Who = 'subject' | 'baseline';

function samplesOf({ rounds }: Outcome, who: Who): Sample[] {
  return rounds.flatMap((round) => round[who] ?? []);
}

function comparable(outcomes: readonly Outcome[], scenario: string): Outcome[] {
  return outcomes.filter(
    ({ measure, rounds, fault }) =>
      measure.transport !== undefined &&
      measure.scenario === scenario &&
      fault === undefined &&
      rounds.length > 0,
  );
}

function figureOf({ measure }: Outcome): Figure {
  const [figure] = measure.figures;
  if (figure === undefined) throw new Error(`${measure.name} has no figure`);
  return figure;
}

function valueOf(outcome: Outcome, who: Who): number {
  const figure = figureOf(outcome);
  return median(samplesOf(outcome, who).map(({ result }) => figure.value(result)));
}

/** One way: messages per second; of C for each size the median over all rows. */
export function rates(outcomes: readonly Outcome[]): Rate[] {
  const streams = comparable(outcomes, 'stream');
  const subjects = streams.flatMap((outcome): Rate[] => {
    const { transport, work } = outcome.measure;
    const rate = valueOf(outcome, 'subject');
    return transport === undefined
      ? []
      : [{ transport: transport.name, kind: transport.kind, size: work.size, rate }];
  });
  const sizes = [...new Set(streams.map(({ measure }) => measure.work.size))];
  const baselines = sizes.map((size): Rate => {
    const values = streams
      .filter(({ measure }) => measure.work.size === size)
      .map((outcome) => valueOf(outcome, 'baseline'));
    return { transport: C, kind: 'C', size, rate: median(values) };
  });
  return [...subjects, ...baselines];
}

/** There and back: what so many of a hundred round trips took at most, over all rounds. */
export function percentiles(outcomes: readonly Outcome[]): Percentile[] {
  const trips = comparable(outcomes, 'round-trip');
  const of = (outcome: Outcome, who: Who, transport: string): Percentile[] => {
    const { latencies } = figureOf(outcome);
    const all = samplesOf(outcome, who).flatMap(({ result }) => [...(latencies?.(result) ?? [])]);
    return PERCENTILES.map((percentile) => ({
      transport,
      size: outcome.measure.work.size,
      percentile: `p${String(percentile)}`,
      microseconds: quantile(all, percentile / 100) / 1000,
    }));
  };
  const subjects = trips.flatMap((outcome) =>
    of(outcome, 'subject', outcome.measure.transport?.name ?? ''),
  );
  const seen = new Set<number>();
  const baselines = trips.flatMap((outcome) => {
    const { size } = outcome.measure.work;
    if (seen.has(size)) return [];
    seen.add(size);
    return of(outcome, 'baseline', C);
  });
  return [...subjects, ...baselines];
}

/** One way, each row's rate by that of the C program beside it. */
export function ratiosToC(outcomes: readonly Outcome[], rows: readonly Row[]): Ratio[] {
  const byName = new Map(rows.map((row) => [row.name, row]));
  return comparable(outcomes, 'stream').flatMap(({ measure }) => {
    const ratio = byName.get(measure.name)?.ratio?.median;
    return measure.transport === undefined || ratio === undefined
      ? []
      : [{ transport: measure.transport.name, size: measure.work.size, ratio }];
  });
}

/** Our rates by that of the fastest transport which Node itself has, for each size. */
export function ratiosToNode(all: readonly Rate[]): Ratio[] {
  return all.flatMap(({ transport, kind, size, rate }) => {
    const best = Math.max(
      ...all.filter((one) => one.kind === 'node' && one.size === size).map((one) => one.rate),
    );
    return kind === 'ours' && best > 0 ? [{ transport, size, ratio: rate / best }] : [];
  });
}

/** A size as people write it. */
export function sizeText(size: number): string {
  if (size >= 1024 * 1024) return `${String(size / 1024 / 1024)} MiB`;
  return size >= 1024 ? `${String(size / 1024)} KiB` : `${String(size)} B`;
}
