/**
 * System V semaphores: C, posix-ipc/syscalls and sysv.SemaphoreSet agree.
 *
 * The ids are those of the Linux Test Project and of gVisor's tests; texts and code are our own.
 */

import { semctlRows } from './semctl';
import { semgetRows } from './semget';
import { semopRows } from './semop';
import { testTable } from './table';

testTable('system-v-semaphores', ['syscalls', 'SemaphoreSet'], {
  semget: semgetRows,
  semop: semopRows,
  semctl: semctlRows,
});
