/** Messages and requests between two ends. */

import { constants } from 'node:buffer';

import { channel } from 'posix-ipc';

import { native } from '../../lib/native';

import { coded, meetBoth } from '../support/directs';
import { oddByte } from '../support/odd-data';
import { testIf } from '../support/machine';
import { waitUntil } from '../support/wait-until';

test('messages in both directions, with their types', async () => {
  const [one, other] = await meetBoth();
  await one.send('a', { type: 7 });
  other.sendSync('b', { type: 8 });
  expect(one.trySend('c')).toBe(true);
  expect(await other.receive()).toEqual({ type: 7, data: Buffer.from('a') });
  expect(one.receiveSync()).toEqual({ type: 8, data: Buffer.from('b') });
  expect(other.tryReceive()?.data.toString()).toBe('c');
  expect(other.tryReceive()).toBeUndefined();
});

test('the ends of its messages have all their forms', async () => {
  const [one, other] = await meetBoth({ codec: 'json' });
  one.sender.sendValueSync({ a: 1 });
  expect(await other.receiver.receiveValue()).toEqual({ type: 0, value: { a: 1 } });
});

test('a wait for a message ends by timeout, signal and close', async () => {
  const [one, other] = await meetBoth();
  await expect(one.receive({ timeout: 5 })).rejects.toThrow(coded('ETIMEDOUT'));
  expect(() => one.receiveSync({ timeout: 150 })).toThrow(coded('ETIMEDOUT'));
  const aborting = new AbortController();
  const aborted = one.receive({ signal: aborting.signal });
  aborting.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  const closed = one.receive();
  one.close();
  await expect(closed).rejects.toThrow(coded('ERR_CLOSED'));
  await expect(one.receive()).rejects.toThrow(coded('ERR_CLOSED'));
  await expect(other.receive()).rejects.toThrow(coded('EPIPE'));
});

test('a message waits for room, until its timeout', async () => {
  const [one, other] = await meetBoth({ capacity: 1024 });
  const data = Buffer.alloc(600, 'x');
  await one.send(data);
  await expect(one.send(data, { timeout: 5 })).rejects.toThrow(coded('ETIMEDOUT'));
  expect(() => {
    one.sendSync(data, { timeout: 150 });
  }).toThrow(coded('ETIMEDOUT'));
  const waiting = one.send(data);
  expect((await other.receive()).data).toEqual(data);
  await waiting;
});

test('requests are answered, in both directions, by promises or at once', async () => {
  const [one, other] = await meetBoth();
  one.onRequest(({ type, data }) => `${String(type)} ${data.toString()}`);
  other.onRequest(async ({ data }) => {
    await Promise.resolve();
    return data.reverse();
  });
  expect((await one.request('abc')).toString()).toBe('cba');
  expect((await other.request('abc', { type: 5 })).toString()).toBe('5 abc');
  expect(await one.request('')).toEqual(Buffer.alloc(0));
});

test('a handler may ask in its turn', async () => {
  const [one, other] = await meetBoth();
  one.onRequest(({ data }) => data);
  other.onRequest(async ({ data }) => Buffer.concat([await other.request('<'), data]));
  expect((await one.request('x')).toString()).toBe('<x');
});

test('a request that has to wait goes as its bytes, whatever it says that its value is', async () => {
  const [one, other] = await meetBoth({ window: 1 });
  other.onRequest(({ data }) => data);
  const replies = await Promise.all([one.request('x'), one.request(oddByte(1))]);
  expect(replies.map((reply) => [...reply])).toEqual([[120], [1]]);
});

test('requests that come before a handler wait for it', async () => {
  const [one, other] = await meetBoth();
  const early = one.request('a');
  await expect(one.request('b', { timeout: 20 })).rejects.toThrow(coded('ETIMEDOUT'));
  one.onRequest(() => '');
  await other.request(''); // the cancellation came before this reply
  const seen: string[] = [];
  other.onRequest(({ data }) => {
    seen.push(data.toString());
    return 'late';
  });
  expect((await early).toString()).toBe('late');
  expect(seen).toEqual(['a']);
});

testIf(constants.MAX_LENGTH < 4 * 2 ** 30 + 3136, 'buffers may be that long')(
  'rings that do not fit into a buffer are refused by the name of the option',
  async () => {
    const meeting = channel.direct('rings', { capacity: 2 ** 30, timeout: 0 });
    await expect(meeting).rejects.toThrow(/"options.capacity" is out of range.* into a buffer/);
  },
);

