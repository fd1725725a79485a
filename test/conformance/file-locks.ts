/** Files and their locks as the rows need them: who locks, by which interface, and what others see. */

import { closeSync, constants, openSync, readFileSync } from 'node:fs';

import { lock } from 'posix-ipc';
import {
  F_OFD_GETLK,
  F_UNLCK,
  F_RDLCK,
  F_WRLCK,
  fcntl,
  flock,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
} from 'posix-ipc/syscalls';

import { adopt, Outsider } from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { adoptDescriptor } from './descriptors';
import { range, rawStep, type How, type Offset } from './file-lock-step';
import { resultOf } from './result';

const { FileLock } = lock;

export const FAR_AWAY = 1_000_000;
export const O_PATH = 0o10_000_000;

/** Who locks a file by one of the interfaces. */
export interface Locker {
  readonly kind: lock.FileLockKind;
  readonly path: string;
  readonly fd: number;
  /** `done`, or the name of an errno. */
  step: (how: How, start?: Offset, length?: Offset) => Promise<string>;
  close: () => void;
}

/** As in the C program. */
export function newFile(): string {
  return temporaryFile('0123456789');
}

export function opened(path: string, flags: number = constants.O_RDWR): number {
  return adoptDescriptor(openSync(path, flags));
}

// ---- posix-ipc/syscalls

export function raw(
  kind: lock.FileLockKind,
  path = newFile(),
  flags: number = constants.O_RDWR,
): Locker {
  return rawOf(kind, path, opened(path, flags));
}

export function rawOf(kind: lock.FileLockKind, path: string, fd: number): Locker {
  return {
    kind,
    path,
    fd,
    step: (how, start, length) =>
      resultOf(() => {
        rawStep(kind, fd, how, start, length);
      }),
    close: () => {
      closeSync(fd);
    },
  };
}

// ---- the class

export function object(
  kind: lock.FileLockKind,
  path = newFile(),
  flags: number = constants.O_RDWR,
): Locker {
  return objectOf(FileLock.fromFdSync(openSync(path, flags), { kind }), path);
}

/** Another one with a copy of its descriptor. */
export function duplicateOf({ kind, fd, path }: Locker): Locker {
  return objectOf(FileLock.fromFdSync(fd, { kind, own: false }), path);
}

function objectOf(file: lock.FileLock, path: string): Locker {
  adopt(file);
  const { kind, fd } = file;
  const guards = new Map<string, lock.FileLockGuard>();
  const step = async (how: How, start: Offset = 0, length: Offset = 0): Promise<string> => {
    const name = `${String(start)} ${String(length)}`;
    const guard = guards.get(name);
    if (how === 'u') guard?.release();
    else if (how === 'r' && guard !== undefined) guard.downgrade();
    else if (how === 'w' && guard !== undefined) return guard.tryUpgrade() ? 'done' : 'EAGAIN';
    else if (how === 'W' && guard !== undefined) await guard.upgrade();
    else {
      const options = { shared: how === 'r' || how === 'R', start, length };
      const waits = how === 'W' || how === 'R';
      const taken = waits ? await file.lock(options) : file.tryLock(options);
      if (taken === undefined) return 'EAGAIN';
      guards.set(name, taken);
    }
    return 'done';
  };
  return {
    kind,
    path,
    fd,
    step: (how, start, length) => resultOf(() => step(how, start, length)),
    close: () => {
      file.close();
    },
  };
}

// ---- others

function flockSeen(fd: number): string {
  for (const [how, seen] of [
    [LOCK_EX, '-'],
    [LOCK_SH, 'r'],
  ] as const) {
    try {
      flock(fd, how | LOCK_NB);
      flock(fd, LOCK_UN);
      return seen;
    } catch {
      // It is locked.
    }
  }
  return 'w';
}

/** What others find in bytes 0 to 9, and in one far away: w, r, or - where they may have all. */
export function observerOf(kind: lock.FileLockKind, path: string): () => string {
  const fd = opened(path);
  if (kind === 'flock') return () => flockSeen(fd);
  // OFD locks see POSIX ones, those of their own process too.
  const seenAt = (place: number): string => {
    const { l_type } = fcntl(fd, F_OFD_GETLK, range(F_WRLCK, place, 1));
    return l_type === F_UNLCK ? '-' : l_type === F_RDLCK ? 'r' : 'w';
  };
  return () => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, FAR_AWAY].map(seenAt).join('');
}

/** How many locks the kernel keeps for a descriptor. */
export function countOf({ fd }: Locker): number {
  const info = readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1');
  return info.split('\n').filter((line) => line.startsWith('lock:')).length;
}

/** Takes the steps of a text such as "w 0 5, u 2 1"; answers what the first that fails says, or `done`. */
export async function play(locker: Locker, steps: string): Promise<string> {
  for (const step of steps.split(', ')) {
    const [how, start, length] = step.split(' ') as [How, string, string];
    const answer = await locker.step(how, Number(start), Number(length));
    if (answer !== 'done') return answer;
  }
  return 'done';
}

/** Another process, which has these locks. */
export async function another(
  locker: Pick<Locker, 'kind' | 'path'>,
  steps: string,
): Promise<Outsider> {
  const outsider = await Outsider.of(locker);
  for (const step of steps.split(', ')) await outsider.hold(step);
  return outsider;
}
