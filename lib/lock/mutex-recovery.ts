import { invalidType } from '../core/error';
import { abandon, settle, type MutexGuard } from './mutex-guard';
import type { Recover } from './mutex-open';

/** What the callback has repaired is consistent. What it has not, the next owner is told of. */
export async function recovered(guard: MutexGuard, recover: Recover): Promise<MutexGuard> {
  try {
    await recover(guard);
    settle(guard);
    return guard;
  } catch (error) {
    throw givenUp(guard, error);
  }
}

/** The same, of a callback that has done all when it returns. */
export function recoveredSync(guard: MutexGuard, recover: Recover): MutexGuard {
  try {
    const answer = recover(guard);
    if (isThenable(answer)) {
      answer.then(undefined, () => undefined); // it is refused, whatever comes of it
      throw invalidType('options.recover', 'a function that answers no promise here', answer);
    }
    settle(guard);
    return guard;
  } catch (error) {
    throw givenUp(guard, error);
  }
}

function givenUp(guard: MutexGuard, error: unknown): unknown {
  if (!guard.released) abandon(guard);
  return error;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
