import type { Stats } from 'node:fs';

import { kindOf, type Column } from './kind';
import {
  beginOf,
  fileColumns,
  filedOf,
  filesIn,
  isSemaphore,
  nameOf,
  SEMAPHORE,
  SHARED,
  statsOf,
  type Filed,
} from './posix-file';
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

const columns: readonly Column<Semaphore>[] = [
  ...fileColumns,
  { header: 'value', text: ({ value }) => String(value ?? NONE), right: true },
  { header: 'waiting', text: ({ waiting }) => String(waiting ?? NONE), right: true },
];

function fileOf(name: string): string {
  return `${SHARED}/${SEMAPHORE}${name.slice(1)}`;
}

/** sem_open(3) needs the permission to write; who looks has none, perhaps. So this is what glibc has in the file. */
function semaphoreOf(name: string, stats: Stats): Semaphore {
  const { begin, isRead } = beginOf(fileOf(name), 8);
  return {
    ...filedOf(name, stats),
    value: isRead ? begin.readUInt32LE(0) : undefined,
    waiting: isRead ? begin.readUInt32LE(4) : undefined,
  };
}

function all(notes: string[]): Semaphore[] {
  return filesIn(SHARED, notes, (file, stats) =>
    isSemaphore(file, stats) ? semaphoreOf(`/${file.slice(SEMAPHORE.length)}`, stats) : undefined,
  );
}

function one(which: string): Semaphore {
  const name = nameOf(which, longestName);
  const stats = statsOf(fileOf(name));
  if (!isSemaphore(SEMAPHORE, stats)) throw new Error(`'${fileOf(name)}' is no semaphore`);
  return semaphoreOf(name, stats);
}

export const posixSemaphore = kindOf<Semaphore>({
  name: 'posix-semaphore',
  property: 'posixSemaphores',
  title: 'POSIX semaphores',
  columns,
  all,
  one,
  parts: ({ name }) => [usersPart({ path: fileOf(name), file: statsOf(fileOf(name)) })],
});
