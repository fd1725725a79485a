/** From samples to the rows of the report. */

import type { Contender, Figure, Goal } from './measure';
import { outliersOf, type Disturbance, type Outlier } from './outliers';
import { isFar, type Distance } from './probe';
import { total } from './result';
import type { Outcome, Round, Sample } from './run';
import { median, quantile, ratios, shows, type Spread } from './stats';

/** Fewer comparable rounds than this are not enough: then all of them count. */
const FEW = 3;

/** The share of a row's percentile. */
const LATE = 0.99;

export interface Row {
  group: string;
  name: string;
  figure: string;
  unit: string;
  subject: number;
  baseline?: number;
  p99?: { subject: number; baseline?: number };
  /** None where there is nothing beside it, or C needs nothing at all. */
  ratio?: Spread;
  goal?: (Goal & { better: 'less' | 'more'; met: boolean }) | undefined;
  rounds: number;
  /** Rounds left out, because the CPUs were near for the one and far for the other. */
  unequal: number;
  /** Rounds that were measured with the CPUs far apart. */
  far: number;
  /** Rounds in which a program was moved to another CPU; undefined where the kernel does not tell. */
  moved: number | undefined;
  /** Rounds far from the others: of the ratio, or of the value where there is none. */
  outliers: Outlier[];
  /** Why there are no numbers. */
  trouble?: string;
  /** Whether that is our fault, or the C program's, or the machine's: not a rival's, nor that one is absent. */
  wrong: boolean;
}

/** How far apart the CPUs of this machine are when they are near: a short distance, but not a freak. */
export function nearOf(outcomes: readonly Outcome[]): Distance {
  return quantile(outcomes.flatMap(distancesOf), 0.1);
}

export function distancesOf({ rounds }: Outcome): Distance[] {
  return rounds.flatMap(samplesOf).flatMap(({ distances }) => distances);
}

function isFarIn(near: Distance): (sample: Sample) => boolean {
  return ({ distances }) => distances.some((one) => isFar(one, near));
}

/** The same with the rounds that count: in which both ran near, or both far. All tables and plots are made of these. */
export function countedOf(outcome: Outcome, near: Distance): Outcome {
  const far = isFarIn(near);
  const comparable = outcome.rounds.filter(
    (round) => new Set(samplesOf(round).map(far)).size === 1,
  );
  return comparable.length >= FEW ? { ...outcome, rounds: comparable } : outcome;
}

export function rowsOf(outcome: Outcome, near: Distance): Row[] {
  return outcome.measure.figures.map((figure) => rowOf(outcome, figure, near));
}

function rowOf(outcome: Outcome, figure: Figure, near: Distance): Row {
  const { measure, rounds, fault } = outcome;
  const far = isFarIn(near);
  const { rounds: used } = countedOf(outcome, near);
  const row: Row = {
    group: measure.group,
    name: measure.name,
    figure: figure.name,
    unit: figure.unit,
    subject: medianOf(used, 'subject', figure),
    rounds: used.length,
    unequal: rounds.length - used.length,
    far: used.filter((round) => samplesOf(round).some(far)).length,
    moved: movedOf(used),
    outliers: [],
    wrong: false,
  };
  if (measure.absent !== undefined) return { ...row, trouble: measure.absent };
  if (fault !== undefined) {
    const culprit = measure[fault.who];
    const whose = fault.who === 'subject' || culprit === undefined ? '' : `${nameOf(culprit)}: `;
    const trouble =
      fault.refused === true
        ? `not measured: ${fault.what}`
        : `DISQUALIFIED: ${whose}${fault.what}`;
    return { ...row, trouble, wrong: culprit === undefined || !isRival(culprit) };
  }
  if (figure.latencies !== undefined) row.p99 = { subject: tail(used, 'subject', figure) };
  if (measure.baseline !== undefined) {
    row.baseline = medianOf(used, 'baseline', figure);
    if (row.p99 !== undefined) row.p99.baseline = tail(used, 'baseline', figure);
    const pairs = used.map(
      (round) => [valueOf(round, 'subject', figure), valueOf(round, 'baseline', figure)] as const,
    );
    if (pairs.every(([, baseline]) => baseline !== 0)) row.ratio = ratios(pairs);
  }
  row.outliers = outliersOf(
    used.map((round) => comparedOf(round, figure, row.ratio !== undefined)),
    used.map((round) => disturbanceOf(round, samplesOf(round).some(far))),
  );
  if (figure.goal !== undefined) row.goal = judged(figure.goal, figure, row);
  return row;
}

/** What a round is compared with the others by. */
function comparedOf(round: Round, figure: Figure, byRatio: boolean): number {
  const subject = valueOf(round, 'subject', figure);
  const isBeside = byRatio && round.baseline !== undefined;
  return isBeside ? subject / valueOf(round, 'baseline', figure) : subject;
}

function movedOf(rounds: readonly Round[]): number | undefined {
  const counted = rounds.map((round) => samplesOf(round).map(({ migrations }) => migrations));
  if (!counted.flat().some((migrations) => migrations !== undefined)) return undefined;
  return counted.filter((samples) => samples.some((migrations = 0) => migrations > 0)).length;
}

function disturbanceOf(round: Round, far: boolean): Disturbance {
  const samples = samplesOf(round);
  const values = samples.flatMap(({ result }) => [result.values, ...(result.others ?? [])]);
  return {
    far,
    migrations: total(samples.map(({ migrations }) => migrations)),
    involuntary: total(values.map(({ involuntary }) => involuntary)),
  };
}

function isRival(contender: Contender): boolean {
  return contender.language === 'JavaScript' && contender.rival !== undefined;
}

function nameOf(contender: Contender): string {
  return contender.language === 'C' ? 'C' : contender.driver;
}

type Who = keyof Round;

function samplesOf({ subject, baseline }: Round): Sample[] {
  return [subject, baseline].filter((sample) => sample !== undefined);
}

function valueOf(round: Round, who: Who, figure: Figure): number {
  const sample = round[who];
  return sample === undefined ? NaN : figure.value(sample.result);
}

function medianOf(rounds: readonly Round[], who: Who, figure: Figure): number {
  return median(rounds.map((round) => valueOf(round, who, figure)));
}

/** The 99th percentile over all samples, in the figure's unit; NaN where they are too few to show it. */
function tail(rounds: readonly Round[], who: Who, { latencies, unit }: Figure): number {
  const all = rounds.flatMap((round) => {
    const sample = round[who];
    return sample === undefined || latencies === undefined ? [] : [...latencies(sample.result)];
  });
  return shows(all.length, LATE) ? quantile(all, LATE) / (unit === 'us' ? 1000 : 1) : NaN;
}

function judged(goal: Goal, { better }: Figure, row: Row): NonNullable<Row['goal']> {
  const value = goal.of === 'ratio' ? (row.ratio?.median ?? NaN) : row.subject;
  return { ...goal, better, met: better === 'less' ? value <= goal.limit : value >= goal.limit };
}

/** A goal that is missed is said to be missed. */
export function goalText(rows: readonly Row[]): string {
  const goals = rows.flatMap(({ goal }) => goal ?? []);
  const met = goals.filter((goal) => goal.met).length;
  return `Goals met: ${String(met)} of ${String(goals.length)}.`;
}
