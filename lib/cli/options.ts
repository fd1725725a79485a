import { parseArgs } from 'node:util';

import type { Kind } from './kind';
import { posixMemory } from './posix-memory';
import { posixQueue } from './posix-queue';
import { posixSemaphore } from './posix-semaphore';
import { sysvMemory } from './sysv-memory';
import { sysvQueue } from './sysv-queue';
import { sysvSemaphore } from './sysv-semaphore';
import { Wrong } from './wrong';

const KINDS: readonly Kind[] = [
  sysvQueue,
  sysvSemaphore,
  sysvMemory,
  posixQueue,
  posixSemaphore,
  posixMemory,
];

export const USAGE = `posix-ipc [list] [KIND ...]   the IPC objects that there are
posix-ipc show KIND NAME      one of them: its state, what is in it, and who uses it where that is known
posix-ipc limits              what the kernel allows, and how much of it is used

  KIND      ${KINDS.slice(0, 3)
    .map(({ name }) => name)
    .join(', ')},
            ${KINDS.slice(3)
              .map(({ name }) => name)
              .join(', ')};
            list also takes sysv, posix, queue, semaphore and memory
  NAME      of System V an identifier, such as 3, or a key, such as 0x4d2; of POSIX a name, such as /jobs
  --most N  so many messages, or semaphores, of an object are shown: 10 where nothing is said
  --json    for machines
  --help
  --version

It only looks: nothing is received, changed or removed.`;

/** What is to be done. */
export type Request =
  | { command: 'help' | 'version' }
  | { command: 'limits'; json: boolean }
  | { command: 'list'; json: boolean; kinds: readonly Kind[] }
  | { command: 'show'; json: boolean; kind: Kind; which: string; most: number };

const MOST = 10;

export function parse(args: readonly string[]): Request {
  const { values, positionals } = parsed(args);
  const { json = false, most } = values;
  if (values.help === true) return { command: 'help' };
  if (values.version === true) return { command: 'version' };
  const [command = 'list', ...rest] = positionals;
  if (most !== undefined && command !== 'show') throw new Wrong('--most is for show alone');
  switch (command) {
    case 'help':
      return { command };
    case 'limits':
      if (rest.length > 0) throw new Wrong('limits takes nothing more');
      return { command, json };
    case 'show':
      return { command, json, ...objectOf(rest), most: most === undefined ? MOST : countOf(most) };
    case 'list':
      return { command, json, kinds: kindsOf(rest) };
    default:
      return { command: 'list', json, kinds: kindsOf(positionals) };
  }
}

/** What parseArgs finds wrong is the user's. */
function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        most: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    throw new Wrong(error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}

function objectOf([kind, which, ...rest]: readonly string[]): { kind: Kind; which: string } {
  if (kind === undefined || which === undefined || rest.length > 0) {
    throw new Wrong('show takes a kind and a name, such as: show sysv-queue 0x4d2');
  }
  const found = KINDS.find(({ name }) => name === singular(kind));
  if (found === undefined) throw unknown(kind);
  return { kind: found, which };
}

/** All kinds where none is named. */
function kindsOf(words: readonly string[]): readonly Kind[] {
  if (words.length === 0) return KINDS;
  const chosen = words.map((word) => {
    const found = KINDS.filter(({ name }) => isMeant(name, singular(word)));
    if (found.length === 0) throw unknown(word);
    return found;
  });
  return KINDS.filter((kind) => chosen.some((found) => found.includes(kind)));
}

function isMeant(name: string, word: string): boolean {
  return name === word || name.split('-').includes(word);
}

function singular(word: string): string {
  return word.replace(/s$/, '');
}

function unknown(word: string): Wrong {
  return new Wrong(
    `'${word}' is no command, and none of ${KINDS.map(({ name }) => name).join(', ')}`,
  );
}

function countOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Wrong(`--most takes a number, such as 20, not '${text}'`);
  return Number(text);
}
