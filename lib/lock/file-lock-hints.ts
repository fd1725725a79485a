import { errnoOf } from '../core/error';
import type { FileLockKind } from './file-lock-options';

/** Why this thread would wait for itself. */
export function ownHint(kind: FileLockKind): string {
  const advice = kind === 'posix' ? '' : ': use an object for each owner';
  return `a guard of this object holds it, or an earlier call of it waits for it${advice}`;
}

const numbers = {
  EBADF: -errnoOf('EBADF'),
  EDEADLK: -errnoOf('EDEADLK'),
  ENOLCK: -errnoOf('ENOLCK'),
};

/** One sentence more about why a lock cannot be had. */
export function hintOf(error: number | string, kind: FileLockKind): string | undefined {
  if (error === numbers.EBADF && kind !== 'flock') {
    return 'a shared lock needs a descriptor that can be read, an exclusive one a descriptor that can be written';
  }
  if (error === numbers.EDEADLK) {
    return 'a process that holds what is asked for waits for a lock of this one';
  }
  if (error === numbers.ENOLCK) {
    return 'the kernel has no memory for it, or the lock service of the file system does not answer';
  }
  return undefined;
}
