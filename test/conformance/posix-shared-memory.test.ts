/**
 * POSIX shared memory: C, posix-ipc/syscalls and posix.SharedMemory agree.
 *
 * The ids are interfaces of the Open POSIX suite; texts and code are our own.
 */

import { shmOpenRows } from './shm-open';
import { shmUnlinkRows } from './shm-unlink';
import { testTable } from './table';

testTable('posix-shared-memory', ['syscalls', 'SharedMemory'], {
  shm_open: shmOpenRows,
  shm_unlink: shmUnlinkRows,
});
