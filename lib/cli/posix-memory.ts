import type { Stats } from 'node:fs';

import { kindOf, type Column } from './kind';
import { BEGIN, contentParts, holdsOf, type Holds } from './package-object';
import {
  beginOf,
  fileColumns,
  filedOf,
  filesIn,
  isSemaphore,
  nameOf,
  SHARED,
  statsOf,
  type Filed,
} from './posix-file';
import { usersPart } from './users';
import { NONE } from './words';

interface Segment extends Filed {
  size: number;
  /** Bytes of memory that it takes. */
  allocated: number;
  /** What of this package it holds; undefined: nothing, or this user may not read it. */
  holds: Holds | undefined;
}

/** NAME_MAX. */
const longestName = 255;

const columns: readonly Column<Segment>[] = [
  ...fileColumns,
  { header: 'bytes', text: ({ size }) => String(size), right: true },
  { header: 'in memory', text: ({ allocated }) => String(allocated), right: true },
  { header: 'holds a', text: ({ holds }) => holds ?? NONE },
];

function segmentOf(name: string, stats: Stats): Segment {
  return {
    ...filedOf(name, stats),
    size: stats.size,
    allocated: stats.blocks * 512,
    holds: holdsOf(beginOf(SHARED + name, BEGIN).begin),
  };
}

function all(notes: string[]): Segment[] {
  return filesIn(SHARED, notes, (file, stats) =>
    isSemaphore(file, stats) ? undefined : segmentOf(`/${file}`, stats),
  );
}

function one(which: string): Segment {
  const name = nameOf(which, longestName);
  return segmentOf(name, statsOf(SHARED + name));
}

export const posixMemory = kindOf<Segment>({
  name: 'posix-memory',
  property: 'posixMemory',
  title: 'POSIX shared memory',
  columns,
  all,
  one,
  parts: ({ name, holds }) => [
    ...contentParts(holds, name),
    usersPart({ path: SHARED + name, file: statsOf(SHARED + name) }),
  ],
});
