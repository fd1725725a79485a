/** How two ends meet, and how they part. */

import { channel, event, posix } from 'posix-ipc';

import { coded, directName, isNamed, meet, meetBoth } from '../support/directs';
import { waitUntil } from '../support/wait-until';

test('two meet at a name, a third is refused, and the name goes when one leaves', async () => {
  const name = directName();
  const waiting = meet(name, { capacity: 2048, window: 5, mode: 0o640 });
  const other = await meet(name, { capacity: 4096 });
  const one = await waiting;
  for (const end of [one, other]) {
    expect(end).toMatchObject({ name, capacity: 2048, window: 5, peer: { pid: process.pid } });
    expect(end.peer?.since).toBeInstanceOf(Date);
  }
  using object = posix.SharedMemory.openSync(name);
  expect(object.statSync().mode & 0o777).toBe(0o640);
  await expect(channel.direct(name)).rejects.toThrow(/EBUSY.*two processes have met there/);
  expect(() => channel.directSync(name)).toThrow(coded('EBUSY'));
  other.close();
  expect(isNamed(name)).toBe(false);
  const next = await Promise.all([meet(name), meet(name)]); // at once
  next[0].close(); // the first one
  await next[1].ended();
  await waitUntil('the name is removed', () => !isNamed(name));
});

test('the one who comes second need not wait: directSync', async () => {
  const name = directName();
  const waiting = meet(name);
  const other = channel.directSync(name);
  const one = await waiting;
  one.sendSync('x');
  expect(other.receiveSync().data.toString()).toBe('x');
  other.close();
});

test('who waits alone may give up, and leaves nothing', async () => {
  const name = directName();
  await expect(channel.direct(name, { timeout: 10 })).rejects.toThrow(coded('ETIMEDOUT'));
  expect(() => channel.directSync(name, { timeout: 120 })).toThrow(coded('ETIMEDOUT'));
  const aborting = new AbortController();
  const aborted = channel.direct(name, { signal: aborting.signal });
  expect(isNamed(name)).toBe(true);
  aborting.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  expect(isNamed(name)).toBe(false);
});

test('by pid: this process with itself, once and once more', async () => {
  const ends = await Promise.all([1, 2, 3, 4].map(() => meet(process.pid)));
  const names = new Set(ends.map((end) => end.name));
  expect(names.size).toBe(1); // two objects: the name is removed when two have met
  expect(isNamed([...names].join())).toBe(false);
  ends[0]?.sendSync('for 1');
  ends[2]?.sendSync('for 3');
  expect(ends[1]?.receiveSync().data.toString()).toBe('for 1');
  expect(ends[3]?.receiveSync().data.toString()).toBe('for 3');
});

test('a process that does not exist is ESRCH', async () => {
  await expect(channel.direct(2 ** 31 - 1)).rejects.toThrow(coded('ESRCH'));
  expect(() => channel.directSync(2 ** 31 - 1)).toThrow(coded('ESRCH'));
});

