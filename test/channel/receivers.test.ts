/** Several receivers: each message goes to one of them. */

import { text } from 'node:stream/consumers';

import { channel, memory, posix } from 'posix-ipc';

import { HEAD, TAIL } from '../../lib/channel/layout';
import { makeChannel } from '../support/channels';
import { collectGarbage } from '../support/collect-garbage';
import { collect, fill, numberOf, texts } from '../support/full-channels';
import { capacity, most, twoReceivers } from '../support/two-receivers';
import { soon, waitUntil } from '../support/wait-until';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

afterEach(() => {
  jest.restoreAllMocks();
});

test('as many receivers at a time as there may be; the next one when one has closed', () => {
  const { one, sender, a, b } = twoReceivers();
  using other = channel.Channel.openSync(one.name);
  expect([one.receivers, other.receivers, makeChannel().receivers]).toEqual([2, 2, 1]);
  expect(() => other.receiver()).toThrow(
    new RegExp(`EBUSY.*process ${String(process.pid)} receives already`),
  );
  sender.sendManySync(['1', '2', '3']);
  sender.flush();
  expect(a.receiveSync().data.toString()).toBe('1');
  a.close();
  expect(other.receiver().receiveSync().data.toString()).toBe('2');
  expect(() => one.receiver()).toThrow(coded('EBUSY'));
  expect(b.receiveSync().data.toString()).toBe('3');
  expect(() => one.sender()).toThrow(coded('EBUSY'));
});

test('a role that nobody can take any more keeps none from the others', () => {
  const one = makeChannel({ capacity, senders: 2, receivers: 3 });
  using object = posix.SharedMemory.openSync(one.name);
  const words = object.mapping.view(Int32Array);
  const lost = 0x3fff_ffff;
  const second = (2 * (768 + capacity)) / 4;
  [words[16], words[32]] = [lost, lost];
  const sender = one.sender();
  const receivers = [one.receiver(), one.receiver()];
  expect(() => one.sender()).toThrow(coded('EBUSY'));
  expect(() => one.receiver()).toThrow(coded('EBUSY'));
  sender.sendSync('x');
  expect(receivers[1]?.receiveSync().data.toString()).toBe('x');
  for (const end of receivers) end.close();
  [words[second], words[second + 32]] = [lost, lost];
  expect(() => one.receiver()).toThrow(coded('ENOTRECOVERABLE'));
});

test.each([
  [0, 'ERR_OUT_OF_RANGE'],
  [65, 'ERR_OUT_OF_RANGE'],
  [1.5, 'ERR_OUT_OF_RANGE'],
  ['2' as unknown as number, 'ERR_INVALID_ARG_TYPE'],
])('receivers: %j is refused', (receivers, code) => {
  expect(() => makeChannel({ receivers })).toThrow(coded(code));
});

test('in a mapping it takes room for each; who does not know the option cannot open it', () => {
  using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
  const one = channel.Channel.at(mapping, 0, { create: true, receivers: 3 });
  expect(one.capacity).toBe(4096);
  const words = mapping.view(Int32Array);
  expect([words[1], words[5], words[6]]).toEqual([2, 0, 3]);
  one.receiver();
  one.receiver();
  expect(words[128 / 4]).not.toBe(0); // the roles of the first, and of the second
  expect(words[(768 + 4096) / 4]).not.toBe(0);
  expect(words[(768 + 4096 + 128) / 4]).toBe(0);
  one.close();
  const exact = memory.mapAnonymousSync({ length: 768 + 1024 + 63 * 128, shared: true });
  channel.Channel.at(exact, 0, { create: true, capacity, receivers: 64 });
  for (const [receivers, code] of [
    [65, 'EPROTO'],
    [-1, 'EPROTO'],
    [64, 'EBADMSG'],
  ] as const) {
    words[6] = receivers;
    expect(() => channel.Channel.at(mapping)).toThrow(coded(code));
  }
  words[6] = 3;
  words[15] = 1; // an option of another version
  expect(() => channel.Channel.at(mapping)).toThrow(coded('EPROTO'));
  const tooLarge = { create: true, capacity: 1 << 12, receivers: 64 };
  expect(() => channel.Channel.at(mapping, 0, tooLarge)).toThrow(coded('ERR_OUT_OF_RANGE'));
  exact.close();
});

