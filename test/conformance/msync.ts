/** Rows of msync. No suite has them. */

import type { memory } from 'posix-ipc';
import { mlock, MS_ASYNC, MS_INVALIDATE, MS_SYNC, msync, munmap } from 'posix-ipc/syscalls';

import { isSanitized } from '../support/machine';
import { anonymous } from '../support/mappings';
import { mapOf, objectOf, PAGE } from './files';
import type { Need } from './needs';
import { absent, different, type Row } from './row';

const realLocks: Need = { isMet: !isSanitized, reason: 'under the sanitizer mlock does nothing' };

interface Synced {
  what: string;
  expected: string;
  c: string;
  flags: number;
  /** Of the class; absent where it cannot say that. */
  options?: memory.SyncOptions | string;
  isLocked?: boolean;
}

function synced({ what, expected, c, flags, options, isLocked = false }: Synced): Row {
  const ready = (): memory.Mapping => {
    const mapping = mapOf(objectOf());
    if (isLocked) mlock(mapping, PAGE);
    return mapping;
  };
  return {
    id: 'own',
    what,
    expected,
    c,
    sync: () => {
      msync(ready(), PAGE, flags);
    },
    promise: typeof options === 'string' ? absent(options) : () => ready().sync(options),
    ...(isLocked ? { needs: realLocks } : {}),
  };
}

const closedPlace = 'a mapping that is gone is no place';
const anywhere = 'the range grows to whole pages';

export const msyncRows: Row[] = [
  synced({ what: 'MS_SYNC', expected: 'done', c: 'msync-sync', flags: MS_SYNC }),
  synced({
    what: 'MS_ASYNC',
    expected: 'done',
    c: 'msync-async',
    flags: MS_ASYNC,
    options: 'the class waits for the device',
  }),
  synced({
    what: 'MS_INVALIDATE',
    expected: 'done',
    c: 'msync-invalidate',
    flags: MS_SYNC | MS_INVALIDATE,
    options: { invalidate: true },
  }),
  synced({
    what: 'MS_SYNC with MS_ASYNC',
    expected: 'EINVAL',
    c: 'msync-both',
    flags: MS_SYNC | MS_ASYNC,
    options: 'the class passes one of them',
  }),
  synced({
    what: 'a flag that does not exist',
    expected: 'EINVAL',
    c: 'msync-unknown-flag',
    flags: 8,
    options: 'the class has names for what there is',
  }),
  synced({
    what: 'MS_INVALIDATE of locked pages',
    expected: 'EBUSY',
    c: 'msync-locked',
    flags: MS_SYNC | MS_INVALIDATE,
    options: { invalidate: true },
    isLocked: true,
  }),
  synced({
    what: 'MS_SYNC of locked pages',
    expected: 'done',
    c: 'msync-locked-alone',
    flags: MS_SYNC,
    isLocked: true,
  }),
  {
    id: 'own',
    what: 'an address that is not aligned',
    expected: 'EINVAL',
    c: 'msync-unaligned',
    sync: () => {
      msync(mapOf(objectOf()), 100, MS_SYNC, 1);
    },
    promise: different('done', anywhere, () => mapOf(objectOf()).sync({ offset: 1, length: 100 })),
  },
  {
    id: 'own',
    what: 'length 0',
    expected: 'done',
    c: 'msync-length-zero',
    sync: () => {
      msync(mapOf(objectOf()), 0, MS_SYNC);
    },
    promise: () => mapOf(objectOf()).sync({ offset: 0, length: 0 }),
  },
  {
    id: 'own',
    what: 'memory without a file',
    expected: 'done',
    c: 'msync-anonymous',
    sync: () => {
      msync(anonymous(PAGE), PAGE, MS_SYNC);
    },
    promise: () => anonymous(PAGE).sync(),
  },
  {
    id: 'own',
    what: 'what is unmapped',
    expected: 'ENOMEM',
    c: 'msync-unmapped',
    sync: different('ERR_CLOSED', closedPlace, () => {
      const mapping = anonymous(PAGE);
      munmap(mapping, PAGE);
      msync(mapping, PAGE, MS_SYNC);
    }),
    promise: different('ERR_CLOSED', closedPlace, () => {
      const mapping = anonymous(PAGE);
      mapping.close();
      return mapping.sync();
    }),
  },
];