test('what is refused', async () => {
  const name = directName();
  const refused: [channel.DirectOptions, string][] = [
    [{ capacity: 1000 }, 'ERR_OUT_OF_RANGE'],
    [{ window: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ mode: 0o1000 }, 'ERR_OUT_OF_RANGE'],
    [{ codec: 'xml' as 'json' }, 'ERR_OUT_OF_RANGE'],
    [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'],
  ];
  for (const [options, code] of refused) {
    await expect(channel.direct(name, options)).rejects.toThrow(coded(code));
  }
  await expect(channel.direct('a/b')).rejects.toThrow(coded('ERR_OUT_OF_RANGE'));
  await expect(channel.direct(0)).rejects.toThrow(coded('ERR_OUT_OF_RANGE'));
  await expect(channel.direct({} as string)).rejects.toThrow(coded('ERR_INVALID_ARG_TYPE'));
  expect(isNamed(name)).toBe(false);
});

test('at the name of something else it is EINVAL', async () => {
  using other = channel.Channel.createSync(undefined, { capacity: 1 << 14 });
  using small = posix.SharedMemory.createSync(undefined, { size: 100 });
  await expect(channel.direct(other.name)).rejects.toThrow(coded('EINVAL'));
  await expect(channel.direct(small.name)).rejects.toThrow(coded('EINVAL'));
  other.unlinkSync();
  small.unlinkSync();
});

test.each([
  ['layout', 1, 2, 'EPROTO'],
  ['capacity', 2, 1 << 20, 'EBADMSG'],
  ['capacity that is no power of two', 2, 2050, 'EBADMSG'],
  ['window', 3, 0, 'EBADMSG'],
] as const)('with another %s it is refused', async (_what, word, value, code) => {
  const name = directName();
  const aborting = new AbortController();
  const waiting = channel.direct(name, { capacity: 4096, signal: aborting.signal });
  using object = posix.SharedMemory.openSync(name);
  const words = object.attachSync({ access: 'write' }).view(Int32Array);
  const right = words[word] ?? 0;
  words[word] = value;
  await expect(channel.direct(name)).rejects.toThrow(coded(code));
  words[word] = right;
  aborting.abort();
  await expect(waiting).rejects.toThrow('aborted');
  expect(isNamed(name)).toBe(false);
});

test('close ends what is pending here, and there', async () => {
  const [one, other] = await meetBoth({ capacity: 1024 });
  let handled: AbortSignal | undefined;
  other.onRequest(({ signal }) => {
    handled = signal;
    return new Promise(() => undefined);
  });
  const code = (call: Promise<unknown>): Promise<unknown> =>
    call.catch((error: unknown) => (error as NodeJS.ErrnoException).code);
  const here = [code(one.request('a')), code(one.ended())];
  const data = Buffer.alloc(600);
  other.sendSync(data); // there is no room for another one
  const there = [code(other.receive()), code(other.request('b')), code(other.send(data))];
  const iterated = other.messages().next();
  const ended = other.ended();
  await waitUntil('a handler', () => handled !== undefined);
  one.close();
  expect(await Promise.all(here)).toEqual(here.map(() => 'ERR_CLOSED'));
  expect(await Promise.all(there)).toEqual(there.map(() => 'EPIPE'));
  expect(await iterated).toEqual({ value: undefined, done: true });
  await ended;
  expect(handled?.aborted).toBe(true);
  expect(handled?.reason).toEqual(coded('EPIPE'));
});

test.each([0, 1])(
  'end %d may be closed by who is told that the other one is gone',
  async (side) => {
    const ends = await meetBoth();
    const [one, other] = [ends[side] as channel.Direct, ends[1 - side] as channel.Direct];
    let [asks, told] = [false, false];
    one.onRequest(({ signal }) => {
      asks = true;
      signal.addEventListener('abort', () => {
        told = true;
        one.close();
      });
      return new Promise(() => undefined);
    });
    const asked = other.request('x').catch(() => undefined);
    await waitUntil('the handler', () => asks);
    await expect(one.ended({ timeout: 5 })).rejects.toThrow(coded('ETIMEDOUT'));
    const ended = one.ended();
    other.close();
    await ended;
    await asked;
    expect(told).toBe(true);
    expect(one.closed).toBe(true);
    await new Promise(setImmediate); // what nobody handles fails the test
  },
);

test('when the other end was closed all forms say so, after what it had sent', async () => {
  const [one, other] = await meetBoth();
  for (const data of ['a', 'b', 'c', 'd']) one.sendSync(data);
  expect(other.tryEnded()).toBe(false);
  await expect(other.ended({ timeout: 5 })).rejects.toThrow(coded('ETIMEDOUT'));
  expect(() => {
    other.endedSync({ timeout: 5 });
  }).toThrow(coded('ETIMEDOUT'));
  one.close();
  other.endedSync();
  await other.ended();
  expect(other.tryEnded()).toBe(true);
  expect(other.tryReceive()?.data.toString()).toBe('a');
  expect(other.receiveSync().data.toString()).toBe('b');
  expect((await other.receive()).data.toString()).toBe('c');
  const rest: string[] = [];
  for await (const { data } of other) rest.push(data.toString());
  expect(rest).toEqual(['d']);
  expect(() => other.tryReceive()).toThrow(coded('EPIPE'));
  expect(() => other.receiveSync()).toThrow(coded('EPIPE'));
  await expect(other.receive()).rejects.toThrow(coded('EPIPE'));
  await expect(other.send('x')).rejects.toThrow(coded('EPIPE'));
  await expect(other.request('x')).rejects.toThrow(coded('EPIPE'));
  expect(() => {
    other.sendSync('x');
  }).toThrow(coded('EPIPE'));
  expect(() => other.trySend('x')).toThrow(coded('EPIPE'));
  expect(() => other.requestSync('x')).toThrow(coded('EPIPE'));
});

test('replies that were sent before the other end was closed arrive', async () => {
  const [one, other] = await meetBoth();
  other.onRequest(({ data }) => data);
  const asked = Array.from({ length: 200 }, (_, i) => one.request(String(i)));
  await asked[199];
  other.close();
  expect((await Promise.all(asked)).map(String)).toEqual(asked.map((_, i) => String(i)));
});

test('closed, all forms are ERR_CLOSED, and loops end', async () => {
  const [one] = await meetBoth();
  one.close();
  one.close();
  expect(one.closed).toBe(true);
  for (const call of [
    () => one.send('x'),
    () => one.receive(),
    () => one.request('x'),
    () => one.requestValue('x'),
    () => one.ended(),
  ]) {
    await expect(call()).rejects.toThrow(coded('ERR_CLOSED'));
  }
  for (const call of [
    () => one.trySend('x'),
    () => one.tryReceive(),
    () => one.requestSync('x'),
    () => one.requestValueSync('x'),
    () => one.receiveSync(),
    () => one.tryEnded(),
    () => one.onRequest(() => ''),
    () => one.onRequestValue(() => ''),
    () => {
      one.sendSync('x');
    },
    () => {
      one.endedSync();
    },
  ]) {
    expect(call).toThrow(coded('ERR_CLOSED'));
  }
  expect(await one.messages().next()).toEqual({ value: undefined, done: true });
});

/** Puts a frame into the calls of an end, as anybody might who may write there. */
function put(one: channel.Direct, kind: number, id: number, length = 8): void {
  using object = posix.SharedMemory.openSync(one.name);
  using mapping = object.attachSync({ access: 'write' });
  const ring = 768 + one.capacity;
  const calls = 64 + 2 * ring;
  const words = mapping.view(Int32Array, calls);
  const head = words[64] ?? 0;
  words.set([length, 0, id, kind], (768 + head) / 4);
  Atomics.store(words, 64, head + 8 + length);
  Atomics.store(words, 128, 0);
  new event.Futex(mapping, calls + 4 * 128).wake();
}

test.each([
  ['a frame of no kind', 5, 1, 8],
  ['a frame without a header', 1, 1, 0],
  ['a second greeting', 0, 0, 8],
])('%s is EBADMSG, and ends it', async (_what, kind, id, length) => {
  const [one, other] = await meetBoth();
  const asked = other.request('x');
  put(one, kind, id, length);
  await expect(asked).rejects.toThrow(coded('EBADMSG'));
  await other.ended();
  expect(() => other.trySend('x')).toThrow(coded('EBADMSG'));
});

test('a reply of nothing that was asked is dropped; one request twice is EBADMSG', async () => {
  const [one, other] = await meetBoth();
  one.onRequest(() => new Promise(() => undefined));
  put(one, 2, 77);
  put(one, 4, 77);
  put(one, 1, 77);
  const asked = other.request('x');
  await expect(other.ended({ timeout: 20 })).rejects.toThrow(coded('ETIMEDOUT'));
  put(one, 1, 77);
  await expect(asked).rejects.toThrow(coded('EBADMSG'));
});
