/** Every opener in a worker that is ended when the system call has been made, and nothing else. */

import { runDirectory } from '../support/run-directory';
import { startNode } from '../support/processes';

test('what was opened is closed with its environment', async () => {
  const peer = startNode('ended-while-opening', [runDirectory()]);
  const lines = (await peer.success()).trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { opener: string; left: string[] });
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter(({ left }) => left.length > 0)).toEqual([]);
});
