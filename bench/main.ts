/** The command: npm run bench -- [FACILITY] [options] */

import { pooled } from './core/agreement';
import { undoAtExit } from './core/cleanup';
import { Compiler } from './core/compiler';
import { conditions } from './core/conditions';
import { machine } from './core/machine';
import type { Facility, Measure } from './core/measure';
import { proberOf, type Distance, type Probe } from './core/probe';
import { run, type Outcome } from './core/run';
import { facility as channel } from './facilities/channel';
import { facility as eventfd } from './facilities/eventfd';
import { facility as fileLocks } from './facilities/file-locks';
import { facility as futex } from './facilities/futex';
import { facility as locks } from './facilities/locks';
import { facility as memory } from './facilities/memory';
import { facility as mutex } from './facilities/mutex';
import { facility as pipes } from './facilities/pipes';
import { facility as posixQueues } from './facilities/posix-queues';
import { facility as posixSemaphores } from './facilities/posix-semaphores';
import { facility as sysv } from './facilities/sysv';
import { facility as sysvSemaphores } from './facilities/sysv-semaphores';
import { facility as transports } from './facilities/transports';
import { facility as unixSockets } from './facilities/unix-sockets';
import {
  Misuse,
  parseOptions,
  refuseUnused,
  USAGE,
  type Asked,
  type Effort,
  type Options,
} from './options';
import { report } from './report/report';

type Build = (effort: Effort, compiler: Compiler, asked: Asked) => Facility;

/** A new facility adds its line here. */
const facilities: Record<string, Build> = {
  sysv,
  memory,
  'posix-queues': posixQueues,
  'posix-semaphores': posixSemaphores,
  'sysv-semaphores': sysvSemaphores,
  futex,
  mutex,
  'file-locks': fileLocks,
  locks,
  pipes,
  'unix-sockets': unixSockets,
  eventfd,
  channel,
  transports,
};

function builders(name: string | undefined): Build[] {
  if (name === undefined) return Object.values(facilities);
  const build = facilities[name];
  if (build === undefined) throw new Misuse(`no such facility: ${name}`);
  return [build];
}

/** With the rows that were asked for; a facility without any is left out. */
function choose(facility: Facility, { only, payloads }: Options): Facility[] {
  const measures = facility.measures.filter(
    ({ name, scenario, work }) =>
      (name.includes(only) || scenario === only) && (payloads?.includes(work.size) ?? true),
  );
  return measures.length === 0 ? [] : [{ ...facility, measures }];
}

async function measure(
  facility: Facility,
  options: Options,
  compiler: Compiler,
): Promise<Outcome[]> {
  const prober = proberOf(compiler.probe());
  const probe = options.effort === 'smoke' ? onlyOnce(prober) : prober;
  const groups = new Map<string, Measure[]>();
  for (const one of facility.measures)
    groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  const outcomes: Outcome[] = [];
  for (const measures of groups.values()) {
    outcomes.push(...(await run(facility, measures, { ...options, probe, progress })));
  }
  progress('');
  return outcomes;
}

/** It keeps two CPUs busy, and where nothing is measured nobody needs to know. */
function onlyOnce(probe: Probe): Probe {
  let distance: Promise<Distance> | undefined;
  return () => (distance ??= probe());
}

/** One line, written over and over; nothing where nobody looks. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function noRow({ only, payloads }: Options): string {
  const named = only === '' ? 'no row' : `no row is named ${only}`;
  if (payloads === undefined) return named;
  return `${named}${only === '' ? ' has' : ' and has'} messages of ${payloads.join(' or ')} bytes`;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  const build = builders(options.facility);
  undoAtExit();
  const compiler = new Compiler();
  const chosen = build
    .map((one) => one(options.effort, compiler, options))
    .flatMap((facility) => choose(facility, options));
  if (chosen.length === 0) throw new Misuse(noRow(options));
  const measures = chosen.flatMap((one) => one.measures);
  refuseUnused(
    options,
    measures.map(({ scenario }) => scenario),
  );
  const before = machine();
  const runs: Outcome[][] = [];
  for (let i = 0; i < options.repeat; i++) {
    const outcomes: Outcome[] = [];
    for (const one of chosen) outcomes.push(...(await measure(one, options, compiler)));
    runs.push(outcomes);
  }
  const { rounds, repeat } = options;
  const facts = {
    ...before,
    ...chosen.reduce((all, one) => ({ ...all, ...one.facts }), {}),
    rounds: repeat === 1 ? String(rounds) : `${String(rounds)} in each of ${String(repeat)} runs`,
    ...conditions(pooled(runs), options.placement),
  };
  if (!(await report(facts, runs, options))) process.exitCode = 1;
}

main().catch((error: unknown) => {
  if (error instanceof Misuse) console.error(`${error.message}\n\n${USAGE}`);
  else console.error(error);
  process.exitCode = error instanceof Misuse ? 2 : 1;
});
