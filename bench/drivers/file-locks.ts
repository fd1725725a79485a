/** posix-ipc: locks of a file. The address is its path; a form is the kind, and the call. */

import { lock } from 'posix-ipc';
import type { Driver, Repeats } from '../core/driver';

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
          for (let i = 0; i < count; i++) file.tryLock()?.release();
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
