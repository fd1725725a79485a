/** sigqueue, signalfd and pidfd: C, posix-ipc/syscalls and the classes of event agree. */

import { pidfdRows } from './pidfd';
import { sigqueueRows } from './signals';
import { testTable } from './table';

testTable('processes-and-signals', ['syscalls', 'Process, SignalQueue'], {
  sigqueue: sigqueueRows,
  pidfd: pidfdRows,
});
