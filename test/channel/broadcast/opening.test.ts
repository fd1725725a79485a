/** What is opened, who takes part, and how it ends. */

import { setImmediate as turn } from 'node:timers/promises';

import { channel, memory } from 'posix-ipc';

import { makeBroadcast, makeEnds } from '../../support/broadcasts';
import { collectGarbage } from '../../support/collect-garbage';
import { detach } from '../../support/detach';
import { codeOfRejection } from '../../support/outcome';
import { waitUntil } from '../../support/wait-until';

const { Broadcast } = channel;
const BELL = 128;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe('opening', () => {
  test('by name, in all forms', async () => {
    const one = await Broadcast.create(undefined, { capacity: 2048 });
    try {
      await expect(Broadcast.create(one.name)).rejects.toMatchObject({ code: 'EEXIST' });
      using other = await Broadcast.openOrCreate(one.name, { capacity: 4096 });
      using third = await Broadcast.open(one.name.slice(1), { waiting: 'block' });
      expect([other.capacity, third.capacity, third.name]).toEqual([2048, 2048, one.name]);
      expect(() => channel.Channel.openSync(one.name)).toThrow(coded('EINVAL'));
    } finally {
      await one.unlink();
      one.close();
    }
    await expect(Broadcast.open(one.name)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(Broadcast.unlink(one.name)).rejects.toMatchObject({ code: 'ENOENT' });
    using again = Broadcast.openOrCreateSync(one.name, { capacity: 1024 });
    expect(again.capacity).toBe(1024);
    Broadcast.unlinkSync(one.name);
  });

  test('in a memfd, of which others have a mapping of their own', () => {
    using file = memory.memfdSync('broadcast', { size: 1 << 16 });
    using here = file.mapSync({ access: 'write' });
    using there = file.mapSync({ access: 'write' });
    expect(() => Broadcast.at(here)).toThrow(coded('EINVAL'));
    using one = Broadcast.at(here, 64, { create: true });
    using other = Broadcast.at(there, 64);
    expect([one.capacity, one.name, other.capacity]).toEqual([1 << 15, '', 1 << 15]);
    const subscriber = other.subscribe();
    one.publisher().publishSync('through a memfd');
    expect(subscriber.receiveSync().data.toString()).toBe('through a memfd');
    expect(() => Broadcast.at(here, 32)).toThrow(coded('ERR_OUT_OF_RANGE'));
    here.close();
    expect(one.closed).toBe(true);
  });

  test('what is no broadcast, of another version, or does not fit', () => {
    using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
    Broadcast.at(mapping, 0, { create: true, capacity: 4096 }).close();
    const words = mapping.view(Int32Array);
    words[1] = 2;
    expect(() => Broadcast.at(mapping)).toThrow(coded('EPROTO'));
    words[1] = 1;
    words[15] = 1; // an option that nobody knows yet
    expect(() => Broadcast.at(mapping)).toThrow(coded('EPROTO'));
    words[15] = 0;
    for (const capacity of [0, -1, 1000, 8192, -(2 ** 31)]) {
      words[2] = capacity;
      expect(() => Broadcast.at(mapping)).toThrow(coded('EBADMSG'));
    }
  });

  test.each([
    [{ capacity: 1000 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: 1536 }, 'ERR_OUT_OF_RANGE'],
    [{ waiting: 'sometimes' as channel.Waiting }, 'ERR_OUT_OF_RANGE'],
    [{ mode: 0o1000 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: '1024' as unknown as number }, 'ERR_INVALID_ARG_TYPE'],
  ])('%j is refused', (options, code) => {
    expect(() => Broadcast.createSync(undefined, options)).toThrow(coded(code));
  });
});

test('one publisher at a time; the next one when it has closed', () => {
  const one = makeBroadcast();
  using other = Broadcast.openSync(one.name);
  const subscriber = one.subscribe();
  const publisher = one.publisher();
  expect(() => one.publisher()).toThrow(coded('EBUSY'));
  expect(() => other.publisher()).toThrow(
    new RegExp(`process ${String(process.pid)} publishes already`),
  );
  publisher.publishSync('from the first');
  publisher.close();
  other.publisher().publishSync('from the second');
  expect(subscriber.receiveSync().data.toString()).toBe('from the first');
  expect(subscriber.receiveSync().data.toString()).toBe('from the second');
});

test('stat tells what is kept, and who publishes', async () => {
  const one = makeBroadcast({ capacity: 1024 });
  expect(await one.stat()).toEqual({
    capacity: 1024,
    bytes: 0,
    kept: 0,
    published: 0,
    publisher: undefined,
    publisherSleeps: false,
    subscribers: [],
  });
  using publisher = one.publisher();
  for (let i = 0; i < 10; i++) publisher.publishSync('x');
  expect(one.statSync().published).toBe(1);
  publisher.flush();
  expect(one.statSync()).toMatchObject({ bytes: 320, kept: 10, published: 10 });
  expect(one.statSync().publisher?.pid).toBe(process.pid);
});

test('what is published is there at the end of the tick', async () => {
  const { broadcast, publisher } = makeEnds();
  for (let i = 0; i < 10; i++) publisher.publishSync('x');
  expect(broadcast.statSync().published).toBe(1);
  await waitUntil('the end of the tick', () => broadcast.statSync().published === 10);
});

test('a publisher that is forgotten gives its role back, and what it published is there', async () => {
  const one = makeBroadcast();
  (() => {
    const publisher = Broadcast.openSync(one.name).publisher();
    for (let i = 0; i < 3; i++) publisher.tryPublish('x');
  })();
  await waitUntil('the role to be free', () => {
    collectGarbage();
    return one.statSync().publisher === undefined;
  });
  expect(one.statSync().published).toBe(3);
});

describe('waiting', () => {
  test('is over when it is aborted, and when its time is', async () => {
    const { publisher, subscriber } = makeEnds();
    const controller = new AbortController();
    const aborted = subscriber.receive({ signal: controller.signal });
    const expired = codeOfRejection(subscriber.receive({ timeout: 5 }));
    const served = subscriber.receive();
    await turn();
    controller.abort();
    await expect(aborted).rejects.toThrow(controller.signal.reason as Error);
    expect(await expired).toBe('ETIMEDOUT');
    expect(() => subscriber.receiveSync({ timeout: 5 })).toThrow(coded('ETIMEDOUT'));
    publisher.publishSync('x');
    expect((await served).data.toString()).toBe('x');
  });

  test('one that goes does not take the bell of the others away', async () => {
    const { broadcast, publisher, subscriber } = makeEnds({ waiting: 'block' });
    const other = broadcast.subscribe();
    const served = other.receive();
    const controller = new AbortController();
    const aborted = subscriber.receive({ signal: controller.signal });
    await turn();
    controller.abort();
    await expect(aborted).rejects.toThrow();
    subscriber.close();
    publisher.publishSync('x');
    expect((await served).data.toString()).toBe('x');
  });

  test('who comes to sleep late does not take what another one has written for its own', async () => {
    const { broadcast, publisher, subscriber } = makeEnds({ waiting: 'block' });
    const words = memory.mapSync(`/dev/shm${broadcast.name}`).view(Int32Array);
    const bells = new Set<number>([0]);
    for (let i = 0; i < 3; i++) {
      const waiting = subscriber.receive();
      await turn();
      bells.add(words[BELL] ?? 0);
      publisher.publishSync('x');
      await waiting;
    }
    expect(bells.size).toBe(4);
  });

  test('closing ends all that was opened, and what waits', async () => {
    const { broadcast, publisher, subscriber } = makeEnds();
    const waiting = subscriber.receive();
    const ending = subscriber.messages().next();
    broadcast.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await ending).toEqual({ value: undefined, done: true });
    expect([publisher.closed, subscriber.closed]).toEqual([true, true]);
    for (const use of [
      () => broadcast.publisher(),
      () => broadcast.subscribe(),
      () => publisher.tryPublish('x'),
      () => subscriber.tryReceive(),
      () => subscriber.forEach(() => undefined),
    ]) {
      expect(use).toThrow(coded('ERR_CLOSED'));
    }
  });

  test('transferred memory is EFAULT', async () => {
    const { broadcast, publisher, subscriber } = makeEnds();
    publisher.publishSync('x');
    publisher.publishSync('to be published at the end of the tick');
    const { buffer } = publisher.claimSync(1);
    publisher.abort();
    detach(buffer);
    for (const use of [
      () => broadcast.publisher(),
      () => broadcast.subscribe(),
      () => broadcast.statSync(),
      () => publisher.tryPublish('x'),
      () => publisher.tryClaim(1),
      () => subscriber.tryReceive(),
      () => subscriber.receiveSync(),
      () => subscriber.forEach(() => undefined),
    ]) {
      expect(use).toThrow(coded('EFAULT'));
    }
    await expect(publisher.publish('x')).rejects.toMatchObject({ code: 'EFAULT' });
    await expect(subscriber.receive()).rejects.toMatchObject({ code: 'EFAULT' });
  });
});
