/**
 * What the channel rests on, between two processes, on this machine: a store that is followed by a load of
 * another word, both by Atomics, is seen by who does the same the other way round; and who sees the position sees
 * what was written before it.
 */

import { report, scaled } from '../support/campaign';
import { temporaryFile } from '../support/files';
import { startNode } from '../support/processes';

const milliseconds = Math.max(scaled(300), 100);

/** For each round what the two sides have seen. */
async function rounds(test: string): Promise<[string, string][]> {
  const file = temporaryFile(Buffer.alloc(1 << 14));
  const peers = ['0', '1'].map((side) =>
    startNode('litmus', [file, side, test, String(milliseconds)]),
  );
  const [one = '', other = ''] = await Promise.all(peers.map((peer) => peer.line()));
  for (const peer of peers) await peer.success();
  expect(one).toHaveLength(other.length);
  return Array.from(one, (seen, i) => [seen, other.charAt(i)]);
}

test('who stores, then loads, is seen by the other one, or sees it', async () => {
  const all = await rounds('store-load');
  const both = all.filter(([one, other]) => one === '1' && other === '1').length;
  report(`memory order: ${String(all.length)} rounds, both saw the other in ${String(both)}`);
  expect(all.length).toBeGreaterThan(0);
  expect(all.filter(([one, other]) => one === '0' && other === '0')).toEqual([]);
});

test('who sees the position sees what was written before it', async () => {
  const all = await rounds('publish');
  expect(all.length).toBeGreaterThan(0);
  expect(all.filter(([, other]) => other === '0')).toEqual([]);
});
