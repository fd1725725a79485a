/** Runs measures in rounds: the one and the other by turns, in fresh processes, the CPUs probed around each. */

import path from 'node:path';
import { undoLater } from './cleanup';
import { keepsItsNumber, lasting } from './duration';
import { placed, programs, programsOf } from './measure';
import type { Contender, Facility, Measure, Placement, Scenario } from './measure';
import { toArguments, type Work } from './params';
import type { Probe } from './probe';
import { Fault, runTogether, type Command } from './program';
import { migrationsOf, type Result } from './result';

export interface Sample {
  result: Result;
  /** What the probe said before and after. */
  distances: [before: number, after: number];
  /** Messages of its timed part. */
  count: number;
  /** How often its programs were moved to another CPU meanwhile, together; undefined where none of them could tell. */
  migrations?: number | undefined;
}

export interface Round {
  subject?: Sample;
  baseline?: Sample;
}

/** What came out of one measure. */
export interface Outcome {
  measure: Measure;
  rounds: Round[];
  /** What somebody did wrong: then there is no more to say. */
  fault?: { who: keyof Round; what: string };
}

export interface RunOptions {
  rounds: number;
  placement: Placement;
  /** Seconds of the timed part of a sample, where they are not what its messages take. */
  duration: number | undefined;
  probe: Probe;
  progress: (text: string) => void;
}

type Who = keyof Round;

/** How much each of the two does, where that is not what the measure says. */
type Shares = Partial<Record<Who, Work>>;

/** All measures of one group, interleaved. */
export async function run(
  facility: Facility,
  measures: readonly Measure[],
  options: RunOptions,
): Promise<Outcome[]> {
  const outcomes = measures.map((measure): Outcome => ({ measure, rounds: [] }));
  const running = outcomes.filter(({ measure }) => measure.absent === undefined);
  const shares = new Map<Outcome, Shares>();
  for (const outcome of running) {
    if (options.duration === undefined || keepsItsNumber(outcome.measure.scenario)) continue;
    options.progress(`how much to do: ${outcome.measure.name}`);
    shares.set(outcome, await sharesOf(facility, outcome, options.duration, options));
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const outcome of running) {
      if (outcome.fault !== undefined) continue;
      options.progress(
        `round ${String(round + 1)} of ${String(options.rounds)}: ${outcome.measure.name}`,
      );
      await runRound(facility, outcome, shares.get(outcome) ?? {}, round, options);
    }
  }
  return outcomes;
}

const BOTH = ['baseline', 'subject'] as const;

/** From a sample of each that is not counted. */
async function sharesOf(
  facility: Facility,
  outcome: Outcome,
  duration: number,
  { placement }: RunOptions,
): Promise<Shares> {
  const { measure } = outcome;
  const shares: Shares = {};
  for (const who of BOTH) {
    const result = await faultless(outcome, who, (contender) =>
      sample(facility, measure, contender, measure.work, placement),
    );
    if (result === undefined) continue;
    shares[who] = lasting(measure.scenario, measure.work, result, duration);
  }
  return shares;
}

/** What one of them does, if there is one; undefined where it was wrong, which is noted. */
async function faultless<T>(
  outcome: Outcome,
  who: Who,
  work: (contender: Contender) => Promise<T>,
): Promise<T | undefined> {
  const contender = outcome.measure[who];
  if (contender === undefined || outcome.fault !== undefined) return undefined;
  try {
    return await work(contender);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    outcome.fault = { who, what: error.message };
    return undefined;
  }
}

async function runRound(
  facility: Facility,
  outcome: Outcome,
  shares: Shares,
  number: number,
  options: RunOptions,
): Promise<void> {
  const { measure } = outcome;
  const round: Round = {};
  // By turns also in who comes first.
  const order = number % 2 === 0 ? BOTH : BOTH.toReversed();
  let before = await options.probe();
  for (const who of order) {
    await faultless(outcome, who, async (contender) => {
      const work = shares[who] ?? measure.work;
      const result = await sample(facility, measure, contender, work, options.placement);
      const after = await options.probe();
      const migrations = migrationsOf(result);
      round[who] = { result, distances: [before, after], count: work.count, migrations };
      before = after;
    });
  }
  if (outcome.fault === undefined) outcome.rounds.push(round);
}

async function sample(
  facility: Facility,
  { scenario }: Measure,
  contender: Contender,
  work: Work,
  placement: Placement,
): Promise<Result> {
  const inNode = contender.language === 'JavaScript' ? contender : undefined;
  const isOne = inNode?.starts !== undefined;
  const meeting = (contender.meet ?? facility.meet)(work);
  const remove = undoLater(meeting.remove);
  try {
    const args = toArguments({ ...work, address: meeting.address });
    const roles = programsOf(scenario, work).slice(0, isOne ? 1 : undefined);
    // One program that is all of them needs more than a CPU of its own.
    const where = isOne && placement === 'apart' ? 'free' : placement;
    const commands = roles.map((role, i) => {
      const descriptors = meeting.descriptors?.[i] ?? [];
      return placed({ ...commandOf(contender, role, i, args), descriptors }, where, i);
    });
    const result = measured(
      await runTogether(commands, remove),
      scenario,
      inNode?.starts === 'threads',
    );
    const complaint = meeting.complaint();
    if (complaint !== undefined) throw new Fault(complaint);
    return result;
  } finally {
    remove();
  }
}

/**
 * What the measuring program says, the last one, and the values of those before it. Programs that print in one place
 * do so in any order; threads of one process say the same of all of them.
 */
export function measured(
  results: readonly Result[],
  scenario: Scenario,
  areThreads: boolean,
): Result {
  const order: readonly string[] = programs[scenario];
  const placeOf = ({ role = '' }: Result): number => order.indexOf(role);
  const others = [...results].sort((a, b) => placeOf(a) - placeOf(b));
  const result = others.pop();
  if (result === undefined || (result.role ?? order.at(-1)) !== order.at(-1)) {
    throw new Fault('it measured nothing');
  }
  const told = { ...result, others: others.map(({ values }) => values) };
  if (!areThreads) return told;
  // Each was moved by itself.
  const migrations = migrationsOf(told);
  const values = migrations === undefined ? result.values : { ...result.values, migrations };
  return { ...result, values, others: [] };
}

function commandOf(contender: Contender, role: string, index: number, args: string[]): Command {
  const { forms = [] } = contender;
  const form = forms[index] ?? forms.at(-1) ?? '';
  if (contender.language === 'C') return { file: contender.program, args: [role, form, ...args] };
  const worker = path.join(__dirname, '../worker.js');
  return {
    file: process.execPath,
    args: ['--expose-gc', '--no-warnings', worker, contender.driver, form, role, ...args],
    env: contender.env ?? {},
  };
}
