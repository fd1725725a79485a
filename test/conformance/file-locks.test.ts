/** Locks of files: C, posix-ipc/syscalls and lock.FileLock agree. */

import { flockRows } from './flock';
import { lockfRows } from './lockf';
import { fcntlRows, ofdRows } from './record-locks';
import { testTable } from './table';

testTable('file-locks', ['syscalls', 'FileLock'], {
  fcntl: fcntlRows,
  ofd: ofdRows,
  flock: flockRows,
  lockf: lockfRows,
});
