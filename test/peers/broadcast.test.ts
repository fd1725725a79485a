/** Broadcasts between processes, and between threads. */

import { setTimeout as sleep } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { makeBroadcast } from '../support/broadcasts';
import { scaled } from '../support/campaign';
import { checkNumbered, numbered } from '../support/numbered';
import { startNode, type Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const count = 40_000;

async function start(one: channel.Broadcast, ...args: (string | number)[]): Promise<Peer> {
  const peer = startNode('broadcast-peer', [one.name, ...args.map(String)]);
  expect(await peer.line()).toBe('ready');
  return peer;
}

function lostBy(stdout: string): number {
  return Number(/lost (\d+)/.exec(stdout)?.[1]);
}

test('with room for all of them, each subscriber gets all', async () => {
  const one = makeBroadcast({ capacity: 1 << 23 });
  const subscribers = await Promise.all(
    ['sync', 'promise', 'each'].map((form) => start(one, 'receive', count / 2, form)),
  );
  const publisher = await start(one, 'publish', count / 2, 'promise');
  await publisher.success();
  for (const peer of subscribers) expect(lostBy(await peer.success())).toBe(0);
  expect(one.statSync()).toMatchObject({ published: count / 2, publisher: undefined });
});

test.each([1024, 1 << 14, 1 << 17])(
  'subscribers that are overrun get whole messages, in order, and know of all others: %d bytes',
  async (capacity) => {
    const one = makeBroadcast({ capacity });
    const subscribers = await Promise.all(
      ['sync', 'promise', 'each'].map((form) => start(one, 'receive', scaled(300_000), form)),
    );
    const publisher = await start(one, 'hold');
    let lost = 0;
    for (const peer of subscribers) lost += lostBy(await peer.success());
    expect(lost).toBeGreaterThan(0);
    publisher.kill('SIGKILL');
  },
);

test.each(['adaptive', 'block', 'spin'] as const)(
  'messages that come now and then wake all who sleep: %s',
  async (waiting) => {
    const one = makeBroadcast({ capacity: 1 << 14 });
    const forms = ['sync', 'promise'];
    const subscribers = await Promise.all(
      forms.map((form) => start(one, 'receive', 60, form, waiting)),
    );
    const publisher = one.publisher();
    for (let i = 0; i < 60; i++) {
      publisher.publishSync(numbered(i), { type: i });
      if (i % 3 === 0) await sleep(2);
    }
    for (const peer of subscribers) expect(lostBy(await peer.success())).toBe(0);
  },
);

test('a subscriber that is stopped or killed slows nobody; it knows what it has lost', async () => {
  const one = makeBroadcast({ capacity: 1 << 14 });
  const total = 20_000;
  const [stopped, killed] = await Promise.all([
    start(one, 'receive', total, 'sync'),
    start(one, 'receive', total, 'promise'),
  ]);
  const publisher = one.publisher();
  const subscriber = one.subscribe();
  for (let i = 0; i < total; i++) {
    if (i === 100) stopped.kill('SIGSTOP');
    if (i === 200) killed.kill('SIGKILL');
    await publisher.publish(numbered(i), { type: i });
    const { type, data, lost } = await subscriber.receive();
    expect(lost).toBe(0);
    checkNumbered(i, type, data);
  }
  publisher.flush();
  stopped.kill('SIGCONT');
  const lost = lostBy(await stopped.success());
  expect(lost).toBeGreaterThan(10_000);
  expect(lost).toBeLessThan(total);
});

test('a publisher that is killed anywhere leaves a whole broadcast; the next one goes on', async () => {
  const one = makeBroadcast({ capacity: 1 << 12 });
  let next = 0;
  const subscriber = one.subscribe();
  const receive = async (): Promise<void> => {
    const { type, data, lost } = await subscriber.receive();
    next += lost;
    checkNumbered(next++, type, data);
  };
  for (let round = 0; round < 5; round++) {
    const publisher = await start(one, 'hold');
    expect(one.statSync().publisher?.pid).toBe(publisher.pid);
    expect(() => one.publisher()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
    const enough = next + 500;
    while (next < enough) await soon('a message', receive());
    publisher.kill('SIGKILL');
    await publisher.ended;
    const { published } = one.statSync();
    while (next < published) await soon('what is left', receive());
    expect(subscriber.tryReceive()).toBeUndefined();
  }
  const waiting = subscriber.receive();
  one.publisher().publishSync(numbered(next), { type: next });
  const { type, data } = await waiting;
  checkNumbered(next, type, data);
});

test('a publisher that dies before it rings: the kernel rings for it', async () => {
  const one = makeBroadcast();
  const peer = await start(one, 'receive', 10, 'promise'); // sleeps, and watches the role
  const other = await start(one, 'receive', 10, 'sync');
  const silent = startNode('channel-silent', [one.name, 'broadcast']);
  expect(await silent.line()).toBe('published');
  silent.kill('SIGKILL');
  expect(lostBy(await peer.success())).toBe(0);
  expect(lostBy(await other.success())).toBe(0);
});

describe('how processes and workers end', () => {
  test('process.exit() publishes what was put off', async () => {
    const one = makeBroadcast();
    const { ended } = startNode('broadcast-peer', [one.name, 'exit after publishing']);
    expect(await soon('the end', ended)).toMatchObject({ code: 7, stderr: '' });
    expect(one.statSync()).toMatchObject({ published: 10, publisher: undefined });
  });

  test('process.exit() while a promise waits, and the end of a wait that is unref()', async () => {
    const one = makeBroadcast();
    for (const [way, code] of [
      ['exit while waiting', 7],
      ['unref while waiting', 0],
    ] as const) {
      const { ended } = startNode('broadcast-peer', [one.name, way]);
      expect(await soon('the end', ended)).toMatchObject({ code, stderr: '' });
    }
    one.publisher().publishSync('x'); // nobody is there whom the bell would wake
  });

  test('workers of one process take part', async () => {
    const one = makeBroadcast({ capacity: 1 << 22 });
    const peer = startNode('broadcast-peer', [one.name, 'workers', '5000', 'promise']);
    expect(await peer.success()).toMatch(/(.*\n)*lost 0\n(.*\n)*lost 0\n/);
    await waitUntil('the role to be free', () => one.statSync().publisher === undefined);
  });
});
