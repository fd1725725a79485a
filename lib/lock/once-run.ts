/** What who has the gate of a once does. */

import { check, errnoOf, invalidType, SystemError } from '../core/error';
import { native } from '../native';
import { unlock } from './mutex-calls';
import type { LockHandle } from './lock-memory';
import { isThenable } from './recovery';
import { NO_ROBUST_LIST } from './robust-list';

/** What an initialiser is told. */
export interface OnceCall {
  /** Whether one who had begun has died, and nobody has ended it since: there may be half of it. */
  readonly ownerDied: boolean;
}

/** What is to be done once. */
export type Initialiser = (call: OnceCall) => unknown;

const TAKEN_AFTER_DEATH = 1;

const hints = new Map<number, string>(
  (
    [
      ['ENOTRECOVERABLE', 'somebody has unlocked the mutex of it after a death; make a new one'],
      ['ENOLCK', 'a thread can hold 2000 locks at a time'],
      ['ENOSYS', NO_ROBUST_LIST],
      ['EDEADLK', 'an initialiser of this thread runs, and could not end meanwhile'],
    ] as const
  ).map(([code, hint]) => [errnoOf(code), hint]),
);

/** What a negated errno, or an expired time, means to who comes to run an initialiser. */
export function onceFailure(error: number | string, { name }: LockHandle): SystemError {
  const errno = typeof error === 'string' ? errnoOf(error) : -error;
  return new SystemError(error, 'once_run', { path: name, hint: hints.get(errno) });
}

/** Leaves the gate. A death of which nobody has ended what was begun is told to the next one. */
function leave({ number, name }: LockHandle, ownerDied: boolean): void {
  const result = ownerDied ? native.mutexAbandon(number) : unlock(number);
  check(result, 'once_run', { path: name, hint: 'somebody has overwritten it' });
}

/** Whether it was done by somebody else; then the gate is left. */
function isDone(handle: LockHandle, ownerDied: boolean): boolean {
  if (!native.onceIsDone(handle.number)) return false;
  if (ownerDied) native.mutexConsistent(handle.number); // it died after it had done it
  leave(handle, false);
  return true;
}

function done(handle: LockHandle): true {
  native.onceSetDone(handle.number);
  leave(handle, false);
  return true;
}

/** Runs the initialiser, unless it is done; answers whether it did. `taken`: how the gate was. */
export async function runAtGate(
  handle: LockHandle,
  taken: number,
  initialise: Initialiser,
): Promise<boolean> {
  const ownerDied = taken === TAKEN_AFTER_DEATH;
  if (isDone(handle, ownerDied)) return false;
  try {
    await initialise({ ownerDied });
  } catch (error) {
    leave(handle, ownerDied);
    throw error;
  }
  return done(handle);
}

/** The same, of one that has done all when it returns. */
export function runAtGateSync(handle: LockHandle, taken: number, initialise: Initialiser): boolean {
  const ownerDied = taken === TAKEN_AFTER_DEATH;
  if (isDone(handle, ownerDied)) return false;
  try {
    const answer = initialise({ ownerDied });
    if (isThenable(answer)) {
      answer.then(undefined, () => undefined); // it is refused, whatever comes of it
      throw invalidType('fn', 'a function that answers no promise here', answer);
    }
  } catch (error) {
    leave(handle, ownerDied);
    throw error;
  }
  return done(handle);
}
