/** Without capacity: what is sent is taken. */

import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { channel, memory } from 'posix-ipc';

import { TAIL } from '../../lib/channel/layout';
import { makeChannel, makeEnds } from '../support/channels';
import { pattern } from '../support/files';
import { startNode } from '../support/processes';
import { waitUntil } from '../support/wait-until';

const none = { capacity: 0, maxLength: 500 };

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

type Write = (words: Int32Array, index: number, ...values: number[]) => number;

afterEach(() => {
  jest.restoreAllMocks();
});

/** Whether it is settled, some turns of the event loop later. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, sleep(20, pending)])) !== pending;
}

test('a send is over when its message is taken, in order', async () => {
  const { channel: one, sender, receiver } = makeEnds(none);
  expect([one.capacity, sender.maxLength]).toEqual([0, 500]);
  const sends = [1, 2, 3].map((type) => sender.send(pattern(type * 100), { type }));
  for (let i = 0; i < 3; i++) {
    expect(await isSettled(sends[i] as Promise<void>)).toBe(false);
    const form = [
      () => receiver.receive(),
      () => receiver.receiveSync(),
      () => receiver.tryReceive(),
    ][i];
    expect(await form?.()).toEqual({ type: i + 1, data: pattern((i + 1) * 100) });
    await sends[i];
  }
  expect(receiver.tryReceive()).toBeUndefined();
  expect(one.statSync()).toMatchObject({ capacity: 0, sent: 3, received: 3, dropped: 0, depth: 0 });
});

test('a receive that waits is answered by the next send, which has not to wait', async () => {
  const { sender, receiver } = makeEnds(none);
  const waiting = receiver.receive();
  await sender.send('x', { type: 4 });
  expect(await waiting).toEqual({ type: 4, data: Buffer.from('x') });
});

test('what trySend has sent is not taken back by the next sender', async () => {
  const { channel: one, sender, receiver } = makeEnds(none);
  const waiting = receiver.receive();
  expect(sender.trySend('x', { type: 3 })).toBe(true);
  sender.close();
  const next = one.sender();
  expect(next.trySend('one is there')).toBe(false);
  expect(await waiting).toEqual({ type: 3, data: Buffer.from('x') });
  expect(one.statSync()).toMatchObject({ sent: 1, received: 1, dropped: 0 });
  const later = receiver.receive();
  await next.send('y', { type: 4 });
  expect(await later).toEqual({ type: 4, data: Buffer.from('y') });
});

test('trySend sends only if a receiver waits now, one message', async () => {
  const { sender, receiver } = makeEnds(none);
  expect(sender.trySend('nobody waits')).toBe(false);
  const first = receiver.receive();
  const second = receiver.receive();
  expect(sender.trySend('1')).toBe(true);
  expect(sender.trySend('the receiver has not taken the first one yet')).toBe(false);
  expect((await first).data.toString()).toBe('1');
  expect(sender.trySendMany(['2', 'and no other'])).toBe(1);
  expect((await second).data.toString()).toBe('2');
  expect(sender.trySend('nobody waits any more')).toBe(false);
  await expect(receiver.receive({ timeout: 1 })).rejects.toThrow(coded('ETIMEDOUT'));
  expect(() => receiver.receiveSync({ timeout: 1 })).toThrow(coded('ETIMEDOUT'));
  await expect(receiver.receive({ timeout: 0 })).rejects.toThrow(coded('ETIMEDOUT'));
  expect(sender.trySend('nor now')).toBe(false);
  void receiver.receive().catch(() => undefined);
  receiver.close();
  expect(sender.trySend('nor a closed one')).toBe(false);
});

/** Calls `then` when a receiver has said the next time that a call waits. */
function whenAwaiting(then: () => void): void {
  const store = Atomics.store.bind(Atomics) as Write;
  const spy = jest.spyOn(Atomics, 'store') as unknown as jest.SpyInstance<number>;
  spy.mockImplementation((words: Int32Array, index: number, value: number) => {
    const stored = store(words, index, value);
    if (words.length === 1 && value === 1) {
      spy.mockRestore();
      then();
    }
    return stored;
  });
}

