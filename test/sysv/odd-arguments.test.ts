/** Whatever JavaScript passes: a typed error or an answer, never a crash. */

import { startNode } from '../support/processes';

test('everything that is exported takes or refuses odd values, with a code', async () => {
  const peer = startNode('odd-arguments');
  const { untyped, count } = JSON.parse(await peer.success()) as {
    untyped: string[];
    count: number;
  };
  expect(untyped).toEqual([]);
  expect(count).toBeGreaterThan(3000);
}, 60_000);
