/** Where the file system of /dev/shm has no files without a name. */

import { randomUUID } from 'node:crypto';
import path from 'node:path';

import { forbidding } from '../support/processes';
import { adoptName } from '../support/shared-memory';

const entry = path.resolve(__dirname, '../../dist/index.js');

test('an object appears whole all the same, with its mode, and leaves no other name', async () => {
  const name = adoptName(`/posix-ipc-test-${randomUUID()}`);
  const program = `
    const { lock, posix } = require(${JSON.stringify(entry)});
    const { existsSync, statSync } = require('node:fs');
    const [name, file] = [${JSON.stringify(name)}, ${JSON.stringify(`/dev/shm${name}`)}];
    process.umask(0o077);
    (async () => {
      const making = posix.SharedMemory.create(name, { size: 8 << 20, mode: 0o664 });
      const isThere = existsSync(file);
      const made = await making;
      const { mode, nlink } = statSync(file);
      let code;
      try { lock.Mutex.createSync(name) } catch (error) { code = error.code }
      console.log(JSON.stringify([isThere, mode & 0o777, nlink, code]));
    })();`;
  const peer = await forbidding('O_TMPFILE', 'EOPNOTSUPP', process.execPath, ['--eval', program]);
  expect(await peer.json()).toEqual([false, 0o664, 1, 'EEXIST']);
  await peer.success();
});
