import {
  closeSync,
  constants,
  openSync,
  realpathSync,
  statSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { parseArgs } from 'node:util';
import { keepsItsNumber } from './core/duration';
import type { Measure, Placement } from './core/measure';
import { nextOf } from './core/replace-file';

export const USAGE = `npm run bench -- [FACILITY] [options]

  FACILITY      sysv, memory, posix-queues, posix-semaphores, sysv-semaphores, futex, mutex,
                file-locks, locks, pipes, unix-sockets, eventfd, channel, transports; every one where
                none is named
  --only TEXT   only the rows whose name contains TEXT, or whose scenario it is:
                pair, stream, objects, fan-out, gather, share, round-trip, in-flight, schedule,
                waits, repeat
  --payload SIZES
                only messages of these sizes, such as 64,1k,64k: 4 bytes to 1m each. transports measures
                any size, the other facilities have rows of some
  --duration S  seconds that the timed part of each sample lasts, about: 0.01 to 30; where nothing is
                said each row has its own number of messages. waits, and a broadcast that waits
                for nobody, keep theirs; at least one row that does not has to be selected
  --repeat N    the whole selection N times: how far do the medians of the ratios lie apart?
  --rate N      requests per second of the rows with a schedule; where nothing is said, half of what
                the slower one of the two answers one after the other; at least one of such rows has to
                be selected
  --rounds N    how often each row is measured (default 7; 3 with --quick)
  --quick       fewer messages and rounds
  --smoke       a thousand messages each: are the drivers right? No numbers worth reading; not with
                --quick, --duration or --document
  --pin         the two programs of a row each on a CPU of its own
  --one-cpu     everything on one CPU; not with --pin
  --json FILE   the results for machines
  --html FILE   the report with plots, in one file for a browser
  --markdown FILE
                the tables for a document
  --document FILE
                the tables of each facility in a section of a document, as soon as it is measured; what
                else is in the document stays; not with --only, --payload or --smoke
  --no-install  do not install rivals; those that are missing are reported
  -h, --help    this text`;

export type Effort = 'full' | 'quick' | 'smoke';

/** What the rows are to be like. */
export interface Asked {
  /** Bytes; `undefined`: those that each row has. */
  payloads: readonly number[] | undefined;
  /** Requests per second where they have a schedule; `undefined`: a share of what was measured. */
  rate: number | undefined;
}

export interface Options extends Asked {
  /** `undefined`: every one. */
  facility: string | undefined;
  only: string;
  /** Seconds of the timed part of a sample; `undefined`: as long as its messages take. */
  duration: number | undefined;
  rounds: number;
  /** How often all of it is measured. */
  repeat: number;
  effort: Effort;
  placement: Placement;
  json: string | undefined;
  html: string | undefined;
  markdown: string | undefined;
  document: string | undefined;
}

const ROUNDS: Record<Effort, number> = { full: 7, quick: 3, smoke: 1 };

const config = {
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    payload: { type: 'string' },
    duration: { type: 'string' },
    rate: { type: 'string' },
    rounds: { type: 'string' },
    repeat: { type: 'string' },
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    pin: { type: 'boolean', default: false },
    'one-cpu': { type: 'boolean', default: false },
    json: { type: 'string' },
    html: { type: 'string' },
    markdown: { type: 'string' },
    document: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
} as const;

/** The arguments make no sense; the message is for the user. */
export class Misuse extends Error {}

/** The machine lacks what they need; the same. */
export class Lack extends Error {}

const FILE = 'the name of a file';

/** What follows each option. */
const TAKES = {
  only: 'a part of the name of a row, or a scenario',
  payload: 'sizes from 4 to 1m, such as 64,1k,64k',
  duration: 'a number from 0.01 to 30',
  rate: 'a number from 1 to 10000000',
  rounds: 'a number, 1 or more',
  repeat: 'a number, 1 or more',
  json: FILE,
  html: FILE,
  markdown: FILE,
  document: FILE,
} as const;

type Taking = keyof typeof TAKES;

function refused(name: Taking, text: string | undefined): Misuse {
  return new Misuse(`--${name} takes ${TAKES[name]}; not ${text?.trim() || 'nothing'}`);
}

/** An option without what it takes, or with the next option in its place. */
function refuseBare(args: readonly string[]): void {
  const { tokens } = parseArgs({ ...config, args: [...args], strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option' || !(token.name in TAKES)) continue;
    const { value, inlineValue } = token;
    const isOption = inlineValue === false && value.startsWith('-');
    if (isOption || value === undefined || value.trim() === '')
      throw refused(token.name as Taking, value);
  }
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<typeof config>> {
  refuseBare(args);
  try {
    return parseArgs({ ...config, args: [...args] });
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error));
  }
}

/** What a message has at least: its number; and at most: as c/bench.h. */
const [SHORTEST, LONGEST] = [4, 1 << 20];

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1 << 20 };

function sizeOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([km]?)$/i.exec(text.trim()) ?? [];
  const size = digits === '' ? NaN : Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (size >= SHORTEST && size <= LONGEST) return size;
  throw refused('payload', text);
}

/** Each once, the smallest first. */
function sizesOf(text: string): number[] {
  return [...new Set(text.split(',').map(sizeOf))].sort((a, b) => a - b);
}

/** A number within bounds, where one is given. */
function numberIn(
  name: 'duration' | 'rate',
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value >= least && value <= most) return value;
  throw refused(name, text);
}

function countOf(name: 'rounds' | 'repeat', text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw refused(name, text);
}

type Values = ReturnType<typeof parse>['values'];

/** Of these two, one would be ignored; or a section would have a part of its rows only. */
const EXCLUSIVE = [
  ['pin', 'one-cpu'],
  ['smoke', 'quick'],
  ['smoke', 'duration'],
  ['smoke', 'document'],
  ['only', 'document'],
  ['payload', 'document'],
] as const;

function refuseBoth(values: Values): void {
  const given = (name: keyof Values): boolean =>
    values[name] !== undefined && values[name] !== false;
  for (const [one, other] of EXCLUSIVE) {
    if (given(one) && given(other)) throw new Misuse(`--${one} and --${other} exclude each other`);
  }
}

/** What would say nothing to any of the rows that are selected. */
export function refuseUnused(
  { rate, duration }: Pick<Options, 'rate' | 'duration'>,
  selected: readonly Pick<Measure, 'scenario' | 'keeps'>[],
): void {
  if (rate !== undefined && !selected.some(({ scenario }) => scenario === 'schedule'))
    throw new Misuse('--rate is for rows with a schedule, and none is selected');
  if (duration !== undefined && selected.every(keepsItsNumber)) {
    throw new Misuse(
      '--duration is for rows whose number of messages may be another, and none is selected',
    );
  }
}

/** What would be told only when all was measured: a file that cannot be there, or would be two. */
export function refuseUnwritable(
  options: Pick<Options, 'json' | 'html' | 'markdown' | 'document'>,
): void {
  const names = new Map<string, string>();
  for (const name of ['json', 'html', 'markdown', 'document'] as const) {
    const file = options[name];
    if (file === undefined) continue;
    const itself = checkFile(name, file);
    if (itself === undefined) continue;
    const other = names.get(itself);
    if (other !== undefined) throw new Misuse(`--${other} and --${name} name one file, ${file}`);
    names.set(itself, name);
  }
}

/** Which file it is, whatever its links; undefined: what is written is passed on, as by a terminal or a pipe. */
function checkFile(name: string, file: string): string | undefined {
  const refused = (why: string): Misuse =>
    new Misuse(`--${name} takes the name of a file${why} ${file}`);
  const isDocument = name === 'document';
  let there: Stats | undefined;
  try {
    there = statSync(file, { throwIfNoEntry: false });
    if (there === undefined) return made(file);
    // It stays as it is. A pipe is not opened: its reader would take that for its end.
    if (there.isFile()) {
      closeSync(openSync(file, constants.O_WRONLY));
      const itself = realpathSync(file);
      if (isDocument) made(nextOf(itself));
      return itself;
    }
  } catch {
    const where =
      there === undefined ? 'in a folder that may be written to' : 'that may be written';
    throw refused(` ${where}; not`);
  }
  if (there.isDirectory()) throw refused('; not of a folder,');
  // It is read, and another file takes its place.
  if (isDocument) throw refused('; not of a device or a pipe,');
  return undefined;
}

/** One that can be there, as it has been for a moment. A folder's mode does not tell: it may be one of /proc. */
function made(file: string): string {
  closeSync(openSync(file, 'a'));
  const itself = realpathSync(file);
  unlinkSync(itself);
  return itself;
}

export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [facility, ...more] = positionals;
  if (more.length > 0) throw new Misuse('name one facility, or none for every one');
  refuseBoth(values);
  const effort = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full';
  const rounds = countOf('rounds', values.rounds) ?? ROUNDS[effort];
  const repeat = countOf('repeat', values.repeat) ?? 1;
  const placement = values['one-cpu'] ? 'together' : values.pin ? 'apart' : 'free';
  const { only = '', json, html, markdown, document } = values;
  const files = { json, html, markdown, document };
  const payloads = values.payload === undefined ? undefined : sizesOf(values.payload);
  const duration = numberIn('duration', values.duration, 0.01, 30);
  const rate = numberIn('rate', values.rate, 1, 1e7);
  const asked = { payloads, duration, rate };
  return { facility, only, ...asked, rounds, repeat, effort, placement, ...files };
}