test('each message goes to one, in all forms', async () => {
  const { one, sender, a, b } = twoReceivers({ codec: 'json' });
  const both = async (receive: (end: channel.Receiver) => unknown): Promise<void> => {
    for (const type of [1, 2]) sender.trySendValue({ type }, { type });
    sender.flush();
    expect([await receive(a), await receive(b)]).toEqual([1, 2]);
    expect([a.tryReceive(), b.tryReceive()]).toEqual([undefined, undefined]);
  };
  const into = Buffer.alloc(20);
  await both(async (end) => (await end.receive()).type);
  await both((end) => end.receiveSync().type);
  await both((end) => end.tryReceive()?.type);
  await both(async (end) => (await end.receiveInto(into)).type);
  await both((end) => end.receiveIntoSync(into).type);
  await both((end) => end.tryReceiveInto(into)?.type);
  await both(async (end) => (await end.receiveValue()).type);
  await both((end) => end.receiveValueSync().type);
  await both((end) => end.tryReceiveValue()?.type);
  await both(async (end) => {
    using borrowed = await end.borrow();
    return borrowed.type;
  });
  await both((end) => {
    using borrowed = end.borrowSync();
    return borrowed.type;
  });
  await both((end) => {
    using borrowed = end.tryBorrow();
    return borrowed?.type;
  });
  await both((end) => {
    let shown = 0;
    end.forEach(({ type }) => (shown = type), { limit: 1 });
    return shown;
  });
  await both(async (end) => {
    for await (const { type } of end) return type;
    return undefined;
  });
  await both(async (end) => {
    for await (const { value } of end.values()) return (value as { type: number }).type;
    return undefined;
  });
  await both(async (end) => {
    for await (const batch of end.batches({ limit: 1 })) return batch[0]?.type;
    return undefined;
  });
  const { sent, received, depth, bytes } = one.statSync();
  expect([received, depth, bytes]).toEqual([sent, 0, 0]);
});

test('streams: a chunk goes to one, and an empty message ends one', async () => {
  const { sender, a, b } = twoReceivers();
  const streams = [a, b].map((end) => end.readable());
  const read = Promise.all(streams.map(text));
  const sent = Array.from({ length: 20 }, (_, i) => numberOf(i));
  for (const chunk of sent) await sender.send(chunk);
  await sender.send('');
  await waitUntil('one has ended', () => streams.some(({ readableEnded }) => readableEnded));
  expect(streams.every(({ readableEnded }) => readableEnded)).toBe(false);
  await sender.send('');
  const got = (await read).join('').match(/.{8}/g) ?? [];
  expect(got.sort()).toEqual(sent);
  expect([a.closed, b.closed]).toEqual([true, true]);
});

