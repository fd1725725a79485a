/** The command: npm run bench -- [FACILITY] [options] */

import { pooled } from './core/agreement';
import { endBy, isOurs, undoAtExit, undoLater } from './core/cleanup';
import { Compiler } from './core/compiler';
import { conditions } from './core/conditions';
import { cannotPlace } from './core/cpus';
import { durationText } from './core/duration';
import { machine } from './core/machine';
import { withoutGoals, type Facility, type Measure } from './core/measure';
import { proberOf, type Distance, type Probe } from './core/probe';
import { Progress } from './core/progress';
import { run, stepsOf, type Outcome } from './core/run';
import { Interruption } from './core/stop';
import { facilities } from './facilities';
import {
  Lack,
  Misuse,
  parseOptions,
  refuseUnused,
  refuseUnwritable,
  USAGE,
  type Options,
} from './options';
import { sectionOf, updateDocument } from './report/document';
import { isWritten, report } from './report/report';

interface Chosen extends Facility {
  title: string;
}

/** What was asked for: all facilities, or one, with the rows that were; a facility without any is left out. */
function choose(options: Options, compiler: Compiler): Chosen[] {
  const { facility, effort, placement } = options;
  const lacking = cannotPlace();
  if (lacking !== undefined && placement !== 'free')
    throw new Lack(`--${placement === 'apart' ? 'pin' : 'one-cpu'} needs ${lacking}`);
  const names = facility === undefined ? Object.keys(facilities) : [facility];
  return names.flatMap((name) => {
    const one = Object.hasOwn(facilities, name) ? facilities[name] : undefined;
    if (one === undefined) throw new Misuse(`no such facility: ${name}`);
    const built = one.build(effort, compiler, options);
    const asked = built.measures.filter((measure) => isAskedFor(measure, options));
    const able = asked.map((measure) => placeable(measure, lacking));
    const measures = effort === 'smoke' ? able.map(withoutGoals) : able;
    return measures.length === 0 ? [] : [{ ...built, title: one.title, measures }];
  });
}

/** The same; where it needs a CPU for itself, and nothing can give it one, it says so. */
function placeable(measure: Measure, lacking: string | undefined): Measure {
  if (lacking === undefined || measure.alone !== true) return measure;
  return { ...measure, absent: `not measured: it needs ${lacking}` };
}

function isAskedFor({ name, scenario, work }: Measure, { only, payloads }: Options): boolean {
  return (name.includes(only) || scenario === only) && (payloads?.includes(work.size) ?? true);
}

/** What is the same for all facilities. */
interface Bench {
  options: Options;
  compiler: Compiler;
  progress: Progress;
  stop: Interruption;
}

