/** Waits for a condition, in this process. */

import { lock } from 'posix-ipc';

import { untilBlockedIn } from './blocked';
import { someMemory } from './mutexes';

/** FUTEX_OWNER_DIED */
const DIED = 0x4000_0000;

export const sleeping = (threads = 1): Promise<void> =>
  untilBlockedIn('futex', process.pid, undefined, threads);

/** Waits with a guard of its own, and says when it is over. */
export async function waitOnce(
  mutex: lock.Mutex,
  condition: lock.Condition,
  over: () => void,
): Promise<void> {
  using guard = await mutex.lock();
  await condition.wait(guard);
  over();
}

/** A mutex, which `die` makes one whose owner has died, and `abandon` leaves as the dead do. */
export function mortalMutex(recover?: lock.Recover): {
  mutex: lock.Mutex;
  die: () => void;
  abandon: (last: (guard: lock.MutexGuard) => void) => void;
} {
  const mapping = someMemory();
  const mutex = lock.Mutex.at(mapping, 0, { create: true, recover });
  const die = (): void => {
    Atomics.or(mapping.view(Int32Array), 0, DIED);
  };
  const abandon = (last: (guard: lock.MutexGuard) => void): void => {
    const fails = (guard: lock.MutexGuard): never => {
      last(guard);
      throw new Error('as if dead');
    };
    using other = lock.Mutex.at(mapping, 0, { recover: fails });
    die();
    expect(() => other.tryLock()).toThrow('as if dead');
  };
  return { mutex, die, abandon };
}
