/** What the plots show, from what was measured. */

import type { Figure } from '../core/measure';
import type { Row } from '../core/rows';
import type { Outcome, Sample } from '../core/run';
import { median, quantile, shows } from '../core/stats';
import { latenciesOf, percentileName, SHARES } from '../core/tails';

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
  /** Requests under way at most. */
  window: number;
  percentile: string;
  microseconds: number;
}

export interface Answered {
  transport: string;
  size: number;
  /** Requests under way at most. */
  window: number;
  rate: number;
}

export interface FanOut {
  transport: string;
  receivers: number;
  rate: number;
}

export interface Ratio {
  transport: string;
  size: number;
  ratio: number;
}

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

/** Scenarios in which each request is timed. */
type Timed = 'round-trip' | 'in-flight' | 'schedule';

/**
 * What so many of a hundred requests took at most, over all rounds, where they are enough to show it; of C once for
 * what is plotted together: one size of a schedule, on which windows differ, else one size and window.
 */
export function percentiles(
  outcomes: readonly Outcome[],
  scenario: Timed = 'round-trip',
): Percentile[] {
  const of = (outcome: Outcome, who: Who, transport: string): Percentile[] => {
    const all = latenciesOf(outcome, who);
    const { size, window = 1 } = outcome.measure.work;
    return SHARES.filter((share) => shows(all.length, share)).map((share) => ({
      transport,
      size,
      window,
      percentile: percentileName(share),
      microseconds: quantile(all, share) / 1000,
    }));
  };
  const timed = comparable(outcomes, scenario);
  const subjects = timed.flatMap((outcome) =>
    of(outcome, 'subject', outcome.measure.transport?.name ?? ''),
  );
  const keyOf = scenario === 'schedule' ? sizeOf : sizeAndWindow;
  const baselines = grouped(timed, keyOf).flatMap(([first]) =>
    first === undefined ? [] : of(first, 'baseline', C),
  );
  return [...subjects, ...baselines];
}

/** Several in flight: requests answered in a second; of C for each size and window the median over all rows. */
export function answered(outcomes: readonly Outcome[]): Answered[] {
  const flights = comparable(outcomes, 'in-flight');
  const subjects = flights.map((outcome): Answered => {
    const { transport, work } = outcome.measure;
    const { size, window = 1 } = work;
    return { transport: transport?.name ?? '', size, window, rate: valueOf(outcome, 'subject') };
  });
  const baselines = grouped(flights, sizeAndWindow).map((group): Answered => {
    const { size, window = 1 } = group[0]?.measure.work ?? { size: NaN };
    const rate = median(group.map((outcome) => valueOf(outcome, 'baseline')));
    return { transport: C, size, window, rate };
  });
  return [...subjects, ...baselines];
}

/** The name of the C program among those who send to many. */
export const C_FAN_OUT = 'C, broadcast';

/** From one to many: the rate of the slowest receiver; of C for each number of them the median over all rows. */
export function fansOut(outcomes: readonly Outcome[]): FanOut[] {
  const fans = comparable(outcomes, 'fan-out');
  const slowest = (outcome: Outcome, who: Who): number => {
    const receivers = outcome.measure.figures.slice(1); // the first one is the publisher's
    const all = samplesOf(outcome, who).map(({ result }) =>
      Math.min(...receivers.map(({ value }) => value(result))),
    );
    return median(all);
  };
  const subjects = fans.map((outcome): FanOut => {
    const { transport, work } = outcome.measure;
    return {
      transport: transport?.name ?? '',
      receivers: work.receivers ?? 1,
      rate: slowest(outcome, 'subject'),
    };
  });
  const baselines = grouped(fans, ({ measure }) => String(measure.work.receivers)).map(
    (group): FanOut => ({
      transport: C_FAN_OUT,
      receivers: group[0]?.measure.work.receivers ?? 1,
      rate: median(group.map((outcome) => slowest(outcome, 'baseline'))),
    }),
  );
  return [...subjects, ...baselines];
}

/** Those that have a key in common, in the order in which each key comes first. */
function grouped(outcomes: readonly Outcome[], keyOf: (outcome: Outcome) => string): Outcome[][] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = keyOf(outcome);
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  return [...groups.values()];
}

function sizeOf({ measure }: Outcome): string {
  return String(measure.work.size);
}

/** What the rows of one size and window share. */
function sizeAndWindow({ measure }: Outcome): string {
  const { size, window = 1 } = measure.work;
  return `${String(size)} ${String(window)}`;
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
