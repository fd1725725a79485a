/** Runs measures in rounds: the one and the other by turns, in fresh processes, the CPUs probed around each. */

import path from 'node:path';
import { undoLater } from './cleanup';
import { placed, programs, programsOf } from './measure';
import type { Contender, Facility, Measure, Placement, Scenario } from './measure';
import { toArguments } from './params';
import type { Probe } from './probe';
import { Fault, runTogether, type Command } from './program';
import type { Result } from './result';

export interface Sample {
  result: Result;
  /** What the probe said before and after. */
  distances: [before: number, after: number];
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
  probe: Probe;
  progress: (text: string) => void;
}

/** All measures of one group, interleaved. */
export async function run(
  facility: Facility,
  measures: readonly Measure[],
  options: RunOptions,
): Promise<Outcome[]> {
  const outcomes = measures.map((measure): Outcome => ({ measure, rounds: [] }));
  const running = outcomes.filter(({ measure }) => measure.absent === undefined);
  for (let round = 0; round < options.rounds; round++) {
    for (const outcome of running) {
      if (outcome.fault !== undefined) continue;
      options.progress(
        `round ${String(round + 1)} of ${String(options.rounds)}: ${outcome.measure.name}`,
      );
      await runRound(facility, outcome, round, options);
    }
  }
  return outcomes;
}

async function runRound(
  facility: Facility,
  outcome: Outcome,
  number: number,
  options: RunOptions,
): Promise<void> {
  const { measure } = outcome;
  const round: Round = {};
  // By turns also in who comes first.
  const order =
    number % 2 === 0 ? (['baseline', 'subject'] as const) : (['subject', 'baseline'] as const);
  let before = await options.probe();
  for (const who of order) {
    const contender = measure[who];
    if (contender === undefined) continue;
    try {
      const result = await sample(facility, measure, contender, options.placement);
      const after = await options.probe();
      round[who] = { result, distances: [before, after] };
      before = after;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      outcome.fault = { who, what: error.message };
      return;
    }
  }
  outcome.rounds.push(round);
}

async function sample(
  facility: Facility,
  measure: Measure,
  contender: Contender,
  placement: Placement,
): Promise<Result> {
  const inNode = contender.language === 'JavaScript' ? contender : undefined;
  const isOne = inNode?.starts !== undefined;
  const meeting = (inNode?.meet ?? facility.meet)(measure.work);
  const remove = undoLater(meeting.remove);
  try {
    const args = toArguments({ ...measure.work, address: meeting.address });
    const roles = programsOf(measure.scenario, measure.work).slice(0, isOne ? 1 : undefined);
    // One program that is all of them needs more than a CPU of its own.
    const where = isOne && placement === 'apart' ? 'free' : placement;
    const commands = roles.map((role, i) => {
      const descriptors = meeting.descriptors?.[i] ?? [];
      return placed({ ...commandOf(contender, role, i, args), descriptors }, where, i);
    });
    const result = measured(
      await runTogether(commands, remove),
      measure.scenario,
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
  return { ...result, others: areThreads ? [] : others.map(({ values }) => values) };
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
