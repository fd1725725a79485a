/** Who takes part, and what is opened. */

import { setImmediate } from 'node:timers/promises';

import { channel, memory } from 'posix-ipc';

import { makeChannel, makeEnds } from '../support/channels';
import { collectGarbage } from '../support/collect-garbage';
import { waitUntil } from '../support/wait-until';

const { Channel } = channel;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

test('one sender and one receiver at a time; the next one when they have closed', () => {
  const one = makeChannel();
  const other = Channel.openSync(one.name);
  const sender = one.sender();
  const receiver = other.receiver();
  expect(() => one.sender()).toThrow(coded('EBUSY'));
  expect(() => other.sender()).toThrow(new RegExp(`process ${String(process.pid)} sends already`));
  expect(() => one.receiver()).toThrow(coded('EBUSY'));
  sender.sendSync('from the first');
  sender.close();
  const next = other.sender();
  next.sendSync('from the second');
  expect(receiver.receiveSync().data.toString()).toBe('from the first');
  receiver.close();
  expect(one.receiver().receiveSync().data.toString()).toBe('from the second');
  other.close();
});

test('a channel that is forgotten gives its roles back, and what it sent is there', async () => {
  const one = makeChannel();
  (() => {
    const forgotten = Channel.openSync(one.name);
    forgotten.receiver();
    forgotten.sender().trySendMany(['a', 'b', 'c']);
  })();
  await waitUntil('both roles to be free', () => {
    collectGarbage();
    const { sender, receiver } = one.statSync();
    return sender === undefined && receiver === undefined;
  });
  expect(one.receiver().forEach(() => undefined)).toBe(3);
});

test('a role stays taken while a message is borrowed, whatever else is forgotten', async () => {
  const one = makeChannel();
  one.sender().trySend('a');
  await (async () => {
    const borrowed = (() => Channel.openSync(one.name).receiver().borrowSync())();
    for (let i = 0; i < 5; i++) {
      await setImmediate();
      collectGarbage();
    }
    expect(() => one.receiver()).toThrow(coded('EBUSY'));
    borrowed.release();
  })();
  await waitUntil('the role to be free', () => {
    collectGarbage();
    return one.statSync().receiver === undefined;
  });
});

test('stat tells who takes part', async () => {
  const one = makeChannel({ capacity: 1 << 12 });
  expect(await one.stat()).toEqual({
    capacity: 1 << 12,
    allocated: 1 << 12,
    bytes: 0,
    highWater: 0,
    depth: 0,
    sent: 0,
    received: 0,
    dropped: 0,
    sender: undefined,
    senders: [],
    receiver: undefined,
    receivers: [],
    senderSleeps: false,
    receiverSleeps: false,
  });
  using sender = one.sender();
  using receiver = one.receiver();
  expect(one.statSync().sender?.pid).toBe(process.pid);
  expect(one.statSync().receiver?.pid).toBe(process.pid);
  const waiting = receiver.receive();
  expect(one.statSync().receiverSleeps).toBe(true);
  sender.sendSync('x');
  await waiting;
  expect(one.statSync()).toMatchObject({ sent: 1, receiverSleeps: false });
});

test('stat tells the most that was waiting, of any sender and receiver', () => {
  const one = makeChannel({ capacity: 1 << 12 });
  const highWater = (): number => one.statSync().highWater;
  const send = (count: number): void => {
    using sender = one.sender();
    for (let i = 0; i < count; i++) sender.trySend('12345678');
  };
  const receive = (): void => {
    using receiver = one.receiver();
    while (receiver.tryReceive() !== undefined);
  };
  send(10);
  expect(highWater()).toBe(160);
  receive();
  expect(highWater()).toBe(160);
  send(5);
  receive();
  expect(highWater()).toBe(160);
  send(11);
  receive();
  expect(highWater()).toBe(176);
  send(1000);
  expect(highWater()).toBe(1 << 12);
});

test('the sender tells what the receiver has not seen: that the ring was full', () => {
  const { channel: one, sender, receiver } = makeEnds({ capacity: 1024 });
  for (let i = 0; i < 2; i++) sender.trySend('12345678');
  sender.flush();
  receiver.receiveSync(); // it has seen both
  receiver.flush();
  while (sender.trySend('12345678'));
  while (receiver.tryReceive() !== undefined);
  receiver.flush();
  expect(one.statSync()).toMatchObject({ bytes: 0, highWater: 1024 });
});

test('what is sent is published at the end of the tick, and by flush', async () => {
  const { channel: one, sender } = makeEnds();
  for (let i = 0; i < 10; i++) sender.sendSync('x');
  expect(one.statSync().sent).toBe(1);
  sender.flush();
  expect(one.statSync().sent).toBe(10);
  for (let i = 0; i < 10; i++) sender.sendSync('x');
  await waitUntil('the end of the tick', () => one.statSync().sent === 20);
});

test('what was received is published at the end of the tick', async () => {
  const { channel: one, sender, receiver } = makeEnds();
  sender.sendSync('x');
  sender.sendSync('x');
  sender.flush();
  receiver.receiveSync();
  expect(one.statSync().received).toBe(0);
  await waitUntil('the end of the tick', () => one.statSync().received === 1);
});

