/** One sample: what a contender does, in fresh processes that meet at an object of their own. */

import path from 'node:path';
import { undoLater } from './cleanup';
import { placed, programs, programsOf } from './measure';
import type { Contender, Facility, Measure, Placement, Scenario } from './measure';
import { toArguments, type Work } from './params';
import { Fault, Refusal, runTogether, type Command } from './program';
import { migrationsOf, type Result } from './result';

export type Sampler = (measure: Measure, contender: Contender, work: Work) => Promise<Result>;

/** `patience`: milliseconds that a sample may take. */
export function sampler(facility: Facility, placement: Placement, patience: number): Sampler {
  return (measure, contender, work) =>
    sample(facility, measure, contender, work, { placement, patience });
}

interface How {
  placement: Placement;
  patience: number;
}

/** The same work of the same contender once, however many rows it stands in: for where only its faults count. */
export function onlyOnce(take: Sampler): Sampler {
  const places = new Map<Contender['meet'], Map<string, Promise<Result>>>();
  return (measure, contender, work) => {
    const place = places.get(contender.meet) ?? new Map<string, Promise<Result>>();
    places.set(contender.meet, place);
    const key = JSON.stringify([measure.scenario, contender, work]);
    const result = place.get(key) ?? take(measure, contender, work);
    place.set(key, result);
    return result;
  };
}

async function sample(
  facility: Facility,
  { scenario, alone }: Measure,
  contender: Contender,
  work: Work,
  { placement, patience }: How,
): Promise<Result> {
  const inNode = contender.language === 'JavaScript' ? contender : undefined;
  const isOne = inNode?.starts !== undefined;
  const meeting = asked(() => (contender.meet ?? facility.meet)(work));
  const remove = undoLater(meeting.remove);
  try {
    const args = toArguments({ ...work, address: meeting.address });
    const roles = programsOf(scenario, work).slice(0, isOne ? 1 : undefined);
    // One program that is all of them needs more than a CPU of its own.
    const where = isOne && placement === 'apart' ? 'free' : placement;
    const commands = roles.map((role, i) => {
      const descriptors = meeting.descriptors?.[i] ?? [];
      const command = { ...commandOf(contender, role, i, args), descriptors };
      return placed(command, where, i, undefined, alone);
    });
    const result = measured(
      await runTogether(commands, remove, patience),
      scenario,
      inNode?.starts === 'threads',
    );
    const complaint = asked(meeting.complaint);
    if (complaint !== undefined) throw new Fault(complaint);
    return result;
  } finally {
    remove();
  }
}

/** What the system refuses, such as memory, is a matter of this row: the others may be measured all the same. */
function asked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new Refusal(error.message);
    throw error;
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
