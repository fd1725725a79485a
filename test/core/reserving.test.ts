/** Memory that is being reserved by a thread, when whoever wants it goes. */

import { randomUUID } from 'node:crypto';
import { existsSync, readlinkSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { memory, posix } from 'posix-ipc';

import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection } from '../support/outcome';
import { adoptName } from '../support/shared-memory';
import { soon, waitUntil } from '../support/wait-until';

test('a memfd that is closed meanwhile: another file that gets its number is left alone', async () => {
  const large = memory.memfdSync('closed');
  const { fd } = large;
  const growing = large.resize(512 << 20);
  large.close();
  using other = memory.memfdSync('other');
  expect(other.fd).toBe(fd);
  expect(readlinkSync(`/proc/self/fd/${String(fd)}`)).toContain('other');
  await soon('the end', growing);
  expect(other.size).toBe(0);
});

test('a resize that begins after close', async () => {
  const file = memory.memfdSync('closed');
  file.close();
  expect(await codeOfRejection(file.resize(2 << 20))).toBe('ERR_CLOSED');
});

test('a worker that ends meanwhile leaves no descriptor, and with it no memory', async () => {
  const name = adoptName(`/posix-ipc-test-${randomUUID()}`);
  const text = `
    const { posix, memory } = require('posix-ipc');
    const { parentPort, workerData } = require('node:worker_threads');
    posix.SharedMemory.create(workerData, { size: 40 << 20 });
    memory.memfd('worker', { size: 40 << 20 });
    parentPort.postMessage('begun');`;
  const opened = descriptorsSince();
  const left = (): string[] => opened().filter((one) => /\/dev\/shm|memfd/.test(one));
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(text, { eval: true, workerData: name });
    await soon('its begin', new Promise((resolve) => worker.once('message', resolve)));
    await soon('its end', worker.terminate());
    if (existsSync(`/dev/shm${name}`)) posix.SharedMemory.unlinkSync(name); // it was done
  }
  await waitUntil('they are closed', () => left().length === 0);
  expect(left()).toEqual([]);
});
