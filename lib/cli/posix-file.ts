/** What the kinds of POSIX objects have in common: each is a file. */

import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
} from 'node:fs';
import path from 'node:path';

import { checkName } from '../core/name';
import type { Column } from './kind';
import { modeText, printable, userText } from './words';
import { Wrong } from './wrong';

/** Where the C library has shared memory and semaphores. */
export const SHARED = '/dev/shm';

/** How the file of a semaphore is called, before its name. */
export const SEMAPHORE = 'sem.';

/** sizeof(sem_t) of 64-bit libcs. */
const semaphoreBytes = 32;

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

/** The name that somebody has asked for. */
export function nameOf(which: string, longest: number): string {
  try {
    return checkName(which, longest);
  } catch (error) {
    throw new Wrong(error instanceof Error ? error.message : String(error));
  }
}

export function isSemaphore(file: string, { size }: Stats): boolean {
  return file.startsWith(SEMAPHORE) && size === semaphoreBytes;
}

/** Of a file that is one: a link, a FIFO or a folder is no POSIX object. */
export function statsOf(file: string): Stats {
  const stats = lstatSync(file);
  if (!stats.isFile()) throw new Error(`'${file}' is no file, and so no object`);
  return stats;
}

/** What stands at the beginning of a file; zeros where it is shorter, or cannot be read. Never waits. */
export function beginOf(file: string, bytes: number): { begin: Buffer; isRead: boolean } {
  const begin = Buffer.alloc(bytes);
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      return { begin, isRead: readSync(fd, begin, 0, bytes, 0) === bytes };
    } finally {
      closeSync(fd);
    }
  } catch {
    return { begin, isRead: false }; // of another user, or gone
  }
}

/** What `use` makes of the files of a folder, but for those that are gone by then, and undefined. */
export function filesIn<R>(
  folder: string,
  notes: string[],
  use: (file: string, stats: Stats) => R | undefined,
): R[] {
  const found: R[] = [];
  const names = namesIn(folder);
  const texts = names.filter((name) => isUtf8(name)).map(String);
  for (const file of texts.sort()) {
    const stats = lstatSync(path.join(folder, file), { throwIfNoEntry: false });
    const one = stats?.isFile() === true ? use(file, stats) : undefined;
    if (one !== undefined) found.push(one);
  }
  const others = names.length - texts.length;
  if (others > 0) notes.push(`names in ${folder} that are no UTF-8: ${String(others)}`);
  return found;
}

function namesIn(folder: string): Buffer[] {
  try {
    return readdirSync(folder, 'buffer');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // none was ever made
    throw error;
  }
}
