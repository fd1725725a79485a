/** Broadcasts between Node and C programs, which use native/include/posix-ipc/broadcast.h. */

import { setTimeout as sleep } from 'node:timers/promises';

import { channel, memory } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { makeBroadcast } from '../support/broadcasts';
import { patience, scaled } from '../support/campaign';
import { pattern } from '../support/files';
import { compileHeader } from '../support/compile';
import { checkNumbered, numbered } from '../support/numbered';
import { argsOf, lostBy, outcome, start } from '../support/broadcast-peers';
import { startC } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const full = 'wait';

/** How the programs publish and receive. */
const forms = {
  C: { publish: ['copy', 'together'], receive: ['copy', 'try', 'timed'] },
  Node: { publish: ['sync', 'promise'], receive: ['sync', 'promise', 'each'] },
} as const;

const pairs = [
  { from: 'C', to: 'Node' },
  { from: 'Node', to: 'C' },
  { from: 'C', to: 'C' },
] as const;

test.each(['C11', 'C++20'] as const)('the header is %s, without a warning', async (language) => {
  expect(await compileHeader('posix-ipc/broadcast.h', language)).toBe('');
});

describe.each(pairs)('$from to $to', ({ from, to }) => {
  const receives = forms[to].receive;
  /** C goes on where the last one was. */
  const publishes: [form: string, upTo: number][] =
    from === 'C'
      ? [
          ['copy', 7000],
          ['together', 14_000],
          ['place', 20_000],
        ]
      : [['sync', 20_000]];

  test(
    'with room for all of them, each subscriber gets each message once, and whole',
    async () => {
      const one = makeBroadcast({ capacity: 1 << 23 });
      const peers = await Promise.all(
        receives.map((form) => start(to, one, 'receive', 20_000, form)),
      );
      for (const [form, upTo] of publishes) {
        await (await start(from, one, 'publish', upTo, form)).success();
      }
      for (const peer of peers) expect(lostBy(await peer.success())).toBe(0);
      expect(one.statSync()).toMatchObject({ published: 20_000, publisher: undefined });
    },
    patience(5),
  );

  test.each([1024, 1 << 14])(
    'who is overrun gets whole messages, in order, and knows of all others: %d bytes',
    async (capacity) => {
      const one = makeBroadcast({ capacity });
      const count = scaled(100_000);
      const peers = await Promise.all(
        receives.map((form) => start(to, one, 'receive', count, form)),
      );
      const publisher = await start(from, one, 'hold');
      let lost = 0;
      for (const peer of peers) lost += lostBy(await peer.success());
      expect(lost).toBeGreaterThan(0);
      publisher.kill('SIGKILL');
    },
    patience(5),
  );

  test('nothing is lost where the publisher waits, in a small ring', async () => {
    const one = makeBroadcast({ capacity: 1 << 12, full, subscribers: 3 });
    const peers = await Promise.all(receives.map((form) => start(to, one, 'receive', 5000, form)));
    const publisher = await start(from, one, 'publish', 5000, forms[from].publish[1]);
    await publisher.success();
    for (const peer of peers) expect(lostBy(await peer.success())).toBe(0);
    expect(one.statSync()).toMatchObject({ published: 5000, subscribers: [] });
  });

  test.each(['adaptive', 'block', 'spin'] as const)(
    'messages that come now and then wake all who sleep: %s',
    async (waiting) => {
      const one = makeBroadcast({ capacity: 1024, full, subscribers: 3, waiting });
      const peers = await Promise.all(
        receives.map((form) => start(to, one, 'receive', 300, form, waiting)),
      );
      await (await start(from, one, 'publish', 300, forms[from].publish[0], waiting)).success();
      for (const peer of peers) expect(lostBy(await peer.success())).toBe(0);
    },
  );
});

test('subscribers of both languages beside each other, of whom one is slow', async () => {
  const one = makeBroadcast({ capacity: 1 << 13 });
  const count = 2000;
  const slow = await start('C', one, 'receive', count, 'slow', 'block');
  const quick = await start('C', one, 'receive', count);
  const other = await start('Node', one, 'receive', count, 'promise');
  using publisher = one.publisher();
  for (let i = 0; i < count; i++) {
    publisher.publishSync(numbered(i), { type: i });
    if (i % 20 === 0) await sleep(1);
  }
  publisher.flush();
  await quick.success();
  await other.success();
  const [, received = '', lost = ''] = /received (\d+) lost (\d+)/.exec(await slow.success()) ?? [];
  expect(Number(lost)).toBeGreaterThan(0);
  expect(Number(received)).toBeGreaterThan(0);
  expect(Number(received) + Number(lost)).toBe(count);
});

