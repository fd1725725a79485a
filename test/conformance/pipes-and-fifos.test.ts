/**
 * Pipes and FIFOs: C, posix-ipc/syscalls and the classes of stream agree.
 *
 * The ids are those of gVisor's tests, or `own`; texts and code are our own.
 */

import { fifoRows } from './fifo';
import { mkfifoRows } from './mkfifo';
import { pipeRows } from './pipe';
import { spliceRows, teeRows, vmspliceRows } from './splice';
import { testTable } from './table';

testTable('pipes-and-fifos', ['syscalls', 'Fifo, PipeReader, PipeWriter'], {
  pipe: pipeRows,
  mkfifo: mkfifoRows,
  fifo: fifoRows,
  splice: spliceRows,
  tee: teeRows,
  vmsplice: vmspliceRows,
});
