/** A lock that a getter of its caller's options closes, in the middle of the call. */

import { lock } from 'posix-ipc';

import { fileLock, kinds } from '../support/file-locks';
import { makeMutex } from '../support/mutexes';
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