async function measure(facility: Facility, bench: Bench): Promise<Outcome[]> {
  const { options, compiler, progress, stop } = bench;
  const prober = proberOf(compiler.probe());
  const unmeasured = options.effort === 'smoke';
  const probe = unmeasured ? onlyOnce(prober) : prober;
  const groups = new Map<string, Measure[]>();
  for (const one of facility.measures) {
    const group = unmeasured ? '' : one.group;
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  const outcomes: Outcome[] = [];
  for (const measures of groups.values())
    outcomes.push(
      ...(await run(facility, measures, { ...options, unmeasured, probe, progress, stop })),
    );
  progress.clear();
  return outcomes;
}

/** It keeps two CPUs busy, and where nothing is measured nobody needs to know. */
function onlyOnce(probe: Probe): Probe {
  let distance: Promise<Distance> | undefined;
  return () => (distance ??= probe());
}

function noRow({ only, payloads }: Options): string {
  const named = only === '' ? 'no row' : `no row is named ${only}`;
  if (payloads === undefined) return named;
  return `${named}${only === '' ? ' has' : ' and has'} messages of ${payloads.join(' or ')} bytes`;
}

type Facts = Record<string, string>;

const INTERRUPTED = 'before its end: what was not measured is not listed';

/** Where it is less than all. */
const EFFORTS = { quick: 'quick: fewer messages', smoke: 'smoke: the numbers mean nothing' };

/** What the report says beside the numbers of these facilities. */
function factsOf(
  before: Facts,
  begun: number,
  chosen: readonly Chosen[],
  runs: readonly Outcome[][],
  { rounds, repeat, duration, placement, effort }: Options,
): Facts {
  const measures = chosen.flatMap((one) => one.measures);
  return {
    ...before,
    ...chosen.reduce((all, one) => ({ ...all, ...one.facts }), {}),
    ...(effort === 'full' ? {} : { effort: EFFORTS[effort] }),
    rounds: repeat === 1 ? String(rounds) : `${String(rounds)} in each of ${String(repeat)} runs`,
    ...(duration === undefined ? {} : { duration: durationText(duration, measures) }),
    ...conditions(pooled(runs), placement),
    took: `${((Date.now() - begun) / 60_000).toFixed(1)} minutes`,
  };
}

/** All of these, as often as asked for; after an interruption the runs that are whole, or what there is of the first. */
async function runsOf(chosen: readonly Chosen[], bench: Bench): Promise<Outcome[][]> {
  const runs: Outcome[][] = [];
  for (let i = 0; i < bench.options.repeat; i++) {
    const outcomes: Outcome[] = [];
    for (const one of chosen) outcomes.push(...(await measure(one, bench)));
    if (bench.stop.isAsked()) return runs.length > 0 ? runs : [outcomes.filter(hasNumbers)];
    runs.push(outcomes);
  }
  return runs;
}

function hasNumbers({ rounds, fault }: Outcome): boolean {
  return rounds.length > 0 || fault !== undefined;
}

/** One facility after the other, each in its section before the next one begins. */
async function documented(
  file: string,
  chosen: readonly Chosen[],
  bench: Bench,
): Promise<Outcome[][]> {
  const { options, stop } = bench;
  const titles = Object.values(facilities).map(({ title }) => title);
  const all: Outcome[][][] = [];
  for (const one of chosen) {
    const [before, begun] = [machine(), Date.now()];
    const runs = await runsOf([one], bench);
    if (stop.isAsked()) break;
    const facts = factsOf(before, begun, [one], runs, options);
    const section = { titles, title: one.title, text: sectionOf(facts, runs) };
    // What was measured is told at the end all the same.
    const write = (): void => {
      updateDocument(file, section);
    };
    if (!isWritten(file, write)) process.exitCode = 1;
    all.push(runs);
  }
  return Array.from({ length: options.repeat }, (_, i) => all.flatMap((runs) => runs[i] ?? []));
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  refuseUnwritable(options);
  const stop = new Interruption();
  undoAtExit(() => stop.ask());
  const compiler = new Compiler();
  const chosen = choose(options, compiler);
  if (chosen.length === 0) throw new Misuse(noRow(options));
  const measures = chosen.flatMap((one) => one.measures);
  refuseUnused(options, measures);
  const { document } = options;
  const progress = new Progress(options.repeat * stepsOf(measures, options.rounds));
  undoLater(() => {
    progress.clear();
  });
  const [before, begun] = [machine(), Date.now()];
  const bench = { options, compiler, progress, stop };
  const runs = await stop.during(() =>
    document === undefined ? runsOf(chosen, bench) : documented(document, chosen, bench),
  );
  const facts = factsOf(before, begun, chosen, runs, options);
  if (!stop.isAsked()) {
    if (!(await report(facts, runs, options))) process.exitCode = 1;
    return;
  }
  if (runs.some((outcomes) => outcomes.length > 0))
    await report({ ...facts, interrupted: INTERRUPTED }, runs, options);
  endBy('SIGINT');
}

/** Ctrl-C ends a compiler that is waited for as well, and that would be told as an error: so do other signals. */
function interruptionIn(error: unknown): NodeJS.Signals | undefined {
  const signal = error instanceof Error && 'signal' in error ? error.signal : undefined;
  return isOurs(signal) ? signal : undefined;
}

main().catch((error: unknown) => {
  process.exitCode = error instanceof Misuse ? 2 : 1;
  const interruption = interruptionIn(error);
  if (interruption !== undefined) endBy(interruption);
  else if (error instanceof Misuse) console.error(`${error.message}\n\n${USAGE}`);
  else console.error(error instanceof Lack ? error.message : error);
});
