import { readFileSync, statSync, type Stats } from 'node:fs';

import { checkName } from '../core/name';
import { kindOf, type Column } from './kind';
import { fileColumns, filedOf, filesIn, SEMAPHORE, SHARED, type Filed } from './posix-file';
import { usersPart } from './users';
import { NONE } from './words';

interface Semaphore extends Filed {
  /** undefined where this user may not read it. */
  value: number | undefined;
  /** How many wait. */
  waiting: number | undefined;
}

/** What glibc takes. */
const longestName = 251;

/** sizeof(sem_t) of 64-bit libcs. */
const semaphoreBytes = 32;

const columns: readonly Column<Semaphore>[] = [
  ...fileColumns,
  {
    header: 'value',
    text: ({ value }) => (value === undefined ? NONE : String(value)),
    right: true,
  },
  {
    header: 'waiting',
    text: ({ waiting }) => (waiting === undefined ? NONE : String(waiting)),
    right: true,
  },
];

function fileOf(name: string): string {
  return `${SHARED}/${SEMAPHORE}${name.slice(1)}`;
}

/** sem_open(3) needs the permission to write; who looks has none, perhaps. So this is what glibc has in the file. */
function stateOf(file: string): Pick<Semaphore, 'value' | 'waiting'> {
  try {
    const words = readFileSync(file);
    return { value: words.readUInt32LE(0), waiting: words.readUInt32LE(4) };
  } catch {
    return { value: undefined, waiting: undefined };
  }
}

function semaphoreOf(name: string, stats: Stats): Semaphore {
  return { ...filedOf(name, stats), ...stateOf(fileOf(name)) };
}

function all(): Semaphore[] {
  return filesIn(SHARED, (file, stats) =>
    file.startsWith(SEMAPHORE) && stats.size === semaphoreBytes
      ? semaphoreOf(`/${file.slice(SEMAPHORE.length)}`, stats)
      : undefined,
  );
}

function one(which: string): Semaphore {
  const name = checkName(which, longestName);
  return semaphoreOf(name, statSync(fileOf(name)));
}

export const posixSemaphore = kindOf<Semaphore>({
  name: 'posix-semaphore',
  property: 'posixSemaphores',
  title: 'POSIX semaphores',
  columns,
  all,
  one,
  parts: ({ name }) => [usersPart({ file: statSync(fileOf(name)) })],
});
