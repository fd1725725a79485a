/** A broadcast whose publisher waits for its subscribers, between processes that are stopped and killed. */

import { setTimeout as sleep } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { makeBroadcast } from '../support/broadcasts';
import { checkNumbered, numbered } from '../support/numbered';
import { startNode, type Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const full = 'wait';

async function start(one: channel.Broadcast, ...args: (string | number)[]): Promise<Peer> {
  const peer = startNode('broadcast-peer', [one.name, ...args.map(String)]);
  expect(await peer.line()).toBe('ready');
  return peer;
}

/** Publishes until there is no room, though all who run have received. */
async function fill(publisher: channel.Publisher): Promise<number> {
  let count = 0;
  for (;;) {
    const sent = publisher.publish(numbered(count), { type: count, timeout: 200 });
    const isSent = await sent.then(
      () => true,
      () => false,
    );
    if (!isSent) return count;
    count++;
  }
}

test.each([
  ['sync', 'sync'],
  ['promise', 'promise'],
  ['each', 'promise'],
])('nothing is lost in a small ring: %s, published by %s', async (form, by) => {
  const one = makeBroadcast({ capacity: 1 << 12, full, subscribers: 2 });
  const peers = [
    await start(one, 'receive', 10_000, form),
    await start(one, 'receive', 10_000, form),
  ];
  const publisher = await start(one, 'publish', 10_000, by);
  await publisher.success();
  for (const peer of peers) expect(await peer.success()).toMatch(/lost 0\n/);
});

test('a subscriber that is stopped holds the publisher up; killed, it does not', async () => {
  const one = makeBroadcast({ capacity: 1 << 12, full });
  const peer = await start(one, 'receive', 1e6, 'sync');
  const publisher = one.publisher();
  peer.kill('SIGSTOP');
  const count = await fill(publisher);
  expect(one.statSync().subscribers).toMatchObject([{ pid: peer.pid }]);
  const waiting = publisher.publish(numbered(count), { type: count });
  await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
  await sleep(50);
  expect(one.statSync().published).toBe(count);
  peer.kill('SIGKILL');
  await soon('the publisher goes on', waiting);
  expect(one.statSync().subscribers).toEqual([]);
});

test('one that is killed frees a publisher that is blocked in another process', async () => {
  const one = makeBroadcast({ capacity: 1 << 12, full });
  const peer = await start(one, 'receive', 1e6, 'promise');
  peer.kill('SIGSTOP');
  const publisher = await start(one, 'publish', 1000, 'sync');
  await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
  peer.kill('SIGKILL');
  await publisher.success();
  expect(one.statSync().published).toBe(1000);
});

test('a publisher that is killed while it waits, or anywhere: the next one goes on, nothing is lost', async () => {
  const one = makeBroadcast({ capacity: 1 << 12, full });
  const subscriber = one.subscribe();
  let next = 0;
  for (let round = 0; round < 4; round++) {
    const publisher = await start(one, 'hold');
    const receive = async (): Promise<void> => {
      const { type, data, lost } = await subscriber.receive();
      expect(lost).toBe(0);
      checkNumbered(next++, type, data);
    };
    const enough = next + 200;
    while (next < enough) await soon('a message', receive());
    if (round % 2 === 0) {
      await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
    }
    publisher.kill('SIGKILL');
    await publisher.ended;
    const { published } = one.statSync();
    while (next < published) await soon('what is left', receive());
    expect(subscriber.tryReceive()).toBeUndefined();
  }
});
