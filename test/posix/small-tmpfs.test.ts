/** A /dev/shm of 1 MiB and 40 files, in a process with mounts of its own: what does not fit fails, and nothing dies. */

import { testIf } from '../support/machine';
import { mayUnshare, startApart } from '../support/own-namespace';
import type { Outcome } from './small-tmpfs';

async function outcomes(): Promise<Record<string, Outcome[]>> {
  const peer = startApart('small-tmpfs', '1m,nr_inodes=40');
  return JSON.parse(await peer.success()) as Record<string, Outcome[]>;
}

function codes(list: readonly Outcome[] | undefined): string[] | undefined {
  return list?.map(({ code, syscall }) => `${code}, ${syscall}`);
}

testIf(mayUnshare, 'unshare --mount is not allowed')(
  'what cannot be made says why, with what /dev/shm has, and leaves nothing',
  async () => {
    const all = await outcomes();
    const { oversized = [], midway = [], resizing = [], full = [] } = all;
    const { crowded = [], missing = [] } = all;
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
      'ENOSPC, write',
    ]);
    for (const { message } of full.slice(1, 4))
      expect(message).toContain('/dev/shm has 1048576 bytes');
    expect(full[4]?.message).toContain(", write '/dev/shm/pid'");
    const names = ['shm_open', 'sem_open', 'shm_open'];
    expect(codes(crowded)).toEqual(names.map((name) => `ENOSPC, ${name}`));
    for (const { message } of crowded) expect(message).toContain('/dev/shm has 40 files, the most');
    expect(codes(missing)).toEqual(names.map((name) => `ENOENT, ${name}`));
    for (const { message } of missing) expect(message).toContain('(there is no /dev/shm)');
    const left = [...oversized, ...midway, ...resizing, ...full, ...crowded];
    expect(left.filter(({ nothingLeft }) => !nothingLeft)).toEqual([]);
  },
);

testIf(mayUnshare, 'unshare --mount is not allowed')(
  'what a /dev/shm has room for and the machine has not is ENOMEM, and no larger /dev/shm is asked for',
  async () => {
    const message = await startApart('larger-than-memory', '65536g').success();
    expect(message).toBe(
      "ENOMEM: not enough memory, posix_fallocate '/large' (there is not as much memory)\n",
    );
  },
);
