/**
 * eventfd: C, posix-ipc/syscalls and event.EventFd agree.
 *
 * The ids are those of gVisor's tests, or `own`; texts and code are our own.
 */

import { eventfdRows } from './eventfd';
import { testTable } from './table';

testTable('eventfd', ['syscalls', 'EventFd'], { eventfd: eventfdRows });
