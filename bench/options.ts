import { parseArgs } from 'node:util';
import type { Placement } from './core/measure';

export const USAGE = `npm run bench -- [FACILITY] [options]

  FACILITY      sysv, memory, posix-queues, posix-semaphores, sysv-semaphores, futex, mutex,
                file-locks, locks, pipes, unix-sockets, eventfd, channel, transports; every one where
                none is named
  --only TEXT   only the rows whose name contains TEXT, or whose scenario it is:
                pair, stream, objects, fan-out, round-trip, waits, repeat
  --rounds N    how often each row is measured (default 7; 3 with --quick)
  --quick       fewer messages and rounds
  --smoke       a thousand messages each: are the drivers right? No numbers worth reading
  --pin         the two programs of a row each on a CPU of its own
  --one-cpu     everything on one CPU
  --json FILE   the results for machines
  --html FILE   the report with plots, in one file for a browser
  --markdown FILE
                the table for a document
  --no-install  do not install rivals; those that are missing are reported`;

export type Effort = 'full' | 'quick' | 'smoke';

export interface Options {
  /** `undefined`: every one. */
  facility: string | undefined;
  only: string;
  rounds: number;
  effort: Effort;
  placement: Placement;
  json: string | undefined;
  html: string | undefined;
  markdown: string | undefined;
}

const ROUNDS: Record<Effort, number> = { full: 7, quick: 3, smoke: 1 };

const config = {
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    pin: { type: 'boolean', default: false },
    'one-cpu': { type: 'boolean', default: false },
    json: { type: 'string' },
    html: { type: 'string' },
    markdown: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
} as const;

/** The arguments make no sense; the message is for the user. */
export class Misuse extends Error {}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<typeof config>> {
  try {
    return parseArgs({ ...config, args: [...args] });
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error));
  }
}

export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [facility, ...more] = positionals;
  if (more.length > 0) throw new Misuse('name one facility, or none for every one');
  const effort = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full';
  const rounds = Number(values.rounds ?? ROUNDS[effort]);
  if (!(Number.isInteger(rounds) && rounds > 0)) {
    throw new Misuse('--rounds takes a number, 1 or more');
  }
  const placement = values['one-cpu'] ? 'together' : values.pin ? 'apart' : 'free';
  const { only, json, html, markdown } = values;
  return { facility, only, rounds, effort, placement, json, html, markdown };
}