test('what a handler throws is a RemoteError, with its message and code, and no stack of there', async () => {
  const [one, other] = await meetBoth();
  const thrown: Record<string, unknown> = {
    coded: Object.assign(new Error('no such thing: é'), { code: 'ENOENT' }),
    plain: new TypeError('wrong'),
    text: 'just text',
    nothing: undefined,
    symbol: Symbol('odd'),
    odd: {
      get message(): string {
        throw new Error('again');
      },
    },
    long: new Error('é'.repeat(5000)),
  };
  other.onRequest(({ data }) => {
    throw thrown[data.toString()];
  });
  const ask = (what: string): Promise<unknown> =>
    one.request(what).then(String, (error: unknown) => error);
  const first = (await ask('coded')) as channel.RemoteError;
  expect(first).toBeInstanceOf(channel.RemoteError);
  expect(first).toMatchObject({ name: 'RemoteError', code: 'ENOENT', message: 'no such thing: é' });
  expect(first.stack).toContain('direct.test');
  expect(first.stack).not.toContain('answers');
  expect(await ask('plain')).toMatchObject({ code: 'ERR_REMOTE', message: 'wrong' });
  expect(await ask('text')).toMatchObject({ code: 'ERR_REMOTE', message: 'just text' });
  expect(await ask('nothing')).toMatchObject({ message: 'undefined was thrown' });
  expect(await ask('symbol')).toMatchObject({ message: 'Symbol(odd) was thrown' });
  expect(await ask('odd')).toMatchObject({
    code: 'ERR_REMOTE',
    message: 'what was thrown has no message',
  });
  expect(await ask('long')).toMatchObject({ message: 'é'.repeat(200) });
});

test('a reply that is none, or too long, is an error of who asks', async () => {
  const [one, other] = await meetBoth({ capacity: 1024 });
  other.onRequest(({ type }) => (type === 0 ? Buffer.alloc(1009) : (42 as unknown as string)));
  await expect(one.request('')).rejects.toThrow(coded('EMSGSIZE'));
  await expect(one.request('', { type: 1 })).rejects.toThrow(coded('ERR_INVALID_ARG_TYPE'));
  other.onRequest(() => Buffer.alloc(1008, 'x'));
  expect(await one.request(Buffer.alloc(1008))).toEqual(Buffer.alloc(1008, 'x'));
  await expect(one.request(Buffer.alloc(1009))).rejects.toThrow(coded('EMSGSIZE'));
});

test('values, by the codec', async () => {
  const [one, other] = await meetBoth();
  other.onRequestValue(({ type, value, signal }) => ({ type, value, aborted: signal.aborted }));
  const value = new Map([['a', 1n]]);
  const expected = { type: 3, value, aborted: false };
  expect(await one.requestValue(value, { type: 3 })).toEqual(expected);
  await expect(one.requestValue(() => 1)).rejects.toThrow(coded('ERR_INVALID_ARG_TYPE'));
});

