/** posix.SharedMemory: what others put under a name, or do to an object, in the middle of a call. */

import { randomUUID } from 'node:crypto';
import { truncateSync } from 'node:fs';
import path from 'node:path';

import { posix } from 'posix-ipc';

import { rejectionOf } from '../support/outcome';
import { Peer } from '../support/processes';
import { adoptName, shared } from '../support/shared-memory';

const entry = path.resolve(__dirname, '../../dist/index.js');
const PAGE = 4096;
const MEBIBYTE = 1 << 20;

test.each(['read', 'copy-on-write', 'write'])(
  'a FIFO that has the name blocks nobody who opens it to %s',
  async (access) => {
    const name = adoptName(`/posix-ipc-test-${randomUUID()}`);
    await new Peer('mkfifo', [`/dev/shm${name}`]).success();
    const program = `
      const { posix } = require(${JSON.stringify(entry)});
      const [name, options] = [${JSON.stringify(name)}, ${JSON.stringify({ access, size: 1 })}];
      const codeOf = (error) => error.code;
      (async () => {
        const codes = [await posix.SharedMemory.open(name, options).catch(codeOf)];
        codes.push(await posix.SharedMemory.openOrCreate(name, options).catch(codeOf));
        try { posix.SharedMemory.openSync(name, options) } catch (error) { codes.push(error.code) }
        console.log(JSON.stringify(codes));
      })();`;
    const peer = new Peer(process.execPath, ['--eval', program]);
    expect(await peer.json()).toEqual(Array(3).fill('ENODEV'));
    await peer.success();
  },
);

test('what grows cuts nothing off that another process has made longer meanwhile', async () => {
  const shm = shared(PAGE);
  const growing = shm.resize(4 * MEBIBYTE); // a thread reserves it
  truncateSync(`/dev/shm${shm.name}`, 8 * MEBIBYTE);
  await growing;
  expect([shm.size, shm.bytes.length]).toEqual([8 * MEBIBYTE, 4 * MEBIBYTE]);
});

test('where the mapping cannot follow, the object has grown, and the same call again brings it along', async () => {
  const shm = shared(PAGE);
  const semaphore = posix.Semaphore.at(shm.mapping, 0, { value: 1 });
  const error = await rejectionOf(shm.resize(3 * PAGE));
  expect(error).toMatchObject({ code: 'EBUSY', syscall: 'mremap', path: shm.name });
  expect([shm.size, shm.bytes.length]).toEqual([3 * PAGE, PAGE]);
  semaphore.close();
  await shm.resize(3 * PAGE);
  expect([shm.size, shm.bytes.length]).toEqual([3 * PAGE, 3 * PAGE]);
});