test('flush of the receiver publishes what was received', () => {
  const { channel: one, sender, receiver } = makeEnds();
  sender.sendManySync(['x', 'x']);
  sender.flush();
  receiver.receiveSync();
  receiver.flush();
  expect(one.statSync()).toMatchObject({ depth: 1, received: 1 });
});

test('the counts are right, too, where the last sender was killed while it stored them', () => {
  using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
  const one = Channel.at(mapping, 0, { create: true });
  const words = mapping.view(Int32Array);
  const [count, nextPosition, nextCount] = [65, 66, 67];
  one.sender().sendManySync(['x', 'y', 'z']);
  one.close();
  const again = Channel.at(mapping);
  words[count] = 1; // the position is stored, the count is not
  expect(again.statSync().sent).toBe(3);
  again.sender().close();
  words[count] = 3;
  words[nextPosition] = 1000; // neither is
  words[nextCount] = 100;
  expect(again.statSync().sent).toBe(3);
  using sender = again.sender();
  sender.sendSync('x');
  expect(again.statSync().sent).toBe(4);
});

describe('opening', () => {
  test('by name, in all forms', async () => {
    const one = await Channel.create(undefined, { capacity: 2048 });
    try {
      await expect(Channel.create(one.name)).rejects.toMatchObject({ code: 'EEXIST' });
      using other = await Channel.openOrCreate(one.name, { capacity: 4096 });
      using third = await Channel.open(one.name.slice(1), { waiting: 'block' });
      expect([other.capacity, third.capacity, third.name]).toEqual([2048, 2048, one.name]);
    } finally {
      await one.unlink();
      one.close();
    }
    await expect(Channel.open(one.name)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(Channel.unlink(one.name)).rejects.toMatchObject({ code: 'ENOENT' });
    using again = Channel.openOrCreateSync(one.name, { capacity: 1024 });
    expect(again.capacity).toBe(1024);
    Channel.unlinkSync(one.name);
  });

  test('in a memfd, of which others have a mapping of their own', () => {
    using file = memory.memfdSync('channel', { size: 1 << 16 });
    using here = file.mapSync({ access: 'write' });
    using there = file.mapSync({ access: 'write' });
    expect(() => Channel.at(here)).toThrow(coded('EINVAL'));
    using one = Channel.at(here, 64, { create: true });
    using other = Channel.at(there, 64);
    expect([one.capacity, one.name, other.capacity]).toEqual([1 << 15, '', 1 << 15]);
    one.sender().sendSync('through a memfd');
    expect(other.receiver().receiveSync().data.toString()).toBe('through a memfd');
    expect(() => {
      here.protectSync('read');
    }).toThrow(coded('EBUSY'));
    here.close();
    expect(one.closed).toBe(true);
  });

  test('what is no channel, of another version, or does not fit', () => {
    using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
    Channel.at(mapping, 0, { create: true, capacity: 4096 }).close();
    const words = mapping.view(Int32Array);
    words[1] = 3;
    expect(() => Channel.at(mapping)).toThrow(coded('EPROTO'));
    words[1] = 1;
    for (const capacity of [0, -1, 1000, 8192, -(2 ** 31)]) {
      words[2] = capacity;
      expect(() => Channel.at(mapping)).toThrow(coded('EBADMSG'));
    }
  });

  test.each([
    [{ capacity: 1000 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: 1023 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: 1536 }, 'ERR_OUT_OF_RANGE'],
    [{ waiting: 'sometimes' as channel.Waiting }, 'ERR_OUT_OF_RANGE'],
    [{ mode: 0o1000 }, 'ERR_OUT_OF_RANGE'],
    [{ maxLength: 100 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: 'unbounded', maxLength: 100 } as const, 'ERR_OUT_OF_RANGE'],
    [{ limit: 1 << 20 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: 1 << 20, segment: 4096 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: 0, limit: 1 << 20 }, 'ERR_OUT_OF_RANGE'],
    [{ capacity: '1024' as unknown as number }, 'ERR_INVALID_ARG_TYPE'],
  ])('%j is refused', (options, code) => {
    expect(() => Channel.createSync(undefined, options)).toThrow(coded(code));
  });
});

describe('closing', () => {
  test('ends all that was opened, and what waits', async () => {
    const { channel: one, sender, receiver } = makeEnds();
    const waiting = receiver.receive();
    const ending = receiver.messages().next();
    one.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await ending).toEqual({ value: undefined, done: true });
    expect([sender.closed, receiver.closed]).toEqual([true, true]);
    expect(() => one.sender()).toThrow(coded('ERR_CLOSED'));
    expect(() => sender.trySend('x')).toThrow(coded('ERR_CLOSED'));
    expect(() => receiver.tryReceive()).toThrow(coded('ERR_CLOSED'));
  });

  test('publishes what was sent', () => {
    const one = makeChannel();
    const other = Channel.openSync(one.name);
    const sender = one.sender();
    for (let i = 0; i < 5; i++) sender.sendSync('x');
    one.close();
    expect(other.receiver().forEach(() => undefined)).toBe(5);
    other.close();
  });
});