test.each(['adaptive', 'block', 'spin'] as const)(
  'messages of every length, which begin everywhere in the ring, there and back: %s',
  async (waiting) => {
    const capacity = 1024;
    const [there, back] = [
      makeBroadcast({ capacity, waiting }),
      makeBroadcast({ capacity, waiting }),
    ];
    const count = capacity - 31;
    const args = [there.name, 'echo', String(count), back.name, waiting];
    const peer = await startC('broadcast-c-peer', args);
    expect(await peer.line()).toBe('ready');
    using requests = there.publisher();
    using answers = back.subscribe();
    for (let i = 0; i < count; i++) {
      const data = pattern((i * 337) % count, i);
      if (i % 2 === 0) await requests.publish(data, { type: i });
      else requests.publishSync(data, { type: i });
      requests.flush();
      const answer = i % 4 < 2 ? await answers.receive() : answers.receiveSync();
      expect(answer).toEqual({ type: i, data, lost: 0 });
    }
    expect(await peer.success()).toContain('done');
  },
);

describe.each([
  ['drops the oldest', 0],
  ['waits', 3],
])('in a memfd, at an offset, one that %s', (_what, slots) => {
  test('and that C has made', async () => {
    using file = memory.memfdSync('broadcast', { size: 1 << 14 });
    using mapping = file.mapSync({ access: 'write' });
    mapping.bytes.fill(0xff);
    const name = 'fd:3:4096';
    const make = [name, ...argsOf(['make', 4096, String(slots)])];
    await (await startC('broadcast-c-peer', make, [file.fd])).success();
    using here = channel.Broadcast.at(mapping, 4096);
    expect(here).toMatchObject({ capacity: 4096, full: slots === 0 ? 'drop-oldest' : 'wait' });
    expect(here.subscribers).toBe(slots || Infinity);
    const receive = [name, ...argsOf(['receive', 20, 'copy', 'block'])];
    const peer = await startC('broadcast-c-peer', receive, [file.fd]);
    expect(await peer.line()).toBe('ready');
    using publisher = here.publisher();
    using subscriber = here.subscribe();
    for (let i = 0; i < 20; i++) {
      await publisher.publish(numbered(i), { type: i });
      const { type, data } = await subscriber.receive();
      checkNumbered(i, type, data);
    }
    publisher.flush();
    expect(lostBy(await peer.success())).toBe(0);
  });
});