/** Calls `then` when TAIL was moved the next time, or just before. */
function whenTaken(isBefore: boolean, then: () => void): void {
  const exchange = Atomics.compareExchange.bind(Atomics) as Write;
  const spy = jest.spyOn(Atomics, 'compareExchange') as unknown as jest.SpyInstance<number>;
  spy.mockImplementation((words: Int32Array, index: number, expected: number, becomes: number) => {
    const isNow = index === TAIL;
    if (isNow) spy.mockRestore();
    if (isNow && isBefore) then();
    const found = exchange(words, index, expected, becomes);
    if (isNow && !isBefore) then();
    return found;
  });
}

const forms: [string, (receiver: channel.Receiver) => unknown][] = [
  ['receive', (receiver) => receiver.receive({ timeout: 500 })],
  ['receiveSync', (receiver) => receiver.receiveSync({ timeout: 500 })],
];

describe.each(forms)('%s', (_name, form) => {
  test('waits no more when its message is taken', async () => {
    const { sender, receiver } = makeEnds(none);
    const said: boolean[] = [];
    whenAwaiting(() => said.push(sender.trySend('1')));
    whenTaken(false, () => said.push(sender.trySend('nobody waits any more')));
    expect(await form(receiver)).toMatchObject({ data: Buffer.from('1') });
    expect(said).toEqual([true, false]);
    expect(receiver.tryReceive()).toBeUndefined();
  });

  test('waits on when another one has taken it', async () => {
    const one = makeChannel({ ...none, receivers: 2 });
    const [sender, receiver, other] = [one.sender(), one.receiver(), one.receiver()];
    const said: unknown[] = [];
    whenAwaiting(() => said.push(sender.trySend('1')));
    whenTaken(true, () => {
      said.push(other.tryReceive()?.data.toString());
      whenAwaiting(() => said.push(sender.trySend('2')));
    });
    expect(await form(receiver)).toMatchObject({ data: Buffer.from('2') });
    expect(said).toEqual([true, '1', true]);
  });
});

test('whoever stands in line waits on when the first one has its message', async () => {
  const { sender, receiver } = makeEnds(none);
  const all = [1, 2, 3].map(() => receiver.receive());
  for (const [i, one] of all.entries()) {
    expect(sender.trySend(String(i))).toBe(true);
    expect((await one).data.toString()).toBe(String(i));
  }
  expect(sender.trySend('nobody waits')).toBe(false);
});

test('what is aborted, or too late, or closed is taken back; what is taken is sent', async () => {
  const { channel: one, sender, receiver } = makeEnds(none);
  const abort = new AbortController();
  const aborted = sender.send('1', { signal: abort.signal });
  const next = sender.send('2');
  expect(await isSettled(aborted)).toBe(false);
  abort.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  expect((await receiver.receive()).data.toString()).toBe('2');
  await next;
  await expect(sender.send('3', { timeout: 5 })).rejects.toThrow(coded('ETIMEDOUT'));
  await expect(sender.send('4', { timeout: 0 })).rejects.toThrow(coded('ETIMEDOUT'));
  expect(() => {
    sender.sendSync('5', { timeout: 5 });
  }).toThrow(coded('ETIMEDOUT'));
  expect(receiver.tryReceive()).toBeUndefined();
  const late = new AbortController();
  const taken = sender.send('6', { signal: late.signal });
  await waitUntil('the offer', () => one.statSync().depth === 1);
  expect(receiver.tryReceive()?.data.toString()).toBe('6');
  late.abort(new Error('too late'));
  await taken;
  const closed = sender.send('7');
  await waitUntil('the offer', () => one.statSync().depth === 1);
  sender.close();
  await expect(closed).rejects.toThrow(coded('ERR_CLOSED'));
  expect(receiver.tryReceive()).toBeUndefined();
  const { sent, received, dropped } = one.statSync();
  expect(sent).toBe(received + dropped);
});

