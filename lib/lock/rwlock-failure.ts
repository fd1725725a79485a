import { errnoOf, SystemError } from '../core/error';
import type { LockHandle } from './lock-memory';
import { NO_ROBUST_LIST } from './robust-list';

const hints = new Map<number, string>(
  (
    [
      [
        'EAGAIN',
        'all slots for readers are taken; a lock is made with as many as the option slots says',
      ],
      [
        'ENOTRECOVERABLE',
        'a writer died, and the next one released the lock without markConsistent(): nobody can ' +
          'lock it any more; make a new one in its place',
      ],
      [
        'ENOLCK',
        'a thread can hold 2000 locks at a time: the kernel looks after no more when it dies',
      ],
      ['ENOSYS', NO_ROBUST_LIST],
      [
        'EDEADLK',
        `a guard of this thread, in process ${String(process.pid)}, is in the way, and could not be ` +
          'released meanwhile',
      ],
    ] as const
  ).map(([code, hint]) => [errnoOf(code), hint]),
);

/** What a negated errno, or an expired time, means to who wants the lock. */
export function rwlockFailure(
  error: number | string,
  syscall: string,
  handle: LockHandle,
  hint?: string,
): SystemError {
  const errno = typeof error === 'string' ? errnoOf(error) : -error;
  return new SystemError(error, syscall, { path: handle.name, hint: hint ?? hints.get(errno) });
}
