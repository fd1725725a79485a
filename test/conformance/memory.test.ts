/**
 * Mappings and memfds: C, posix-ipc/syscalls and the classes of memory agree.
 *
 * The ids are interfaces of the Open POSIX suite; texts and code are our own.
 */

import { memfdRows } from './memfd';
import { mmapRows } from './mmap';
import { msyncRows } from './msync';
import { munmapRows } from './munmap';
import { testTable } from './table';

testTable('memory', ['syscalls', 'memory'], {
  mmap: mmapRows,
  munmap: munmapRows,
  msync: msyncRows,
  memfd: memfdRows,
});
