/** Memory that is being reserved by a thread, when whoever wants it goes. */

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readlinkSync } from 'node:fs';
import path from 'node:path';
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

test('what cannot grow as much stays as it is, and keeps no memory: also one sealed against shrinking', () => {
  const entry = path.resolve(__dirname, '../../dist/index.js');
  const program = `
    const { memory, posix } = require(${JSON.stringify(entry)});
    const { fstatSync } = require('node:fs');
    const looks = async (object, fd) => {
      const said = await object.resize(200 << 20).then(() => 'grown', (error) => error.message);
      return [said.slice(0, 5), said.includes('RLIMIT_FSIZE is 104857600 bytes'),
        fstatSync(fd).size, fstatSync(fd).blocks * 512];
    };
    (async () => {
      const shm = posix.SharedMemory.createSync(undefined, { size: 1 << 20 });
      shm.unlinkSync();
      const sealed = memory.memfdSync('sealed', { size: 1 << 20 });
      const open = memory.memfdSync('open', { size: 1 << 20, seals: [] });
      const all = [];
      for (const one of [shm, sealed, open]) all.push(await looks(one, one.fd));
      await sealed.resize(90 << 20);
      all.push([sealed.size, fstatSync(sealed.fd).blocks * 512]);
      console.log(JSON.stringify(all));
    })();`;
  // 64 MiB are reserved at a time.
  const args = ['--fsize=104857600', process.execPath, '--eval', program];
  const [MiB, all] = [1 << 20, execFileSync('prlimit', args, { encoding: 'utf8' })];
  const same = ['EFBIG', true, MiB, MiB];
  expect(JSON.parse(all)).toEqual([same, same, same, [90 * MiB, 90 * MiB]]);
});