describe('waiting', () => {
  test('a message ends the wait of one, and the others wait on', async () => {
    const { one, sender, a, b } = twoReceivers({ waiting: 'block' });
    const settled: number[] = [];
    const waits = [a, b].map((end) =>
      end.receive().then(({ type }) => {
        settled.push(type);
      }),
    );
    await waitUntil('they sleep', () => one.statSync().receiverSleeps);
    for (let type = 1; type <= 2; type++) {
      sender.sendSync('x', { type });
      sender.flush();
      await waitUntil('it is taken', () => settled.length === type);
    }
    await Promise.all(waits);
    expect(settled).toEqual([1, 2]);
  });

  test('who gives up takes nothing with it', async () => {
    const { sender, a, b } = twoReceivers({ waiting: 'block' });
    const gone = new AbortController();
    const [late, aborted, waits] = [
      a.receive({ timeout: 5 }),
      a.receive({ signal: gone.signal }),
      b.receive(),
    ];
    await expect(late).rejects.toThrow(coded('ETIMEDOUT'));
    expect(() => a.receiveSync({ timeout: 1 })).toThrow(coded('ETIMEDOUT'));
    gone.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    sender.sendSync('x', { type: 7 });
    expect((await soon('the other one', waits)).type).toBe(7);
    const closed = a.receive();
    a.close();
    await expect(closed).rejects.toThrow(coded('ERR_CLOSED'));
    const next = b.receive();
    sender.sendSync('x', { type: 8 });
    expect((await soon('the other one', next)).type).toBe(8);
  });

  test('who sleeps watches the role of one that comes later', async () => {
    const one = makeChannel({ capacity, receivers: 2, waiting: 'block' });
    using object = posix.SharedMemory.openSync(one.name);
    const words = object.mapping.view(Int32Array);
    const role = (768 + capacity) / 4;
    const waiting = one.receiver().receive();
    await waitUntil('it sleeps', () => one.statSync().receiverSleeps);
    one.receiver();
    const hasWaiters = (): boolean => Atomics.load(words, role) < 0; // FUTEX_WAITERS, the highest bit
    await waitUntil('it watches', hasWaiters, 20_000);
    one.close();
    await expect(waiting).rejects.toThrow(coded('ERR_CLOSED'));
  });

  test('a sender that waits for room goes on, whoever makes it', async () => {
    const { one, sender, a, b } = twoReceivers({ waiting: 'block' });
    for (const end of [a, b]) {
      fill(sender);
      const waiting = sender.send('12345678');
      await waitUntil('it sleeps', () => one.statSync().senderSleeps);
      end.receiveSync();
      await soon('the send', waiting);
    }
    expect(collect(b)).toHaveLength(most);
  });

  test('whom others always precede gets none, and no error: it tries again', async () => {
    const { sender, a } = twoReceivers();
    sender.sendSync('x', { type: 5 });
    const exchange = Atomics.compareExchange.bind(Atomics) as (
      ...args: [Int32Array, number, number, number]
    ) => number;
    let losing = 200;
    const spy = jest.spyOn(Atomics, 'compareExchange') as unknown as jest.SpyInstance<number>;
    spy.mockImplementation((words: Int32Array, index: number, from: number, to: number) => {
      if (index === TAIL && losing-- > 0) return from + 1;
      return exchange(words, index, from, to);
    });
    expect(a.tryReceive()).toBeUndefined();
    expect(losing).toBeGreaterThan(0);
    expect((await soon('it', a.receive())).type).toBe(5);
    expect(losing).toBeLessThan(0);
  });
});

describe('what one holds', () => {
  test('keeps nobody else out, and is given to nobody else', () => {
    const { one, sender, a, b } = twoReceivers();
    sender.sendManySync(['long enough', '2', '3', '4', '5']);
    sender.flush();
    expect(() => a.tryReceiveInto(Buffer.alloc(3))).toThrow(coded('EMSGSIZE'));
    {
      using borrowed = b.borrowSync();
      expect(borrowed.data.toString()).toBe('2');
      expect(() => b.tryReceive()).toThrow(coded('EBUSY'));
      expect(texts(a).join()).toBe('long enough,3,4,5');
      sender.sendSync('while it is borrowed');
      expect(borrowed.data.toString()).toBe('2');
    }
    b.forEach(() => {
      sender.sendSync('by another one');
      expect(texts(a)).toEqual(['by another one']);
    });
    expect([a.tryReceive(), b.tryReceive()]).toEqual([undefined, undefined]);
    expect(one.statSync()).toMatchObject({ sent: 7, received: 7, depth: 0 });
  });

  test('is lost when it closes; what it has not taken is not', () => {
    const { one, sender, a, b } = twoReceivers();
    sender.sendManySync(['borrowed', 'too long', 'there']);
    sender.flush();
    a.borrowSync();
    expect(() => b.tryReceiveInto(Buffer.alloc(3))).toThrow(coded('EMSGSIZE'));
    a.close();
    b.close();
    expect(texts(one.receiver())).toEqual(['there']);
    expect(one.statSync()).toMatchObject({ sent: 3, received: 3 });
  });
});

