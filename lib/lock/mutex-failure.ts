import { check, errnoOf, SystemError } from '../core/error';
import type { LockHandle } from './lock-memory';
import { NO_ROBUST_LIST } from './robust-list';

const hints = new Map<number, string>(
  (
    [
      [
        'ENOTRECOVERABLE',
        'an owner died, and the next one released the mutex without markConsistent(): nobody can ' +
          'lock it any more; make a new one in its place',
      ],
      [
        'ENOLCK',
        'a thread can hold 2000 mutexes at a time: the kernel looks after no more when it dies',
      ],
      ['ENOSYS', NO_ROBUST_LIST],
      [
        'EDEADLK',
        `this thread holds it, in process ${String(process.pid)}, by a guard that is not released`,
      ],
    ] as const
  ).map(([code, hint]) => [errnoOf(code), hint]),
);

/** What a negated errno, or an expired time, means to who wants the mutex. */
export function lockFailure(error: number | string, handle: LockHandle): SystemError {
  const errno = typeof error === 'string' ? errnoOf(error) : -error;
  return new SystemError(error, 'mutex_lock', { path: handle.name, hint: hints.get(errno) });
}

/** The result of a `markConsistent()`. */
export function checkConsistent(result: number, syscall: string, path: string | undefined): void {
  const isWhole = result === -errnoOf('EINVAL');
  const hint = isWhole ? 'no owner has died, or it is consistent again already' : undefined;
  check(result, syscall, { path, hint });
}