test('a request that is aborted, or late, cancels its handler; its late reply is dropped', async () => {
  const [one, other] = await meetBoth({ window: 2 });
  const reasons: unknown[] = [];
  const answers: (() => void)[] = [];
  other.onRequest(
    ({ signal, data }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        answers.push(() => {
          resolve(data);
        });
      }),
  );
  const aborting = new AbortController();
  const aborted = one.request('a', { signal: aborting.signal });
  await expect(one.request('b', { timeout: 20 })).rejects.toThrow(coded('ETIMEDOUT'));
  aborting.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  // Both keep their places in the window until their handlers have ended.
  const third = one.request('c');
  await expect(one.request('d', { timeout: 20 })).rejects.toThrow(coded('ETIMEDOUT'));
  await waitUntil('both are cancelled', () => reasons.length === 2);
  expect(reasons).toEqual([coded('ECANCELED'), coded('ECANCELED')]);
  expect(answers).toHaveLength(2);
  for (const answer of answers) answer();
  other.onRequest(({ data, signal }) => `${data.toString()} ${String(signal.aborted)}`);
  expect((await third).toString()).toBe('c false');
  await expect(one.request('e', { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
});

test('10,000 requests in flight, answered in random order', async () => {
  const count = 10_000;
  const [one, other] = await meetBoth({ window: count });
  const waiting: [data: Buffer, resolve: (reply: Buffer) => void][] = [];
  const answerAll = (): void => {
    for (let left = waiting.length; left > 0; left--) {
      const [[data, resolve] = []] = waiting.splice(Math.floor(Math.random() * left), 1);
      if (data !== undefined) resolve?.(data);
    }
  };
  other.onRequest(
    ({ data }) =>
      new Promise((resolve) => {
        waiting.push([data, resolve]);
        if (waiting.length === count) answerAll();
      }),
  );
  const asked = Array.from({ length: count }, (_, i) => one.request(`request ${String(i)}`));
  const replies = await Promise.all(asked);
  expect(replies.map(String)).toEqual(replies.map((_, i) => `request ${String(i)}`));
});

test('no more requests than the window are unanswered, however many are made', async () => {
  const [one, other] = await meetBoth({ window: 3, capacity: 1024 });
  let running = 0;
  let most = 0;
  other.onRequest(async ({ data }) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    return data;
  });
  const data = Buffer.alloc(500);
  const all = Array.from({ length: 100 }, (_, i) => {
    data.writeInt32LE(i);
    return one.request(data); // it may be changed at once
  });
  const replies = await Promise.all(all);
  expect(replies.map((reply) => reply.readInt32LE())).toEqual(replies.map((_, i) => i));
  expect(most).toBe(3);
});

test('a request that comes as soon as a reply has found room is one of the window', async () => {
  const ends = await meetBoth({ window: 1, capacity: 1024 });
  for (const end of ends) end.onRequest(({ data }) => data.subarray(0, 100));
  await new Promise(setImmediate);
  const seen = { isOver: false };
  process.nextTick(() => {
    seen.isOver = true;
  });
  for (let round = 0; round < 8; round++) {
    const asked = ends.map((end, i) => end.request('x'.repeat(200 + 700 * i)));
    let replies: Buffer[] | undefined;
    let failure: unknown;
    Promise.all(asked).then(
      (all) => (replies = all),
      (error: unknown) => (failure = error),
    );
    while (replies === undefined && failure === undefined && !seen.isOver) {
      for (const end of [...ends].reverse()) {
        expect(() => {
          end.endedSync({ timeout: 0 }); // takes what has come
        }).toThrow(coded('ETIMEDOUT'));
        for (let i = 0; i < 20; i++) await Promise.resolve();
      }
    }
    expect(failure).toBeUndefined();
    expect(replies?.map(String)).toEqual(asked.map(() => 'x'.repeat(100)));
  }
  expect(seen.isOver).toBe(false); // all that in one tick
});

test('two ends that flood each other, with rings that hold next to nothing', async () => {
  const ends = await meetBoth({ capacity: 1024, window: 500 });
  for (const end of ends) end.onRequest(({ data }) => Buffer.concat([data, data]));
  const data = Buffer.alloc(400, 'x');
  const all = ends.flatMap((end) => Array.from({ length: 2000 }, () => end.request(data)));
  const replies = await Promise.all(all);
  expect(replies.filter((reply) => reply.length !== 800)).toEqual([]);
});

test('what waits for room is looked at when there is some, not by each request and cancellation that comes', async () => {
  const [one, other] = await meetBoth({ capacity: 1024, window: 4000 });
  const begun = jest.spyOn(native, 'futexWaitStart');
  const leaving = new AbortController();
  const all = Promise.allSettled(
    Array.from({ length: 2000 }, () => one.request('x', { signal: leaving.signal })),
  );
  leaving.abort(new Error('enough'));
  const before = begun.mock.calls.length;
  begun.mockRestore();
  expect(before).toBeLessThan(20);
  for (const { status } of await all) expect(status).toBe('rejected');
  other.onRequest(({ data }) => data);
  expect((await one.request('y')).toString()).toBe('y');
});

test('a flood of requests lets timers run', async () => {
  const [one, other] = await meetBoth();
  other.onRequest(({ data }) => data);
  let turns = 0;
  let over = false;
  const turn = (): void => {
    turns++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 50 }, () => one.request('x')));
  }
  over = true;
  // 10,000 frames; between two turns at most 1,024 and one batch of 64 are taken.
  expect(turns).toBeGreaterThan(8);
});
