// A consumer in TypeScript: compiled under each way to resolve modules, and run.
import { type SystemError, sysv } from 'posix-ipc';
import { ftok, type MsqidDs } from 'posix-ipc/syscalls';

const queue: sysv.MessageQueue = sysv.MessageQueue.createSync(sysv.IPC_PRIVATE);
const sent: boolean = queue.trySend(new Uint8Array(3), { type: 1n });
const length: number | undefined = queue.tryReceive()?.data.length;
queue.removeSync();
queue.close();
if (!sent || length !== 3) throw new Error('the message did not arrive');

export const shape: (error: SystemError, status: MsqidDs) => [string, number] = (error, status) => [
  error.code,
  status.msg_perm.mode,
];
export const key: number = ftok('/', 1);
