/** Rows of flock(2): the call of posix-ipc/syscalls, and lock.FileLock of kind 'flock'. */

import { constants } from 'node:fs';

import { flock, LOCK_EX, LOCK_SH } from 'posix-ipc/syscalls';

import { access, busy, closed, ofBoth, owners, steps, waits } from './file-lock-rows';
import { another, O_PATH, object, observerOf, raw } from './file-locks';
import { absent, different, own, type Row } from './row';

const kind = 'flock';

/** An upgrade that fails, after which the reader that was in the way has gone. */
async function failedUpgrade(make: typeof raw): Promise<string> {
  const locker = make(kind);
  const seen = observerOf(kind, locker.path);
  await locker.step('r');
  const reader = await another(locker, 'r 0 0');
  const answer = await locker.step('w');
  await reader.kill();
  return `${answer} ${seen()}`;
}

export const flockRows: Row[] = [
  steps(kind, ['exclusive', 'an exclusive lock', 'w'], 'w 0 0'),
  steps(kind, ['shared', 'a shared one', 'r'], 'r 0 0'),
  steps(kind, ['unlock', 'it is released', '-'], 'w 0 0, u 0 0'),
  steps(kind, ['unlock-none', 'what is not locked', '-'], 'u 0 0', () =>
    absent('what is not held has no guard'),
  ),
  steps(kind, ['upgrade', 'from shared to exclusive', 'w'], 'r 0 0, w 0 0'),
  steps(kind, ['downgrade', 'from exclusive to shared', 'r'], 'w 0 0, r 0 0'),
  busy(kind, ['busy', 'another has it', 'EAGAIN'], 'w 0 0', ['w']),
  busy(kind, ['busy-shared', 'shared, of what another has', 'EAGAIN'], 'w 0 0', ['r']),
  busy(kind, ['busy-reader', 'exclusive, of what is shared', 'EAGAIN'], 'r 0 0', ['w']),
  busy(kind, ['readers', 'shared locks go together', 'done'], 'r 0 0', ['r']),
  own(
    'flock-upgrade-fails',
    'an upgrade that fails loses the shared lock',
    'EAGAIN -',
    () => failedUpgrade(raw),
    different('EAGAIN r', 'the class takes the shared lock again', () => failedUpgrade(object)),
  ),
  own(
    'flock-wrong-operation',
    'shared and exclusive',
    'EINVAL',
    () => {
      flock(raw(kind).fd, LOCK_SH | LOCK_EX);
    },
    absent('the class has one option for both'),
  ),
  closed(kind),
  access(kind, ['path-only', O_PATH, 'a descriptor of O_PATH', 'EBADF'], 'w'),
  access(kind, ['read-only', constants.O_RDONLY, 'exclusive, read-only', 'done'], 'w'),
  ...owners(kind),
  ofBoth(kind, ['not-fcntl', 'locks of fcntl are not in the way', 'done'], async (make) => {
    const locker = make('ofd');
    await locker.step('w');
    return make(kind, locker.path).step('w');
  }),
  ...waits(kind),
];
