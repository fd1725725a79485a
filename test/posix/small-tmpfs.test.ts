/** A /dev/shm of 1 MiB, in a process with mounts of its own: what does not fit fails, and nothing dies. */

import { testIf } from '../support/machine';
import { mayUnshare, startApart } from '../support/own-namespace';
import type { Outcome } from './small-tmpfs';

async function outcomes(): Promise<Record<string, Outcome[]>> {
  const peer = startApart('small-tmpfs', '1m');
  return JSON.parse(await peer.success()) as Record<string, Outcome[]>;
}

function codes(list: readonly Outcome[] | undefined): string[] | undefined {
  return list?.map(({ code, syscall }) => `${code}, ${syscall}`);
}

testIf(mayUnshare, 'unshare --mount is not allowed')(
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
