/** A lock that a getter of its caller's options closes, in the middle of the call. */

import { lock } from 'posix-ipc';

import { fileLock, kinds } from '../support/file-locks';
import { makeBarrier, makeCondition, makeEvent, makeMutex, makeRwLock } from '../support/mutexes';
import { codeOfRejection } from '../support/outcome';
import { soon } from '../support/wait-until';

/** Options that close the object when one of them is read. */
function closing(object: { close(): void }, name: 'timeout' | 'shared' | 'signal'): object {
  return Object.defineProperty({}, name, {
    get: () => {
      object.close();
    },
  });
}

function endOf(what: string, call: () => unknown): Promise<string> {
  return codeOfRejection(soon(what, Promise.resolve().then(call), 30_000));
}

describe.each([false, true])('a mutex, recursive: %s', (recursive) => {
  test.each(['lock', 'lockSync'] as const)('%s takes nothing', async (call) => {
    const mutex = makeMutex({ recursive });
    const other = lock.Mutex.openSync(mutex.name);
    expect(await endOf(call, () => mutex[call](closing(mutex, 'timeout')))).toBe('ERR_CLOSED');
    expect(other.statSync()).toMatchObject({ state: 'free', acquisitions: 0 });
    other.close();
  });

  test.each(['lock', 'lockSync'] as const)('%s inside of use() takes nothing', async (call) => {
    const mutex = makeMutex({ recursive });
    const ended = mutex.use(() => endOf(call, () => mutex[call](closing(mutex, 'timeout'))));
    expect(await ended).toBe('ERR_CLOSED');
  });
});

describe.each(kinds)('a file lock of kind %s', (kind) => {
  test.each([
    ['lock', 'timeout'],
    ['lock', 'signal'],
    ['lock', 'shared'],
    ['lockSync', 'timeout'],
    ['lockSync', 'shared'],
    ['tryLock', 'shared'],
    ['test', 'shared'],
    ['testSync', 'shared'],
  ] as const)('%s, %s', async (call, name) => {
    const file = fileLock(kind);
    expect(await endOf(call, () => file[call](closing(file, name)))).toBe('ERR_CLOSED');
  });
});

describe('a signal that closes the lock when it is listened to', () => {
  const closingSignal = (object: { close(): void }): { signal: AbortSignal } => {
    const signal: Pick<AbortSignal, 'aborted' | 'addEventListener' | 'removeEventListener'> = {
      aborted: false,
      addEventListener: () => {
        object.close();
      },
      removeEventListener: () => undefined,
    };
    return { signal: signal as AbortSignal };
  };

  test('mutex, event, barrier, readers-writer lock', async () => {
    const [mutex, event, barrier, rwlock] = [makeMutex(), makeEvent(), makeBarrier(), makeRwLock()];
    const guards = [mutex.lockSync(), rwlock.readLockSync()];
    const ends = [
      await endOf('lock', () => mutex.lock(closingSignal(mutex))),
      await endOf('event', () => event.wait(closingSignal(event))),
      await endOf('barrier', () => barrier.wait(closingSignal(barrier))),
      await endOf('writeLock', () => rwlock.writeLock(closingSignal(rwlock))),
    ];
    expect(ends).toEqual(Array(4).fill('ERR_CLOSED'));
    for (const guard of guards) guard.release();
  });

  test('condition', async () => {
    const condition = makeCondition();
    using guard = makeMutex().lockSync();
    const ended = endOf('wait', () => condition.wait(guard, closingSignal(condition)));
    expect(await ended).toBe('ERR_CLOSED');
    expect(guard.released).toBe(false);
  });
});