describe('death', () => {
  test('there is one publisher, whichever its language; one that is killed has a successor in the other', async () => {
    const one = makeBroadcast({ capacity: 1 << 12 });
    using subscriber = one.subscribe();
    let next = 0;
    const receive = async (): Promise<void> => {
      const { type, data, lost } = await subscriber.receive();
      next += lost;
      checkNumbered(next++, type, data);
    };
    for (const language of ['C', 'Node', 'C', 'C', 'Node', 'Node', 'C'] as const) {
      const publisher = await start(language, one, 'hold');
      expect(one.statSync().publisher?.pid).toBe(publisher.pid);
      expect(() => one.publisher()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
      expect(await outcome(one, ['publish', 1])).toBe('open: Device or resource busy\n');
      const enough = next + 300;
      while (next < enough) await soon('a message', receive());
      publisher.kill('SIGKILL');
      await publisher.ended;
      const { published } = one.statSync();
      while (next < published) await soon('what is left', receive());
      expect(subscriber.tryReceive()).toBeUndefined();
    }
  });

  test('a publisher that dies after it has published, before it rings: all wake', async () => {
    const one = makeBroadcast();
    const peers = [
      await start('Node', one, 'receive', 1, 'promise'),
      await start('Node', one, 'receive', 1, 'sync', 'block'),
      await start('C', one, 'receive', 1, 'copy', 'block'),
    ];
    await untilBlockedIn('futex', peers[2]?.pid ?? 0);
    expect(await outcome(one, ['publish', 5], 'broadcast_published')).toMatch(/SIGKILL/);
    expect(one.statSync()).toMatchObject({ published: 1, publisher: undefined });
    for (const peer of peers) expect(lostBy(await peer.success())).toBe(0);
  });

  test.each([
    ['broadcast_gave_up', 'drop-oldest'],
    ['broadcast_gave_up', 'wait'],
    ['broadcast_wanted', 'wait'],
    ['broadcast_published', 'wait'],
  ] as const)(
    'a publisher that dies at %s, where it is %s: the next one goes on',
    async (step, how) => {
      const one = makeBroadcast({ capacity: 1024, full: how });
      for (let round = 0; round < 3; round++) {
        expect(await outcome(one, ['publish', 1000, 'together'], step)).toMatch(/SIGKILL/);
      }
      const { published, kept } = one.statSync();
      const all = one.subscribe({ from: 'oldest' });
      let next = -1;
      const receive = (): void => {
        for (let got = all.tryReceive(); got !== undefined; got = all.tryReceive()) {
          expect(got.lost).toBe(0);
          if (next < 0) next = got.type; // it had begun to give the oldest up
          checkNumbered(next++, got.type, got.data);
        }
      };
      receive();
      expect(next).toBe(published);
      expect(published).toBeGreaterThan(0);
      expect(kept).toBeGreaterThan(0);
      using publisher = one.publisher();
      for (let i = published; i < published + 100; i++) {
        while (!publisher.tryPublish(numbered(i), { type: i })) receive();
        publisher.flush();
        receive();
      }
      expect(next).toBe(published + 100);
    },
  );

  test.each(['broadcast_slot_taken', 'broadcast_began', 'broadcast_told'])(
    'a subscriber that dies at %s holds nobody up, and leaves its slot',
    async (step) => {
      const one = makeBroadcast({ capacity: 1024, full, subscribers: 1 });
      using publisher = one.publisher();
      for (let i = 0; publisher.tryPublish(numbered(i), { type: i }) && i < 4; i++);
      publisher.flush();
      expect(await outcome(one, ['receive', 100], step)).toMatch(/SIGKILL/);
      for (let i = 5; i < 100; i++) {
        expect(publisher.tryPublish(numbered(i), { type: i })).toBe(true);
      }
      expect(one.statSync().subscribers).toEqual([]);
    },
  );
});

describe('where the publisher waits', () => {
  /** Publishes until there is no room. */
  function fill(publisher: channel.Publisher): number {
    let count = 0;
    while (publisher.tryPublish(numbered(count), { type: count })) count++;
    return count;
  }

  test('a subscriber in C holds it up while it is stopped, and not when it is killed', async () => {
    const one = makeBroadcast({ capacity: 1 << 12, full });
    const peer = await start('C', one, 'receive', 1e6);
    using publisher = one.publisher();
    peer.kill('SIGSTOP');
    const count = fill(publisher);
    expect(one.statSync().subscribers).toMatchObject([{ pid: peer.pid }]);
    const waiting = publisher.publish(numbered(count), { type: count });
    await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
    await sleep(50);
    expect(one.statSync().published).toBe(count);
    peer.kill('SIGKILL');
    await soon('the publisher goes on', waiting);
    expect(one.statSync().subscribers).toEqual([]);
  });

  test.each([
    ['Node', 'promise'],
    ['C', 'copy'],
  ] as const)(
    'one in C waits for a subscriber in %s, and learns of its death',
    async (to, form) => {
      const one = makeBroadcast({ capacity: 1 << 12, full });
      const peer = await start(to, one, 'receive', 1e6, form);
      peer.kill('SIGSTOP');
      const publisher = await start('C', one, 'publish', 1000, 'together');
      await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
      expect(await one.stat()).toMatchObject({ publisher: { pid: publisher.pid } });
      peer.kill('SIGKILL');
      await publisher.success();
      expect(one.statSync().published).toBe(1000);
    },
  );

  test('one in C waits until its time is over, or fails, as it was made', async () => {
    const fails = makeBroadcast({ capacity: 1 << 12, full: 'fail' });
    const waits = makeBroadcast({ capacity: 1 << 12, full });
    for (const [one, why] of [
      [fails, 'publish: Resource temporarily unavailable'],
      [waits, 'publish: Connection timed out'],
    ] as const) {
      using subscriber = one.subscribe();
      const said = await outcome(one, ['publish', 1000, 'timed']);
      expect(said).toMatch(why);
      const count = Number(/published (\d+)/.exec(said)?.[1]);
      expect(count).toBeGreaterThan(20);
      for (let i = 0; i < count; i++) {
        const { type, data, lost } = subscriber.receiveSync();
        expect(lost).toBe(0);
        checkNumbered(i, type, data);
      }
      expect(subscriber.tryReceive()).toBeUndefined();
    }
  });

  test('there are as many subscribers as there are slots, whichever their language', async () => {
    const one = makeBroadcast({ capacity: 1024, full, subscribers: 2 });
    const peer = await start('C', one, 'receive', 1);
    using subscriber = one.subscribe();
    expect(await outcome(one, ['receive', 1])).toBe('open: Device or resource busy\n');
    expect(() => one.subscribe()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
    subscriber.close();
    const next = await start('C', one, 'receive', 1);
    using publisher = one.publisher();
    publisher.publishSync(numbered(0), { type: 0 });
    await Promise.all([peer.success(), next.success()]);
    expect(one.statSync().subscribers).toEqual([]);
  });
});
