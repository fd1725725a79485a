/**
 * POSIX semaphores: C, posix-ipc/syscalls and posix.Semaphore agree.
 *
 * The ids are interfaces of the Open POSIX suite, with the number of the assertion where it is a
 * known one; texts and code are our own.
 */

import { semDestroyRows, semInitRows } from './sem-init';
import { semCloseRows, semOpenRows, semUnlinkRows } from './sem-open';
import {
  semClockwaitRows,
  semGetvalueRows,
  semPostRows,
  semTimedwaitRows,
  semTrywaitRows,
  semWaitRows,
} from './sem-wait';
import { testTable } from './table';

testTable('posix-semaphores', ['syscalls', 'Semaphore'], {
  sem_open: semOpenRows,
  sem_close: semCloseRows,
  sem_unlink: semUnlinkRows,
  sem_wait: semWaitRows,
  sem_trywait: semTrywaitRows,
  sem_timedwait: semTimedwaitRows,
  sem_clockwait: semClockwaitRows,
  sem_post: semPostRows,
  sem_getvalue: semGetvalueRows,
  sem_init: semInitRows,
  sem_destroy: semDestroyRows,
});
