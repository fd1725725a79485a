/** What the three kinds of POSIX objects have in common: each is a file. */

import { lstatSync, readdirSync, type Stats } from 'node:fs';
import path from 'node:path';

import type { Column } from './kind';
import { modeText, printable, userText } from './words';

/** Where the C library has shared memory and semaphores. */
export const SHARED = '/dev/shm';

/** How the file of a semaphore is called, before its name. */
export const SEMAPHORE = 'sem.';

/** What each of them has. */
export interface Filed {
  /** With its leading slash. */
  name: string;
  mode: number;
  uid: number;
  gid: number;
}

export const fileColumns: readonly Column<Filed>[] = [
  { header: 'name', text: ({ name }) => printable(name) },
  { header: 'owner', text: ({ uid }) => userText(uid) },
  { header: 'mode', text: ({ mode }) => modeText(mode) },
  { header: 'group', text: ({ gid }) => String(gid), detail: true },
];

export function filedOf(name: string, { mode, uid, gid }: Stats): Filed {
  return { name, mode: mode & 0o777, uid, gid };
}

/** What `use` makes of the files of a folder, but for those that are gone by then, and undefined. */
export function filesIn<R>(
  folder: string,
  use: (file: string, stats: Stats) => R | undefined,
): R[] {
  const found: R[] = [];
  for (const file of namesIn(folder)) {
    const stats = lstatSync(path.join(folder, file), { throwIfNoEntry: false });
    const one = stats?.isFile() === true ? use(file, stats) : undefined;
    if (one !== undefined) found.push(one);
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // none was ever made
    throw error;
  }
}
