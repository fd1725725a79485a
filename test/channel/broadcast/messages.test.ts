/** What goes through a broadcast, with all in one thread. */

import { Readable } from 'node:stream';

import type { channel } from 'posix-ipc';

import { makeEnds } from '../../support/broadcasts';
import { pattern } from '../../support/files';

const capacity = 1024;
const most = capacity - 32;
const lost = 0;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

test.each([0, 1, 15, 16, 17, 63, 64, 127, 128, 129, 512, most])(
  'a message of %d bytes comes as it was, in all forms',
  async (length) => {
    const { publisher, subscriber } = makeEnds({ capacity });
    const data = pattern(length, length);
    await publisher.publish(data, { type: 1 });
    expect(await subscriber.receive()).toEqual({ type: 1, data, lost });
    publisher.publishSync(data, { type: 2 });
    expect(subscriber.receiveSync()).toEqual({ type: 2, data, lost });
    expect(publisher.tryPublish(data)).toBe(true);
    expect(subscriber.tryReceive()).toEqual({ type: 0, data, lost });
    expect(await publisher.publishMany([data], { type: 3 })).toBe(1);
    const into = Buffer.alloc(length + 3, 'x');
    expect(subscriber.tryReceiveInto(into)).toEqual({ type: 3, length, lost });
    expect(into).toEqual(Buffer.concat([data, Buffer.from('xxx')]));
    expect(publisher.publishManySync([data], { type: 4 })).toBe(1);
    expect(subscriber.tryReceiveInto(into)).toEqual({ type: 4, length, lost });
    expect(publisher.tryPublishMany([data], { type: 5 })).toBe(1);
    expect(subscriber.tryReceiveInto(into)).toEqual({ type: 5, length, lost });
    publisher.publishSync(data);
    expect(await subscriber.receiveInto(into)).toEqual({ type: 0, length, lost });
    publisher.publishSync(data);
    expect(subscriber.receiveIntoSync(into)).toEqual({ type: 0, length, lost });
    expect(subscriber.tryReceive()).toBeUndefined();
  },
);

test('wraps around at every offset, with messages of every length', () => {
  for (let offset = 0; offset < capacity; offset += 16) {
    const { broadcast, publisher, subscriber } = makeEnds({ capacity });
    for (let at = 0; at < offset; at += 16) publisher.publishSync('');
    publisher.flush();
    let count = subscriber.forEach(() => undefined) + subscriber.lost;
    expect(count).toBe(offset / 16);
    for (const length of [0, 1, 16, 24, 500, most - 16, most]) {
      const data = pattern(length, offset);
      publisher.publishSync(data, { type: length });
      expect(subscriber.tryReceive()).toEqual({ type: length, data, lost });
      expect(subscriber.tryReceive()).toBeUndefined();
      expect(broadcast.statSync()).toMatchObject({ published: ++count });
    }
    broadcast.close();
  }
});

test('longer than what is copied at a time', () => {
  const { publisher, subscriber } = makeEnds({ capacity: 1 << 20 });
  for (const length of [1 << 16, (1 << 16) + 1, 1 << 18, (1 << 20) - 32, 5]) {
    const data = pattern(length, length);
    publisher.publishSync('before');
    publisher.publishSync(data);
    if (length < 1 << 19) expect(subscriber.tryReceive()?.data.toString()).toBe('before');
    expect(subscriber.receiveSync().data.equals(data)).toBe(true);
  }
  expect(subscriber.lost).toBe(1); // the longest leaves no room for what was before it
});

test('every subscriber sees every message, however many there are', async () => {
  const { broadcast, publisher } = makeEnds();
  const subscribers = Array.from({ length: 200 }, () => broadcast.subscribe());
  const waiting = subscribers.map((one) => one.receive());
  publisher.publishSync('one');
  publisher.publishSync('two');
  const first = await Promise.all(waiting);
  expect(first.every(({ data }) => data.toString() === 'one')).toBe(true);
  const second = subscribers.map((one) => one.tryReceive()?.data.toString());
  expect(second).toEqual(Array<string>(200).fill('two'));
});

test('a late subscriber begins at the oldest kept message, or with what comes', () => {
  const { broadcast, publisher } = makeEnds();
  for (let i = 0; i < 5; i++) publisher.publishSync('', { type: i });
  const newest = broadcast.subscribe();
  const oldest = broadcast.subscribe({ from: 'oldest' });
  publisher.publishSync('', { type: 5 });
  const types: number[] = [];
  expect(oldest.forEach(({ type }) => types.push(type))).toBe(6);
  expect(types).toEqual([0, 1, 2, 3, 4, 5]);
  expect(newest.tryReceive()?.type).toBe(5);
  expect([newest.lost, oldest.lost]).toEqual([0, 0]);
  expect(() => broadcast.subscribe({ from: 'now' as channel.From })).toThrow(
    coded('ERR_OUT_OF_RANGE'),
  );
});