test('sendMany is over when the last is taken, or tells how many were', async () => {
  const { sender, receiver } = makeEnds(none);
  const sending = sender.sendMany(['a', 'b', 'c']);
  for (const text of ['a', 'b', 'c']) {
    expect((await receiver.receive()).data.toString()).toBe(text);
  }
  expect(await sending).toBe(3);
  const abort = new AbortController();
  const part = sender.sendMany(['d', 'e'], { signal: abort.signal });
  await receiver.receive();
  abort.abort();
  expect(await part).toBe(1);
  expect(receiver.tryReceive()).toBeUndefined();
});

test('a long message fits wherever the last one ended', async () => {
  const { sender, receiver } = makeEnds(none);
  for (let i = 0; i < 300; i++) {
    const data = pattern(i % 3 === 0 ? 500 : i, i);
    const sending = sender.send(data);
    expect((await receiver.receive()).data).toEqual(data);
    await sending;
  }
  expect(() => sender.trySend(Buffer.alloc(501))).toThrow(coded('EMSGSIZE'));
});

test('nothing can be claimed, and nothing else than waiting is a policy', () => {
  const { sender } = makeEnds(none);
  expect(() => sender.tryClaim(8)).toThrow(coded('EOPNOTSUPP'));
  expect(() => makeChannel({ ...none, full: 'fail' })).toThrow(coded('ERR_OUT_OF_RANGE'));
  expect(() => makeChannel({ capacity: 0, maxLength: 0 })).toThrow(coded('ERR_OUT_OF_RANGE'));
  using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
  channel.Channel.at(mapping, 0, { create: true, ...none });
  const words = mapping.view(Int32Array);
  for (const [word, value, before] of [
    [4, 100_000, 500],
    [3, 3, 0], // the oldest are dropped
    [5, 2, 0], // senders
  ] as const) {
    words[word] = value;
    expect(() => channel.Channel.at(mapping)).toThrow(coded('EBADMSG'));
    words[word] = before;
  }
  expect(channel.Channel.at(mapping).capacity).toBe(0);
});

test('streams: each chunk is taken before the next is written', async () => {
  const { sender, receiver } = makeEnds(none);
  const data = pattern(5000);
  const writable = sender.writable();
  writable.end(data);
  const chunks: Buffer[] = [];
  for await (const chunk of receiver.readable()) chunks.push(chunk as Buffer);
  await finished(writable);
  expect(Buffer.concat(chunks)).toEqual(data);
});

describe('between processes', () => {
  test.each(['promise', 'sync'])('every message once and in order: %s', async (form) => {
    const one = makeChannel(none);
    const peers = ['receive', 'send'].map((does) =>
      startNode('channel-peer', [one.name, does, '3000', form]),
    );
    for (const peer of peers) expect(await peer.success()).toContain('done');
    expect(one.statSync()).toMatchObject({ sent: 3000, received: 3000, dropped: 0 });
  });

  test('a killed receiver waits no more; what a killed sender offered, the next one takes back', async () => {
    const one = makeChannel(none);
    const receiving = startNode('channel-peer', [one.name, 'receive', '9', 'promise']);
    expect(await receiving.line()).toBe('ready');
    const sender = one.sender();
    await waitUntil('it waits', () => one.statSync().receiverSleeps);
    receiving.kill('SIGKILL');
    await receiving.ended;
    expect(sender.trySend('nobody waits')).toBe(false);
    sender.close();
    const sending = startNode('channel-peer', [one.name, 'send', '9', 'promise']);
    await waitUntil('the offer', () => one.statSync().depth === 1);
    sending.kill('SIGKILL');
    await sending.ended;
    one.sender().close();
    expect(one.receiver().tryReceive()).toBeUndefined();
  });
});
