/** The report as JSON: the rows, how far the runs of several agree, and for whoever wants to count again, what each round said. */

import type { Agreement } from './agreement';
import { costsOf } from './costs';
import { replaceFile } from './replace-file';
import { countedOf, rowsOf, nearOf } from './rows';
import type { Outcome, Sample } from './run';
import { tailsOf } from './tails';

export function writeJson(
  file: string,
  facts: Record<string, string>,
  outcomes: readonly Outcome[],
  agreements: readonly Agreement[],
): void {
  const near = nearOf(outcomes);
  const measures = outcomes.map((outcome) => ({
    name: outcome.measure.name,
    scenario: outcome.measure.scenario,
    work: outcome.measure.work,
    rows: rowsOf(outcome, near),
    percentiles: tailsOf(countedOf(outcome, near)),
    costs: costsOf(countedOf(outcome, near)),
    rounds: outcome.rounds.map(({ subject, baseline }) => ({
      subject: figures(outcome, subject),
      baseline: figures(outcome, baseline),
    })),
  }));
  const all = { machine: facts, measures, agreements };
  replaceFile(file, `${JSON.stringify(all, undefined, 2)}\n`);
}

function figures({ measure }: Outcome, sample: Sample | undefined): object | undefined {
  if (sample === undefined) return undefined;
  const values = measure.figures.map(
    (figure) => [figure.name || figure.unit, figure.value(sample.result)] as const,
  );
  const { count, distances, migrations } = sample;
  return { count, distances, migrations, ...Object.fromEntries(values) };
}