describe('in place', () => {
  test('a claimed message is published by commit, not by abort', async () => {
    const { publisher, subscriber } = makeEnds({ capacity });
    publisher.tryClaim(16, { type: 4 })?.fill('a');
    expect(subscriber.tryReceive()).toBeUndefined();
    expect(() => publisher.tryPublish('x')).toThrow(coded('EBUSY'));
    publisher.abort();
    publisher.claimSync(16, { type: 5 }).fill('b');
    publisher.commit(3);
    expect(subscriber.tryReceive()).toEqual({ type: 5, data: Buffer.from('bbb'), lost });
    (await publisher.claim(2)).fill('c');
    publisher.commit();
    expect(subscriber.tryReceive()?.data.toString()).toBe('cc');
    for (const end of ['commit', 'abort'] as const) {
      expect(() => {
        publisher[end]();
      }).toThrow(coded('EINVAL'));
    }
  });

  test('forEach shows each message that is there, up to a limit', () => {
    const { publisher, subscriber } = makeEnds();
    for (let i = 0; i < 10; i++) publisher.publishSync(pattern(i * 9, i), { type: i });
    publisher.flush();
    const seen: [number, Buffer][] = [];
    const count = subscriber.forEach(
      (message) => {
        const { memory, offset, length } = message;
        expect(message.view()).toEqual(memory.subarray(offset, offset + length));
        expect(message.lost).toBe(0);
        seen.push([message.type, message.copy()]);
      },
      { limit: 7 },
    );
    expect(count).toBe(7);
    expect(seen).toEqual(Array.from({ length: 7 }, (_, i) => [i, pattern(i * 9, i)]));
    expect(subscriber.forEach(() => undefined)).toBe(3);
    expect(subscriber.forEach(() => undefined)).toBe(0);
  });

  test('what the callback of forEach throws ends it; its message is received', () => {
    const { publisher, subscriber } = makeEnds();
    for (const text of ['a', 'b', 'c']) publisher.publishSync(text);
    publisher.flush();
    expect(() =>
      subscriber.forEach((message) => {
        if (message.copy().toString() === 'b') throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(subscriber.receiveSync().data.toString()).toBe('c');
  });

  test('a subscriber cannot be used from its own forEach, but be closed', () => {
    const { publisher, subscriber } = makeEnds();
    for (const text of ['a', 'b', 'c']) publisher.publishSync(text);
    publisher.flush();
    subscriber.forEach(
      () => {
        expect(() => subscriber.tryReceive()).toThrow(coded('EBUSY'));
        expect(() => subscriber.forEach(() => undefined)).toThrow(coded('EBUSY'));
      },
      { limit: 1 },
    );
    expect(
      subscriber.forEach(() => {
        subscriber.close();
      }),
    ).toBe(1);
  });
});

test('batches and messages come in order', async () => {
  const { broadcast, publisher, subscriber } = makeEnds();
  const other = broadcast.subscribe();
  for (let i = 0; i < 10; i++) publisher.publishSync('', { type: i });
  publisher.flush();
  const types: number[][] = [];
  for await (const batch of subscriber.batches({ limit: 4 })) {
    types.push(batch.map(({ type }) => type));
    if (types.flat().length === 10) break;
  }
  expect(types).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
  let next = 0;
  for await (const { type } of other) {
    expect(type).toBe(next++);
    if (next === 10) break;
  }
});

test('a subscriber as a Node stream', async () => {
  const { publisher, subscriber } = makeEnds({ capacity: 4096 });
  const stream = Readable.from(subscriber);
  const types: number[] = [];
  stream.on('data', ({ type }: channel.BroadcastMessage) => types.push(type));
  for (let type = 0; type < 100; type++) await publisher.publish('x', { type });
  publisher.flush();
  while (types.length < 100) await new Promise(setImmediate);
  expect(types).toEqual(Array.from({ length: 100 }, (_, i) => i));
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy(); // ends the wait that is under way
  await closed;
  expect(stream.errored).toBeNull();
});

test.each(['json', 'packed'] as const)('values, by the codec %s', async (codec) => {
  const { broadcast, publisher, subscriber } = makeEnds({ codec });
  const other = broadcast.subscribe();
  await publisher.publishValue({ a: 1 }, { type: 1 });
  publisher.publishValueSync([2]);
  expect(publisher.tryPublishValue('three')).toBe(true);
  expect(await subscriber.receiveValue()).toEqual({ type: 1, value: { a: 1 }, lost });
  expect(subscriber.receiveValueSync()).toEqual({ type: 0, value: [2], lost });
  expect(subscriber.tryReceiveValue()).toEqual({ type: 0, value: 'three', lost });
  expect(subscriber.tryReceiveValue()).toBeUndefined();
  const values: unknown[] = [];
  for await (const { value } of other.values()) if (values.push(value) === 3) break;
  expect(values).toEqual([{ a: 1 }, [2], 'three']);
});

describe('arguments', () => {
  test('a message that is too long is EMSGSIZE, and so is memory that is too short', () => {
    const { publisher, subscriber } = makeEnds({ capacity });
    const tooLong = coded('EMSGSIZE');
    expect(publisher.maxLength).toBe(most);
    expect(() => publisher.tryPublish(Buffer.alloc(most + 1))).toThrow(tooLong);
    expect(() => publisher.tryClaim(most + 1)).toThrow(tooLong);
    publisher.publishSync('1234');
    expect(() => subscriber.tryReceiveInto(Buffer.alloc(3))).toThrow(tooLong);
    expect(subscriber.tryReceiveInto(Buffer.alloc(4))).toEqual({ type: 0, length: 4, lost });
  });

  test.each([-1, 2 ** 31, 0.5])('type %d is out of range', (type) => {
    const { publisher } = makeEnds();
    expect(() => publisher.tryPublish('', { type })).toThrow(coded('ERR_OUT_OF_RANGE'));
  });
});
