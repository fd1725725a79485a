// @ts-check
// A consumer in CommonJS.
const assert = require('node:assert/strict');
const { sysv } = require('posix-ipc');
const { IPC_CREAT, IPC_PRIVATE, IPC_RMID, msgctl, msgget } = require('posix-ipc/syscalls');

const id = msgget(IPC_PRIVATE, IPC_CREAT | 0o600);
try {
  const queue = sysv.MessageQueue.fromIdSync(id);
  queue.sendSync('hello', { type: 7 });
  assert.equal(queue.receiveSync().data.toString(), 'hello');
  queue.close();
} finally {
  msgctl(id, IPC_RMID);
}
