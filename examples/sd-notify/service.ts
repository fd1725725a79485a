/** A service that says when it is ready, keeps a file in the manager's store, and says that it ends. */

import { memory } from 'posix-ipc';

import { messageOf } from '../support/program';
import { notify } from './notify';

async function main(): Promise<void> {
  using state = await memory.memfd('state', { size: 4096 });
  await notify({ READY: 1, STATUS: 'Serving', MAINPID: process.pid });
  await notify({ FDSTORE: 1, FDNAME: 'state' }, [state]);
  await notify({ STOPPING: 1 });
}

main().catch((error: unknown) => {
  console.error(`service: ${messageOf(error)}`);
  process.exitCode = 1;
});
