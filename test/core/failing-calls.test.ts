/** Errors of calls that seldom fail name what was asked for, and what would help. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';

import { compileC } from '../support/compile';
import { temporaryFile } from '../support/files';
import { isSanitized, testIf } from '../support/machine';
import { startNode } from '../support/processes';

const reason = 'a sanitizer has to be loaded first';

async function messageWhere(
  call: 'fcntl' | 'mmap',
  code: 'ENOLCK' | 'ENOMEM',
  args: string[],
): Promise<string> {
  const env = {
    ...process.env,
    LD_PRELOAD: await compileC('fail-preload'),
    FAILING: call,
    FAILING_WITH: String(constants.errno[code]),
  };
  return (await startNode('failing-calls', args, { env }).success()).trim();
}

testIf(!isSanitized, reason)(
  'a semaphore that cannot be mapped: the limits of mappings',
  async () => {
    const name = `/posix-ipc-${randomUUID()}`;
    const message = await messageWhere('mmap', 'ENOMEM', ['semaphore', name]);
    expect(message).toMatch(/^ENOMEM: not enough memory, sem_open '.*' \(.*vm\.max_map_count/);
    expect(existsSync(`/dev/shm/sem.${name.slice(1)}`)).toBe(false);
  },
);

testIf(!isSanitized, reason)('a pid file that cannot be locked: its path', async () => {
  const file = temporaryFile('');
  const message = await messageWhere('fcntl', 'ENOLCK', ['pid-file', file]);
  expect(message).toContain(`ENOLCK: no locks available, fcntl '${file}' (`);
});
