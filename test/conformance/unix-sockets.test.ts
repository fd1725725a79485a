/**
 * Unix sockets: C, posix-ipc/syscalls and the classes of unix agree.
 *
 * The ids are those of gVisor's tests, or `own`; texts and code are our own.
 */

import { testTable } from './table';
import { bindRows } from './unix-address';
import { boundaryRows } from './unix-boundaries';
import { acceptRows, connectRows, listenRows } from './unix-connect';
import { credRows, truncatedCredRows } from './unix-credentials';
import { messageRows } from './unix-message';
import { fdpassRows } from './unix-pass';
import { truncatedRows } from './unix-truncated';
import { waitRows } from './unix-waits';

testTable('unix-sockets', ['syscalls', 'classes'], {
  bind: bindRows,
  connect: connectRows,
  listen: listenRows,
  accept: acceptRows,
  message: [...boundaryRows, ...messageRows, ...waitRows],
  fdpass: fdpassRows,
  ctrunc: [...truncatedRows, ...truncatedCredRows],
  cred: credRows,
});
