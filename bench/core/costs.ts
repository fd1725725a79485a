/** What one way and a round trip cost beside time: CPU and context switches of both programs, and a late event loop. */

import type { Outcome } from './run';
import { valueOf, type Result } from './result';
import { median, ratios, type Spread } from './stats';
import { amount, drawn, spreadText, written } from './table';

/** For each message, of one of the two that stand beside each other. */
export interface Spent {
  /** Microseconds of each program, the measuring one last; one number where they are threads of one process. */
  cpu: number[];
  /** Of all programs. */
  voluntary: number;
  involuntary: number;
}

export interface Cost {
  group: string;
  name: string;
  subject: Spent;
  baseline?: Spent;
  /** Of the CPU of all programs. */
  ratio?: Spread;
  /** How late the receiver's event loop was, in microseconds. */
  loop?: { p50: number; p99: number; max: number };
}

export const COST_HEAD = [
  '',
  'CPU of each, ours',
  'C',
  'ratio of all (min - max)',
  'switches ours',
  'C',
  'loop late: p50, p99, max',
];

/** None where it was not measured, or came to nothing. */
export function costsOf(outcome: Outcome): Cost[] {
  const { measure, rounds, fault } = outcome;
  const all = (who: 'subject' | 'baseline'): Result[] =>
    rounds.flatMap((round) => round[who] ?? []).map(({ result }) => result);
  const [subjects, baselines] = [all('subject'), all('baseline')];
  const measured = subjects.length > 0 && subjects.every(({ values }) => 'cpu' in values);
  if (fault !== undefined || !measured) return [];
  const cost: Cost = { group: measure.group, name: measure.name, subject: spent(subjects) };
  if (baselines.length > 0) {
    cost.baseline = spent(baselines);
    cost.ratio = ratios(subjects.map((one, i) => [total(one), total(baselines[i] ?? one)]));
  }
  if (subjects.every(({ values }) => 'loop p50' in values)) {
    const middle = (name: string): number => median(subjects.map((one) => valueOf(one, name)));
    cost.loop = { p50: middle('loop p50'), p99: middle('loop p99'), max: middle('loop max') };
  }
  return [cost];
}

/** Of each program, the measuring one last. */
function each(result: Result, name: string): number[] {
  const others = (result.others ?? []).map((values) => values[name] ?? NaN);
  return [...others, valueOf(result, name)];
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

function total(result: Result): number {
  return sum(each(result, 'cpu'));
}

function spent(results: readonly Result[]): Spent {
  const programs = results.map((result) => each(result, 'cpu'));
  const switches = (name: string): number =>
    median(results.map((result) => sum(each(result, name))));
  return {
    cpu: (programs[0] ?? []).map((_, i) => median(programs.map((cpu) => cpu[i] ?? NaN))),
    voluntary: switches('voluntary'),
    involuntary: switches('involuntary'),
  };
}

export function costCells({ subject, baseline, ratio, loop }: Cost): string[] {
  return [
    cpuText(subject),
    baseline === undefined ? '' : cpuText(baseline),
    ratio === undefined ? '' : spreadText(ratio),
    switchText(subject),
    baseline === undefined ? '' : switchText(baseline),
    loop === undefined
      ? ''
      : `${[loop.p50, loop.p99, loop.max].map((late) => amount(late / 1000, '')).join(', ')} ms`,
  ];
}

export function costTable(costs: readonly Cost[]): string {
  return drawn(COST_HEAD, costs, costCells);
}

export function costMarkdown(costs: readonly Cost[]): string {
  return written(COST_HEAD, costs, costCells);
}

function cpuText({ cpu }: Spent): string {
  return `${cpu.map((each) => amount(each, '')).join(' + ')} us`;
}

/** Voluntary and involuntary. */
function switchText({ voluntary, involuntary }: Spent): string {
  return [voluntary, involuntary].map((count) => count.toFixed(3)).join(' + ');
}
