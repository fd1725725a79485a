/** A /dev/shm of 1 MiB, in a process with mounts of its own: what does not fit fails, and nothing dies. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { testIf } from '../support/machine';
import { Peer } from '../support/processes';
import type { Outcome } from './small-tmpfs';

const program = path.resolve(__dirname, '../../dist-programs/test/fixtures/small-tmpfs.js');
const mount = 'mount -t tmpfs -o size=1m tmpfs /dev/shm';

/** How this user gets mounts of its own; undefined: not at all. */
const unshare = [['--mount'], ['--user', '--map-root-user', '--mount']].find((options) => {
  const { status } = spawnSync('unshare', [...options, 'sh', '-c', mount], { stdio: 'ignore' });
  return status === 0;
});

async function outcomes(): Promise<Record<string, Outcome[]>> {
  const command = `${mount} && exec "$0" "$1"`;
  const args = [...(unshare ?? []), 'sh', '-c', command, process.execPath, program];
  return JSON.parse(await new Peer('unshare', args).success()) as Record<string, Outcome[]>;
}

function codes(list: readonly Outcome[] | undefined): string[] | undefined {
  return list?.map(({ code, syscall }) => `${code}, ${syscall}`);
}

testIf(unshare !== undefined, 'unshare --mount is not allowed')(
  'what is too large is ENOSPC, with the size of /dev/shm, and leaves nothing',
  async () => {
    const { oversized = [], midway = [], resizing = [], full = [] } = await outcomes();
    const reserving = 'ENOSPC, posix_fallocate';
    expect(codes(oversized)).toEqual(Array(3).fill(reserving));
    expect(codes(midway)).toEqual(Array(4).fill(reserving));
    expect(codes(resizing)).toEqual(Array(4).fill(reserving));
    for (const { message } of [...oversized, ...midway, ...resizing]) {
      expect(message).toContain('/dev/shm has 1048576 bytes');
    }
    for (const { message } of midway) expect(message).toContain(`${String(1 << 19)} of them free`);
    expect(codes(full)).toEqual([
      'EFAULT, write',
      'ENOSPC, sem_open',
      'ENOSPC, sem_open',
      reserving,
    ]);
    const all = [...oversized, ...midway, ...resizing, ...full];
    expect(all.filter(({ nothingLeft }) => !nothingLeft)).toEqual([]);
  },
);
