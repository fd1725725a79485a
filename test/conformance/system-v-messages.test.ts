/**
 * System V messages: C, posix-ipc/syscalls and sysv.MessageQueue agree.
 *
 * The ids are those of the Linux Test Project and of gVisor's tests; texts and code are our own.
 */

import { msgctlRows } from './msgctl';
import { msggetRows } from './msgget';
import { msgrcvRows } from './msgrcv';
import { msgsndRows } from './msgsnd';
import { testTable } from './table';

testTable('system-v-messages', ['syscalls', 'MessageQueue'], {
  msgget: msggetRows,
  msgsnd: msgsndRows,
  msgrcv: msgrcvRows,
  msgctl: msgctlRows,
});
