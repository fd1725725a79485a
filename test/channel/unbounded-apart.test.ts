/** An unbounded channel in a /dev/shm of 1 MiB: without memory it is full, and nothing dies. */

import type { Apart } from '../fixtures/unbounded-apart';
import { testIf } from '../support/machine';
import { mayUnshare, startApart } from '../support/own-namespace';

const segment = 1 << 16;

testIf(mayUnshare, 'unshare --mount is not allowed')(
  'a channel that may grow beyond the memory that there is',
  async () => {
    const seen = JSON.parse(await startApart('unbounded-apart', '1m').success()) as Apart;
    const { filled, allocated, waited, without, again, creating, dropping, cut, left } = seen;
    expect(allocated.at(-1)).toBe(2 * segment);
    for (const bytes of allocated.slice(0, -1)) expect(bytes).toBe(15 * segment);
    const each = Math.floor(segment / 1008);
    expect(filled).toHaveLength(3);
    for (const count of filled) {
      expect(count).toBeGreaterThan(14 * each);
      expect(count).toBeLessThanOrEqual(15 * each);
    }
    expect(waited).toBe('waited');
    expect(without).toEqual([
      'done',
      expect.stringMatching(/^ENOSPC.*channel '\/one'.*none waits/),
      'done',
    ]);
    expect(again).toBe('done');
    expect(creating).toMatch(/^ENOSPC.*madvise '\/two'.*\/dev\/shm has 1048576 bytes/);
    expect(dropping).toEqual([expect.stringMatching(/^ENOSPC/), 10, 2, 2, 14]);
    expect(cut).toEqual([2 * segment, cut[1], cut[1]]);
    expect(left).toEqual([]);
  },
);
