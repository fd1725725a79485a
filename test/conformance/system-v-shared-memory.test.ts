/**
 * System V shared memory: C, posix-ipc/syscalls and sysv.SharedMemory agree.
 *
 * The ids are those of the Linux Test Project and of gVisor's tests; texts and code are our own.
 */

import { shmatRows } from './shmat';
import { shmctlRows } from './shmctl';
import { shmdtRows } from './shmdt';
import { shmgetRows } from './shmget';
import { testTable } from './table';

testTable('system-v-shared-memory', ['syscalls', 'SharedMemory'], {
  shmget: shmgetRows,
  shmat: shmatRows,
  shmdt: shmdtRows,
  shmctl: shmctlRows,
});
