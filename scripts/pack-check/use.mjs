// @ts-check
// A consumer in ESM.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { SystemError, sysv } from 'posix-ipc';
import { IPC_NOWAIT, msgrcv } from 'posix-ipc/syscalls';

const queue = sysv.MessageQueue.createSync('random');
try {
  await queue.send('hello', { type: 7 });
  const message = await queue.receive({ type: 7, timeout: 5000 });
  assert.equal(message.data.toString(), 'hello');
  assert.throws(() => msgrcv(queue.id, Buffer.alloc(64), 56, 0, IPC_NOWAIT), SystemError);
} finally {
  queue.removeSync();
  queue.close();
}
const required = /** @type {typeof import('posix-ipc')} */ (
  createRequire(import.meta.url)('posix-ipc')
);
assert.equal(required.SystemError, SystemError, 'ESM and CommonJS share their classes');