test('with several senders: the messages of one come in order to whoever takes them', () => {
  const one = makeChannel({ capacity, senders: 3, receivers: 3 });
  const senders = [0, 1, 2].map(() => one.sender());
  const receivers = [0, 1, 2].map(() => one.receiver());
  const sent = [0, 0, 0];
  const next = [0, 0, 0];
  for (let step = 0; step < 2000; step++) {
    const who = (step * 7) % 3;
    const type = 1000 * (sent[who] ?? 0) + who;
    if (senders[who]?.trySend('12345678', { type }) === true) sent[who] = (sent[who] ?? 0) + 1;
    if (step % 5 === 0) senders[who]?.flush();
    const message = receivers[(step * 5) % 3]?.tryReceive();
    if (message === undefined) continue;
    const from = message.type % 1000;
    expect(Math.floor(message.type / 1000)).toBe(next[from]);
    next[from] = (next[from] ?? 0) + 1;
  }
  for (const sender of senders) sender.flush();
  const before = next.reduce((sum, count) => sum + count);
  expect(before).toBeGreaterThan(500);
  const left = receivers.reduce((sum, end) => sum + collect(end).length, 0);
  expect(before + left).toBe(one.statSync().sent);
});

describe('stat', () => {
  test('lists all, and tells what went through', async () => {
    const { one, sender, a, b } = twoReceivers();
    const { receivers, receiver } = one.statSync();
    expect(receivers.map(({ pid }) => pid)).toEqual([process.pid, process.pid]);
    expect(receiver).toEqual(receivers[0]);
    for (let i = 0; i < 10; i++) sender.sendSync(numberOf(i));
    sender.flush();
    expect(one.statSync()).toMatchObject({ sent: 10, received: 0, depth: 10, bytes: 160 });
    a.receiveSync();
    b.receiveSync();
    expect(one.statSync()).toMatchObject({ received: 2, depth: 8, bytes: 128, highWater: 160 });
    for (const end of [a, b]) collect(end);
    a.close();
    expect((await one.stat()).receivers).toHaveLength(1);
    const waiting = b.receive();
    expect(one.statSync().receiverSleeps).toBe(true);
    sender.sendSync('x');
    await waiting;
  });

  test.each([
    ['a receiver', TAIL + 1, 'drop-oldest'],
    ['the sender', HEAD + 5, 'drop-oldest'],
    ['a receiver', TAIL + 1, 'wait'],
  ] as const)('depth is right although %s was killed before it counted', (_who, at, full) => {
    const { one, sender, a } = twoReceivers({ full });
    using object = posix.SharedMemory.openSync(one.name);
    const words = object.mapping.view(Int32Array);
    for (let i = 0; i < most; i++) sender.sendSync(numberOf(i));
    sender.sendManySync(full === 'wait' ? [] : ['12345678', 'longer than the others']);
    sender.flush();
    const depth = (): number => one.statSync().depth;
    const there = depth();
    expect(there).toBeGreaterThan(most - 10);
    a.receiveSync();
    words[at] = (words[at] ?? 0) - 1;
    expect(depth()).toBe(there - 1);
    expect(collect(a)).toHaveLength(there - 1); // around the end of the ring
    expect(depth()).toBe(0);
    for (let i = 1; i < most - 10; i++) sender.sendSync(numberOf(i));
    sender.flush();
    expect(depth()).toBe(most - 11);
  });

  test('depth of more messages than are looked at is counted', () => {
    const { one, sender, a } = twoReceivers({ capacity: 1 << 15 });
    for (let i = 0; i < 2000; i++) sender.sendSync(numberOf(i));
    sender.flush();
    a.receiveSync();
    expect(one.statSync().depth).toBe(1999);
  });

  test('the most that any of them has found waiting', () => {
    const { one, sender, a, b } = twoReceivers();
    sender.sendManySync(['12345678', '12345678', '12345678']);
    sender.flush();
    a.receiveSync();
    b.receiveSync(); // has found less
    collect(a);
    expect(one.statSync().highWater).toBe(48);
  });
});

test('closing, and being forgotten, give all roles back', async () => {
  const { one, a, b } = twoReceivers();
  const other = channel.Channel.openSync(one.name);
  one.close();
  expect([a.closed, b.closed]).toEqual([true, true]);
  expect(other.statSync()).toMatchObject({ receivers: [], receiver: undefined });
  (() => {
    const forgotten = channel.Channel.openSync(one.name);
    forgotten.receiver();
    forgotten.receiver();
  })();
  expect(other.statSync().receivers).toHaveLength(2);
  await waitUntil('both roles to be free', () => {
    collectGarbage();
    return other.statSync().receivers.length === 0;
  });
  other.close();
});
