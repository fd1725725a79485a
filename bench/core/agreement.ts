/** Whether runs of the same selection say the same: the median of the ratios of each, beside the others'. */

import { nearOf, rowsOf, type Row } from './rows';
import type { Outcome } from './run';
import { apart, EXACT } from './stats';
import { drawn, ratioText, written } from './table';

/** As far may the medians of runs lie apart, the largest by the smallest. */
export const AGREED = 0.1;

export interface Agreement {
  group: string;
  name: string;
  figure: string;
  /** Of each run. */
  medians: number[];
  apart: number;
  met: boolean;
}

/** All rounds of all runs, as if they were one. */
export function pooled(runs: readonly (readonly Outcome[])[]): Outcome[] {
  const [first = [], ...more] = runs;
  return first.map((outcome, i) => {
    const others = more.flatMap((run) => run[i] ?? []);
    const all = [outcome, ...others];
    const fault = all.find((one) => one.fault !== undefined)?.fault;
    const rounds = all.flatMap((one) => one.rounds);
    return { measure: outcome.measure, rounds, ...(fault === undefined ? {} : { fault }) };
  });
}

/** Of all rows that have a ratio in each run. */
export function agreementsOf(runs: readonly (readonly Outcome[])[]): Agreement[] {
  const all = runs.map((outcomes) => {
    const near = nearOf(outcomes);
    return outcomes.flatMap((outcome) => rowsOf(outcome, near));
  });
  const [first = []] = all;
  return first.flatMap((row, i) =>
    agreementOf(
      row,
      all.flatMap((rows) => rows[i] ?? []),
    ),
  );
}

function agreementOf({ group, name, figure }: Row, rows: readonly Row[]): Agreement[] {
  const medians = rows.flatMap(({ ratio, trouble }) =>
    ratio === undefined || trouble !== undefined ? [] : [ratio.median],
  );
  if (medians.length < rows.length) return [];
  const distance = apart(medians);
  return [{ group, name, figure, medians, apart: distance, met: distance <= AGREED + EXACT }];
}

const limit = `${String(AGREED * 100)} %`;

export function agreementHead(runs: number): string[] {
  return ['', ...Array.from({ length: runs }, (_, i) => `run ${String(i + 1)}`), 'apart', ''];
}

export function agreementCells({ medians, apart: distance, met }: Agreement): string[] {
  const verdict = met ? 'met' : 'MISSED';
  return [
    ...medians.map(ratioText),
    `${(distance * 100).toFixed(1)} %`,
    `within ${limit}: ${verdict}`,
  ];
}

export function agreementText(all: readonly Agreement[]): string {
  const met = all.filter((one) => one.met).length;
  return `Medians of ratios within ${limit} of each other: ${String(met)} of ${String(all.length)}.`;
}

export function agreementTable(all: readonly Agreement[]): string {
  return drawn(agreementHead(all[0]?.medians.length ?? 0), all, agreementCells);
}

export function agreementMarkdown(all: readonly Agreement[]): string {
  return written(agreementHead(all[0]?.medians.length ?? 0), all, agreementCells);
}
