/** Subscribers that are slower than the publisher. */

import { setImmediate as turn } from 'node:timers/promises';

import { channel, memory } from 'posix-ipc';

import { makeBroadcast, makeEnds } from '../../support/broadcasts';
import { pattern } from '../../support/files';

const capacity = 1024;

test('one that was overrun learns how many it lost, and goes on at the oldest kept message', () => {
  const { broadcast, publisher, subscriber } = makeEnds({ capacity });
  publisher.publishSync('', { type: 0 });
  expect(subscriber.tryReceive()).toMatchObject({ type: 0, lost: 0 });
  for (let i = 1; i <= 1000; i++) publisher.publishSync('12345678', { type: i });
  publisher.flush();
  const { kept } = broadcast.statSync();
  expect(kept).toBeGreaterThan(25);
  expect(kept).toBeLessThanOrEqual(31);
  const lost = 1000 - kept;
  expect(subscriber.lost).toBe(0); // it has not looked
  expect(subscriber.tryReceive()).toMatchObject({ type: lost + 1, lost });
  expect(subscriber.lost).toBe(lost);
  for (let i = lost + 2; i <= 1000; i++) {
    expect(subscriber.tryReceive()).toMatchObject({ type: i, lost: 0 });
  }
  expect(subscriber.tryReceive()).toBeUndefined();
  for (let i = 1001; i <= 2000; i++) publisher.publishSync('12345678', { type: i });
  publisher.flush();
  const count = subscriber.forEach(() => undefined);
  expect(count).toBe(broadcast.statSync().kept);
  expect(subscriber.lost).toBe(lost + 1000 - count);
});

test('each form tells', async () => {
  const { publisher, subscriber } = makeEnds({ capacity });
  const overrun = (): void => {
    for (let i = 0; i < 100; i++) publisher.publishSync('12345678');
    publisher.flush();
  };
  const before = (): number => 100 - subscriber.forEach(() => undefined);
  overrun();
  const lost = before();
  const forms: (() => number | undefined | Promise<number>)[] = [
    () => subscriber.tryReceive()?.lost,
    () => subscriber.receiveSync().lost,
    () => subscriber.tryReceiveInto(Buffer.alloc(8))?.lost,
    async () => (await subscriber.receive()).lost,
    async () => (await subscriber.receiveInto(Buffer.alloc(8))).lost,
    async () => {
      const next = await subscriber.batches().next();
      return next.done === true ? -1 : (next.value[0]?.lost ?? -1);
    },
    () => {
      const all: number[] = [];
      subscriber.forEach((message) => all.push(message.lost));
      return all[0];
    },
  ];
  let total = lost;
  for (const form of forms) {
    overrun();
    expect(await form()).toBe(lost);
    total += lost;
    expect(subscriber.lost).toBe(total);
    expect(before()).toBeGreaterThan(50);
  }
});

test('what it has copied already it cannot lose', () => {
  const { publisher, subscriber } = makeEnds({ capacity });
  for (let i = 0; i < 10; i++) publisher.publishSync(pattern(8, i), { type: i });
  publisher.flush();
  expect(subscriber.tryReceive()?.type).toBe(0);
  for (let i = 10; i < 100; i++) publisher.publishSync(pattern(8, i), { type: i });
  for (let i = 1; i < 10; i++) {
    expect(subscriber.tryReceive()).toEqual({ type: i, data: pattern(8, i), lost: 0 });
  }
  const next = subscriber.tryReceive();
  expect(next?.lost).toBe((next?.type ?? 0) - 10);
});

test('a message of which only the beginning was copied', () => {
  const { publisher, subscriber } = makeEnds({ capacity: 1 << 18 });
  publisher.publishSync('first');
  publisher.publishSync(pattern(1 << 16), { type: 1 });
  expect(subscriber.tryReceive()?.data.toString()).toBe('first');
  for (let i = 2; i < 6; i++) publisher.publishSync(pattern(1 << 16, i), { type: i });
  const next = subscriber.tryReceive();
  expect(next?.lost).toBe(2);
  expect(next?.data.equals(pattern(1 << 16, next.type))).toBe(true);
  expect(next?.type).toBe(3);
});

test('nothing is lost by a record that only leaps to the beginning', () => {
  const { publisher, subscriber } = makeEnds({ capacity });
  publisher.publishSync(pattern(400));
  expect(subscriber.tryReceive()).toBeDefined();
  publisher.publishSync(pattern(900, 1)); // needs the room where the subscriber is
  expect(subscriber.tryReceive()).toEqual({ type: 0, data: pattern(900, 1), lost: 0 });
  expect(subscriber.lost).toBe(0);
});

