/** System V semaphores and memory between processes: C makes, Node uses, and the reverse. */

import { sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { startC, startNode, type Peer } from '../support/processes';
import { randomKey } from '../support/random-key';
import { adoptAttached, adoptSegment, temporarySegment } from '../support/segments';
import { adoptSet, temporarySet } from '../support/semaphore-sets';
import { soon } from '../support/wait-until';

async function c(...args: (string | number)[]): Promise<string> {
  return (await (await startC('sysv-peer', args.map(String))).success()).trim();
}

test('what C made, with SETVAL alone, Node opens and uses', async () => {
  const key = randomKey();
  expect(await c('make', key, 'written by C')).toBe('done');
  const set = adoptSet(await sysv.SemaphoreSet.open(key));
  const segment = adoptSegment(await sysv.SharedMemory.open(key));
  expect([set.count, set.valuesSync(), segment.size]).toEqual([2, [2, 0], 4096]);
  const mapping = adoptAttached(segment.attachSync());
  expect(mapping.bytes.toString('latin1', 0, 12)).toBe('written by C');
  const waiting = set.wait(1);
  await untilBlockedIn('semop', process.pid, set.id);
  expect(await c('post', key, 1)).toBe('done');
  await soon('the wait', waiting);
  mapping.write('written by Node\0');
  expect(await c('text', key)).toBe('written by Node');
});

test('what Node made C opens and uses', async () => {
  const key = randomKey();
  const set = temporarySet({ values: [1, 0] }, key);
  const segment = temporarySegment({ size: 100 }, key);
  const mapping = adoptAttached(segment.attachSync());
  mapping.write('from Node\0');
  expect(await c('text', key)).toBe('from Node');
  expect(await c('wait', key, 0)).toBe('done');
  expect(set.valuesSync()).toEqual([0, 0]);
  const peer = await startC('sysv-peer', ['wait', String(key), '1']);
  await untilBlockedIn('semop', peer.pid, set.id);
  expect(set.waitersSync(1)).toBe(1);
  set.postSync(1);
  expect(await peer.success()).toBe('done\n');
  expect([set.valuesSync(), set.pidSync(1)]).toEqual([[0, 0], peer.pid]);
});

test('8 processes that add 100,000 times each under a semaphore end at exactly 800,000', async () => {
  const each = 100_000;
  const set = temporarySet({ value: 1 });
  const segment = temporarySegment();
  const mapping = adoptAttached(segment.attachSync());
  const ids = [String(set.id), String(segment.id), String(each)];
  const node = ['sync', 'sync', 'undo', 'undo', 'promise', 'promise'].map((form) =>
    startNode('count-under-set', [form, ...ids]),
  );
  const inC = await Promise.all([1, 2].map(() => startC('sysv-peer', ['count', ...ids])));
  const ends = [...node, ...inC].map(async (peer: Peer) => (await peer.ended).stdout);
  expect(await Promise.all(ends)).toEqual(Array<string>(8).fill('done\n'));
  expect(mapping.view(Int32Array)[0]).toBe(8 * each);
  expect(set.valueSync()).toBe(1);
});
