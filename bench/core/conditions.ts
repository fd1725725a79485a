/** What the machine was like during the run. */

import { allowedCpus } from './cpus';
import { load } from './machine';
import { placementText, type Placement } from './measure';
import { outlierText } from './outliers';
import type { Distance } from './probe';
import { distancesOf, nearOf, rowsOf } from './rows';
import type { Outcome } from './run';
import { FEWEST, spread } from './stats';

export function conditions(
  outcomes: readonly Outcome[],
  placement: Placement,
): Record<string, string> {
  return {
    cpus: placementText(placement, allowedCpus()),
    'load after': load(),
    'cache line there and back': distanceText(outcomes.flatMap(distancesOf)),
    'moved to another CPU': movedText(outcomes),
    outliers: outliersText(outcomes),
  };
}

/** The probe says 0 of one CPU alone. */
function distanceText(distances: readonly Distance[]): string {
  const { min, median, max } = spread(distances);
  if (!(max > 0)) return distances.length === 0 ? NOTHING : 'not known: there is one CPU';
  return `${min.toFixed()} to ${max.toFixed()} ns, median ${median.toFixed()}`;
}

/** No row was measured: its rival is absent, or it was wrong. */
const NOTHING = 'nothing was measured';

function movedText(outcomes: readonly Outcome[]): string {
  const rounds = outcomes.flatMap((outcome) => outcome.rounds);
  if (rounds.length === 0) return NOTHING;
  const samples = rounds
    .flatMap(({ subject, baseline }) => [subject, baseline])
    .flatMap((sample) => sample?.migrations ?? []);
  const moved = samples.filter((migrations) => migrations > 0).length;
  return samples.length === 0
    ? 'not counted: the kernel does not tell'
    : `${String(moved)} of ${String(samples.length)} samples`;
}

function outliersText(outcomes: readonly Outcome[]): string {
  const near = nearOf(outcomes);
  const rows = outcomes
    .flatMap((outcome) => rowsOf(outcome, near))
    .filter(({ trouble }) => trouble === undefined);
  if (rows.length === 0) return NOTHING;
  const enough = rows.filter(({ rounds }) => rounds >= FEWEST);
  const fewest = String(FEWEST);
  if (enough.length === 0) return `too few rounds: a row needs ${fewest}`;
  const all = enough.flatMap((row) => row.outliers);
  const rounds = enough.reduce((sum, row) => sum + row.rounds, 0);
  const which = enough.length === rows.length ? 'all rows' : `the rows that have ${fewest} or more`;
  const counted = `${String(all.length)} of ${String(rounds)} rounds of ${which}`;
  return all.length === 0 ? counted : `${counted}: ${outlierText(all)}`;
}
