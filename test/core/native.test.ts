/** The addon's own functions: whatever they are given, they answer or throw; nothing crashes. */

import { startNode } from '../support/processes';

test('no native function crashes, whatever it is given', async () => {
  const peer = startNode('odd-native-arguments');
  const { untyped, calls } = JSON.parse(await peer.success()) as {
    untyped: string[];
    calls: number;
  };
  expect(untyped).toEqual([]);
  expect(calls).toBeGreaterThan(1000);
});
