/** The rows of file locks: an open file that this process shares with those that it starts is in the way. */

import { randomInt } from 'node:crypto';
import { constants, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { lock } from 'posix-ipc';
import {
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_UNLCK,
  F_WRLCK,
  fcntl,
  flock,
  LOCK_EX,
  LOCK_UN,
  SEEK_SET,
} from 'posix-ipc/syscalls';

import { descriptorsOf, hold } from './held';
import { operationOf, type Kind, type Row } from './operation-of';
import type { WaitingOperation } from './waiting-operation';

const whole = { l_whence: SEEK_SET, l_start: 0, l_len: 0 };

/** The number at its end is what tests know the file by; see support/blocked.ts. */
function fileOf(id: number): string {
  return path.join(tmpdir(), `posix-ipc-lifecycle-file-${String(id)}`);
}

/** Whoever shares the open file can let go of its lock. */
function setLock(kind: lock.FileLockKind, id: number, held: boolean): void {
  const [fd] = descriptorsOf(id);
  if (kind === 'flock') flock(fd, held ? LOCK_EX : LOCK_UN);
  else fcntl(fd, F_OFD_SETLK, { ...whole, l_type: held ? F_WRLCK : F_UNLCK });
}

function contentsOf(id: number): string[] {
  const [fd] = descriptorsOf(id);
  const info = readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1');
  if (info.includes('\nlock:')) return ['held'];
  const { l_type } = fcntl(fd, F_OFD_GETLK, { ...whole, l_type: F_WRLCK });
  return [l_type === F_UNLCK ? 'free' : 'taken'];
}

function kindOf(kind: lock.FileLockKind): Kind<lock.FileLock> {
  const call = kind === 'flock' ? 'flock' : 'fcntl';
  return {
    gives: false,
    contents: { untouched: ['held'], unserved: ['free'], served: ['free'] },
    call,
    syncCall: call,
    create: () => {
      const id = randomInt(2 ** 47);
      const { O_CREAT, O_EXCL, O_RDWR } = constants;
      hold(id, [openSync(fileOf(id), O_CREAT | O_EXCL | O_RDWR, 0o600)]);
      setLock(kind, id, true);
      return id;
    },
    open: (id) => lock.FileLock.openSync(fileOf(id), { kind }),
    satisfy: (id) => {
      setLock(kind, id, false);
    },
    contentsOf,
    remove: (id) => {
      rmSync(fileOf(id), { force: true });
    },
  };
}

const lockIt: Row<lock.FileLock>['wait'] = async (one: lock.FileLock, limits) => {
  (await one.lock(limits)).release();
};

const rows: [lock.FileLockKind, Row<lock.FileLock>][] = [
  ['ofd', { name: 'FileLock.lock', wait: lockIt }],
  ['posix', { name: 'FileLock.lock of POSIX', variant: true, wait: lockIt }],
  ['flock', { name: 'FileLock.lock of flock', variant: true, wait: lockIt }],
  [
    'ofd',
    {
      name: 'FileLock.use',
      variant: true,
      wait: (one, limits) => one.use(() => undefined, limits),
    },
  ],
  [
    'ofd',
    {
      name: 'FileLock.lockSync',
      form: 'sync',
      variant: true,
      wait: (one, limits) => {
        one.lockSync(limits).release();
      },
    },
  ],
];

export const fileLock: readonly WaitingOperation[] = rows.map(([kind, row]) =>
  operationOf(kindOf(kind), row),
);
