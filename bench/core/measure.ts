/** What is measured: a scenario, who does it, and which figures come out of it. */

import { allowedCpus } from './cpus';
import type { Work } from './params';
import type { Command } from './program';
import type { Result } from './result';

/** The programs of a scenario, the measuring one last. */
export const programs = {
  pair: ['pair'],
  stream: ['stream-send', 'stream-receive'],
  objects: ['objects-send', 'objects-receive'],
  'round-trip': ['round-trip-serve', 'round-trip-call'],
  'in-flight': ['in-flight-serve', 'in-flight-call'],
  schedule: ['schedule-serve', 'schedule-call'],
  'fan-out': ['fan-out-send', 'fan-out-receive'],
  gather: ['gather-send', 'gather-receive'],
  share: ['share-receive', 'share-send'],
  waits: ['waits'],
  repeat: ['repeat'],
} as const;

export type Scenario = keyof typeof programs;

/** Of these there are several of the first program, of all others of the last one. */
const FIRST: readonly Scenario[] = ['gather', 'share'];

/** Those that are started: one of them as often as there are to be several. */
export function programsOf(scenario: Scenario, { receivers = 1 }: Work): string[] {
  const all: readonly string[] = programs[scenario];
  const more = (name = ''): string[] => Array.from({ length: receivers - 1 }, () => name);
  return FIRST.includes(scenario) ? [...more(all[0]), ...all] : [...all, ...more(all.at(-1))];
}

/** The work as one of the two who are compared does it. */
export function workOf({ receivers, times = 1 }: Contender, work: Work): Work {
  const own = receivers === undefined ? {} : { receivers };
  return { ...work, ...own, warm: times * work.warm, count: times * work.count };
}

/** The other programs of the scenario that one belongs to. */
export function othersOf(program: string): string[] {
  const all: readonly (readonly string[])[] = Object.values(programs);
  return (all.find((names) => names.includes(program)) ?? []).filter((name) => name !== program);
}

/**
 * Somebody who does the work: a driver with the form for each program of the scenario, or C. `rival`:
 * the package of somebody else that the driver needs. `env`: what Node has to be told before it starts.
 * `starts`: the first program starts the others itself. `meet`: not where the facility's rows meet. `receivers`: not
 * as many of the program of which there may be several. `times`: so many times as much, timed and before, of what
 * is that much quicker than what it is beside.
 */
export type Contender = {
  meet?: (work: Work) => Meeting;
  receivers?: number;
  times?: number;
} & (
  | { language: 'C'; program: string; forms?: readonly string[] }
  | {
      language: 'JavaScript';
      driver: string;
      forms: readonly string[];
      rival?: string;
      env?: Readonly<Record<string, string>>;
      starts?: 'threads' | 'processes';
    }
);

export interface Goal {
  /** Of the ratio to the C program; of the value itself where there is none to compare with. */
  of: 'ratio' | 'value';
  limit: number;
}

/** One number that comes out of a sample, and its row in the table. */
export interface Figure {
  name: string;
  unit: 'ns' | 'us' | 'msg/s' | 'KiB' | '%' | '';
  better: 'less' | 'more';
  value: (result: Result) => number;
  /** In nanoseconds, where single operations were timed: for the 99th percentile. */
  latencies?: (result: Result) => readonly number[];
  goal?: Goal | undefined;
}

export interface Measure {
  /** Unique; `--only` looks for a part of it, or for the scenario. */
  name: string;
  group: string;
  scenario: Scenario;
  work: Work;
  subject: Contender;
  baseline?: Contender;
  figures: readonly Figure[];
  /** Where it is one of several ways to do the same work: under which name it is plotted, and whose it is. */
  transport?: { name: string; kind: 'ours' | 'node' | 'package' };
  /** Its number of messages belongs to what it measures, or to the memory that its programs meet in. */
  keeps?: boolean;
  /** Its first program has a CPU to itself, however many the others are, but where all are on one. */
  alone?: boolean;
  /** Why it cannot be measured here. */
  absent?: string;
}

/** The same, where numbers mean nothing: none can meet a goal, or miss it. */
export function withoutGoals(measure: Measure): Measure {
  const figures = measure.figures.map((figure) => ({ ...figure, goal: undefined }));
  return { ...measure, figures };
}

/** An object in the kernel that a sample uses. */
export interface Meeting {
  address: string;
  /** For each program of a scenario: descriptors that it gets, from FIRST_INHERITED on. */
  descriptors?: readonly (readonly number[])[];
  /** What is wrong after a sample, such as messages that are left. */
  complaint: () => string | undefined;
  /** Destroys it. */
  remove: () => void;
}

export interface Facility {
  measures: readonly Measure[];
  meet: (work: Work) => Meeting;
  /** Limits and versions that belong in the report. */
  facts: Record<string, string>;
}

/** How a program is placed on the CPUs: on one of its own, as long as there are some; all on one; or as the kernel likes. */
export type Placement = 'apart' | 'together' | 'free';

export function placed(
  command: Command,
  placement: Placement,
  index: number,
  cpus: readonly number[] = allowedCpus(),
  alone = false,
): Command {
  if (placement === 'free' && !alone) return command;
  const among = alone && index > 0 && cpus.length > 1 ? cpus.slice(1) : cpus;
  const place = among === cpus ? index : index - 1;
  const cpu = placement === 'together' ? cpus[0] : among[place % among.length];
  return {
    ...command,
    file: 'taskset',
    args: ['-c', String(cpu ?? 0), command.file, ...command.args],
  };
}

/** The same in words. */
export function placementText(placement: Placement, cpus: readonly number[]): string {
  if (placement === 'free') return 'as the kernel likes';
  if (placement === 'together') return `all programs on CPU ${String(cpus[0])}`;
  const first = `the programs of a row by turns on CPU ${cpus.join(', ')}`;
  return `${first}; what starts its other programs or threads itself on all of them`;
}
