/** Errors of calls that seldom fail name what was asked for, and what would help. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';

import { compileC } from '../support/compile';
import { temporaryFile } from '../support/files';
import { isSanitized, testIf } from '../support/machine';
import { forbidding, startNode } from '../support/processes';

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

const program = path.resolve(__dirname, '../../dist-programs/test/fixtures/failing-calls.js');

async function messageUnderFilter(
  call: Parameters<typeof forbidding>[0],
  code: 'EPERM' | 'ENOSYS',
  args: string[],
): Promise<string> {
  const peer = await forbidding(call, code, process.execPath, [program, ...args]);
  return (await peer.success()).trim();
}

test('a filter of system calls before pidfd_open', async () => {
  expect(await messageUnderFilter('pidfd_open', 'EPERM', ['process'])).toMatch(
    /^EPERM: .*, pidfd_open pid \d+ \(a filter of system calls/,
  );
});

test('a filter before what locks stand on', async () => {
  const name = `/posix-ipc-${randomUUID()}`;
  const message = await messageUnderFilter('get_robust_list', 'EPERM', ['mutex', name]);
  expect(message).toContain('get_robust_list(2) is not allowed');
});

test('a filter before what a signal queue stands on: the call, and what it said', async () => {
  const messages = [
    await messageUnderFilter('signalfd4', 'ENOSYS', ['signal-queue']),
    await messageUnderFilter('rt_tgsigqueueinfo', 'EPERM', ['signal-queue']),
  ];
  expect(messages[0]).toMatch(/^ENOSYS: .*, signalfd id \d+$/);
  expect(messages[1]).toMatch(/^EPERM: /); // not ETIMEDOUT, after seconds
});
