/** Every opener where the process may have no more descriptors. */

import { runDirectory } from '../support/run-directory';
import { startNode } from '../support/processes';

interface Row {
  opener: string;
  codes: string[];
  left: number;
}

test('it is EMFILE until there are enough, and nothing is left of what failed', async () => {
  const peer = startNode('descriptor-limit', [runDirectory()]);
  const lines = (await peer.success()).trim().split('\n');
  const { files } = JSON.parse(lines.pop() ?? '') as { files: string[] };
  const rows = lines.map((line) => JSON.parse(line) as Row);
  expect(rows.length).toBeGreaterThan(30);
  for (const { opener, codes, left } of rows) {
    const failed = codes.slice(0, -1);
    expect([opener, ...codes]).toEqual([opener, ...failed.map(() => 'EMFILE'), 'opened']);
    expect([opener, failed.length]).not.toEqual([opener, 0]);
    expect([opener, left]).toEqual([opener, opener === 'the first wait' ? 1 : 0]);
  }
  expect(files).toEqual([]); // no lock file
});
