/** posix-ipc: locks of a file. The address is its path; a form is the kind, and the call. */

import { lock } from 'posix-ipc';
import type { Driver, Repeats } from '../core/driver';

function refused(): never {
  throw new Error('somebody else has a file that nobody else locks');
}

const kinds = ['ofd', 'posix', 'flock'] as const;

export const open: Driver['open'] = (address) => {
  const calls = (kind: lock.FileLockKind): [string, Repeats][] => {
    const file = lock.FileLock.openSync(address, { kind });
    return [
      [
        `${kind}: lockSync + release`,
        () => (count) => {
          for (let i = 0; i < count; i++) file.lockSync().release();
        },
      ],
      [
        `${kind}: tryLock + release`,
        () => (count) => {
          for (let i = 0; i < count; i++) (file.tryLock() ?? refused()).release();
        },
      ],
      [
        `${kind}: await lock + release`,
        () => async (count) => {
          for (let i = 0; i < count; i++) (await file.lock()).release();
        },
      ],
    ];
  };
  return { repeat: Object.fromEntries(kinds.flatMap(calls)) };
};
