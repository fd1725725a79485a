import { closeSync, openSync, readSync, statSync, constants, type Stats } from 'node:fs';

import { checkName } from '../core/name';
import { kindOf, type Column } from './kind';
import { fileColumns, filedOf, filesIn, SEMAPHORE, SHARED, type Filed } from './posix-file';
import { BEGIN, contentParts, holdsOf, type Holds } from './package-object';
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

/** What stands at the beginning of a file; zeros where it is shorter, or cannot be read. */
function beginOf(file: string): Buffer {
  const room = Buffer.alloc(BEGIN);
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      readSync(fd, room, 0, room.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // of another user, or gone
  }
  return room;
}

function segmentOf(name: string, stats: Stats): Segment {
  return {
    ...filedOf(name, stats),
    size: stats.size,
    allocated: stats.blocks * 512,
    holds: holdsOf(beginOf(SHARED + name)),
  };
}

function all(): Segment[] {
  return filesIn(SHARED, (file, stats) =>
    file.startsWith(SEMAPHORE) ? undefined : segmentOf(`/${file}`, stats),
  );
}

function one(which: string): Segment {
  const name = checkName(which, longestName);
  return segmentOf(name, statSync(SHARED + name));
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
    usersPart({ file: statSync(SHARED + name) }),
  ],
});