test('a subscriber that is slow does not slow the others', async () => {
  const { broadcast, publisher, subscriber } = makeEnds({ capacity });
  const slow = broadcast.subscribe();
  for (let i = 0; i < 500; i++) {
    const waiting = subscriber.receive();
    await publisher.publish('', { type: i });
    expect(await waiting).toMatchObject({ type: i, lost: 0 });
    if (i % 100 === 0) await turn();
  }
  const { lost = 0, type } = slow.tryReceive() ?? {};
  expect(lost).toBeGreaterThan(400);
  expect(type).toBe(lost);
});

test('positions and numbers beyond 32 bits', () => {
  using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
  channel.Broadcast.at(mapping, 0, { create: true, capacity: 4096 }).close();
  const pairs = mapping.view(BigInt64Array);
  const [HEAD, OLDEST, RING] = [32, 48, 96];
  const start = 2n ** 32n - 10n;
  pairs[HEAD] = start;
  pairs[OLDEST] = start;
  pairs[RING + 2 * Number(start % 256n) + 1] = 2n ** 32n - 3n;
  using one = channel.Broadcast.at(mapping);
  const publisher = one.publisher();
  const subscriber = one.subscribe();
  for (let i = 0; i < 10; i++) {
    publisher.publishSync('12345678', { type: i });
    expect(subscriber.tryReceive()).toMatchObject({ type: i, lost: 0 });
  }
  expect(one.statSync()).toMatchObject({ published: 2 ** 32 + 7, kept: 10 });
  expect(pairs[HEAD]).toBe(start + 20n);
  for (let i = 0; i < 1000; i++) publisher.publishSync('12345678', { type: i });
  publisher.flush();
  const { kept } = one.statSync();
  expect(subscriber.tryReceive()).toMatchObject({ lost: 1000 - kept, type: 1000 - kept });
});

test('one that was stopped while the ring came round by exactly 2^32 steps knows', () => {
  using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
  using one = channel.Broadcast.at(mapping, 0, { create: true, capacity: 4096 });
  const pairs = mapping.view(BigInt64Array);
  const [HEAD, OLDEST, RING] = [32, 48, 96];
  const subscriber = one.subscribe();
  pairs[RING + 1] = 2n ** 31n; // so many messages, as if they were published
  pairs[OLDEST] = 2n ** 32n;
  pairs[HEAD] = 2n ** 32n;
  expect(subscriber.tryReceive()).toBeUndefined();
  expect(subscriber.lost).toBe(2 ** 31);
  one.publisher().publishSync('x');
  expect(subscriber.tryReceive()).toMatchObject({ lost: 2 ** 31 });
});

test('a publisher that comes round thousands of times while the oldest message is looked for', () => {
  using mapping = memory.mapAnonymousSync({ length: 4096, shared: true });
  using one = channel.Broadcast.at(mapping, 0, { create: true, capacity });
  const pairs = mapping.view(BigInt64Array);
  const [HEAD, OLDEST, RING] = [32, 48, 96];
  const subscriber = one.subscribe();
  let rounds = 3000;
  const { load } = Atomics;
  const spy = jest.spyOn(Atomics, 'load').mockImplementation(((array: Int32Array, at: number) => {
    if (at === 2 * OLDEST && rounds > 0) {
      rounds--;
      for (const [index, by] of [
        [HEAD, 64n],
        [OLDEST, 64n],
        [RING + 1, 10n],
      ] as const) {
        pairs[index] = (pairs[index] ?? 0n) + by;
      }
    }
    return load(array, at);
  }) as typeof Atomics.load);
  const received = subscriber.tryReceive();
  spy.mockRestore();
  expect(received).toBeUndefined();
  expect(subscriber.lost).toBe(30_000);
});

test('the next publisher goes on, and the counts with it', () => {
  const one = makeBroadcast({ capacity });
  const subscriber = one.subscribe();
  for (let i = 0; i < 5; i++) {
    using publisher = one.publisher();
    publisher.publishSync('x', { type: i });
    expect(subscriber.tryReceive()).toMatchObject({ type: i, lost: 0 });
  }
  expect(one.statSync()).toMatchObject({ published: 5, kept: 5, publisher: undefined });
});
