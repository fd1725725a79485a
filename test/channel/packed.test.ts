/** Values by the codec `packed`: docs/packed.md. */

import { deepStrictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { channel } from 'posix-ipc';

import { Packed } from '../../lib/channel/packed/packed';
import { Seeded } from '../campaigns/seeded';
import { makeEnds } from '../support/channels';
import { meetBoth } from '../support/directs';
import { anyValue } from '../support/packed-values';

/** So often at least before code is made that makes an object. */
const many = 200;

const refused = expect.objectContaining({
  code: 'ERR_INVALID_ARG_TYPE',
  cause: expect.any(TypeError) as TypeError,
}) as Error;

const there = new Packed();
const here = new Packed();

function cross(value: unknown): unknown {
  return here.decode(there.encode(value));
}

/** As Node compares: Jest goes by `constructor`, which is a key here. */
function expectCrossing(value: unknown): void {
  deepStrictEqual(cross(value), value);
}

const scalars = [
  ...[0, -0, 1, 127, 128, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 0.1, -1e300, 5e-324],
  ...[NaN, Infinity, -Infinity, true, false, null, undefined],
  ...[
    0n,
    -1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 63n,
    -(2n ** 63n) - 1n,
    2n ** 64n,
    -(16n ** 99n),
  ],
  ...['', 'a', 'é\xff\0', 'x'.repeat(63), 'x'.repeat(64), 'ÿ'.repeat(5000), 'Ā', '€'.repeat(70)],
  ...['\ud800', 'a\udfff€', '👍', '__proto__', 'x'.repeat(62) + '€'],
  ...[new Date(0), new Date(-1.5e12)],
];

test.each(scalars)('%p arrives, alone and in others', (value) => {
  expectCrossing(value);
  expectCrossing([value, value]);
  expectCrossing({ a: value, b: [value, { c: value }], d: 'end' });
});

test.each([0, 1, 31, 32, 255, 1000])('%d values in an array, and fields in an object', (count) => {
  const array = Array.from({ length: count }, (_, i) => i * 1000);
  expect(cross(array)).toStrictEqual(array);
  const object = Object.fromEntries(array.map((i) => [`k${String(i)}`, i]));
  expect(cross(object)).toStrictEqual(object);
});

test('an invalid date stays so', () => {
  expect((cross(new Date(NaN)) as Date).getTime()).toBeNaN();
});

test('bytes are copies: a Uint8Array, or a Buffer', () => {
  const all = Uint8Array.from({ length: 300 }, (_, i) => i);
  for (const bytes of [
    all,
    all.subarray(3, 5),
    new Uint8Array(0),
    Buffer.from(all),
    Buffer.alloc(0),
  ]) {
    const { bytes: own, last } = cross({ bytes, last: 1 }) as { bytes: Uint8Array; last: number };
    expect(own).toStrictEqual(bytes);
    expect(Buffer.isBuffer(own)).toBe(Buffer.isBuffer(bytes));
    expect(last).toBe(1);
  }
  const data = there.encode(all);
  const own = here.decode(data) as Uint8Array;
  data.fill(0);
  expect(own).toStrictEqual(all);
});

test('any values, of many kinds in turn', () => {
  const seeded = new Seeded(1);
  for (let i = 0; i < 3000; i++) {
    expectCrossing(anyValue(seeded, 4));
  }
});

// ---- what has no bytes

class Point {
  x = 1;
}

function likePlain(): object {
  function Old(this: { x: number }): void {
    this.x = 1;
  }
  Old.prototype = { method: () => 1 };
  return new (Old as unknown as new () => object)();
}

const odd: [string, () => unknown][] = [
  ['a function', () => String],
  ['a symbol', () => Symbol.iterator],
  ['an instance', () => new Point()],
  ['an instance whose constructor says Object', likePlain],
  ['a Map', () => new Map([[1, 2]])],
  ['a Set', () => new Set([1])],
  ['an Error', () => new Error('x')],
  ['a RegExp', () => /x/],
  ['another typed array', () => new Float64Array(2)],
  ['an ArrayBuffer', () => new ArrayBuffer(8)],
  ['a boxed number', () => new Number(1)],
  ['a promise', () => Promise.resolve()],
  [
    'a cycle',
    () => {
      const object: { self?: unknown } = {};
      object.self = object;
      return object;
    },
  ],
  [
    'a cycle of arrays, which would be without end',
    () => {
      const array: unknown[] = [];
      array.push(array, array);
      return array;
    },
  ],
];

test.each(odd)('%s is refused, and nothing of it is kept', (_, make) => {
  expect(() => there.encode(make())).toThrow(refused);
  expect(() => there.encode({ a: [{ b: make() }] })).toThrow(refused);
  expect(cross({ a: 1, b: { a: 2 } })).toStrictEqual({ a: 1, b: { a: 2 } });
});

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}

test('256 deep, and no deeper', () => {
  expect(cross(nested(256))).toStrictEqual(nested(256));
  expect(() => there.encode(nested(257))).toThrow(refused);
});

test('what a getter throws is the cause', () => {
  const cause = new Error('mine');
  const value = {
    get a(): number {
      throw cause;
    },
  };
  expect(() => there.encode(value)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE', cause }) as Error,
  );
});

test('a getter may send, too', () => {
  const { sender, receiver } = makeEnds({ codec: 'packed' });
  const value = {
    before: [1, 'one'],
    get inner(): boolean {
      return sender.trySendValue({ other: 'inner', keys: 2 });
    },
    after: { x: 1 },
  };
  expect(sender.trySendValue(value)).toBe(true);
  expect(receiver.tryReceiveValue()?.value).toStrictEqual({ other: 'inner', keys: 2 });
  expect(receiver.tryReceiveValue()?.value).toStrictEqual({
    before: [1, 'one'],
    inner: true,
    after: { x: 1 },
  });
});

test('a getter of the options may send, too', async () => {
  const { sender, receiver } = makeEnds({ codec: 'packed' });
  const ways: ((value: unknown, options: channel.TypeOption) => unknown)[] = [
    (value, options) => sender.sendValue(value, options),
    (value, options) => {
      sender.sendValueSync(value, options);
    },
    (value, options) => sender.trySendValue(value, options),
  ];
  const value = { before: 'the one that is sent', keys: 2 };
  for (const send of ways) {
    const options = {
      get type(): number {
        sender.trySendValue({ other: 'inner' });
        return 5;
      },
    };
    await send(value, options);
    const values = [receiver.receiveValueSync(), receiver.receiveValueSync()];
    while (values.at(-1)?.type !== 5) values.push(receiver.receiveValueSync());
    expect(values[0]).toStrictEqual({ type: 0, value: { other: 'inner' } });
    expect(values.at(-1)).toStrictEqual({ type: 5, value });
  }
});

test.each([-1, 2.5, '3', NaN, 2 ** 32 + 2])('an array that says its length is %p', (length) => {
  const array = new Proxy([1, 2, 3, 4], {
    get: (target, key) => (key === 'length' ? length : (Reflect.get(target, key) as unknown)),
  });
  const { sender, receiver } = makeEnds({ codec: 'packed', capacity: 1 << 14 });
  const isTooLong = length === -1;
  if (isTooLong) {
    expect(() => sender.trySendValue(array)).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }) as Error,
    );
  } else {
    sender.sendValueSync(array);
    const value = receiver.receiveValueSync().value as unknown[];
    expect([1, 2, 3, 4].slice(0, value.length)).toStrictEqual(value);
  }
});

// ---- in messages

test('a value that is longer than a message may be is EMSGSIZE, before it is made', () => {
  const { sender, receiver } = makeEnds({ codec: 'packed', capacity: 1 << 14 });
  const most = sender.maxLength - 16;
  sender.sendValueSync('x'.repeat(most));
  expect(receiver.tryReceiveValue()?.value).toHaveLength(most);
  const shared = (depth: number): unknown => {
    let value: unknown = 1;
    for (let i = 0; i < depth; i++) value = [value, value];
    return value;
  };
  const tooLong = [
    'x'.repeat(most + 8),
    '€'.repeat(most),
    Buffer.alloc(most + 8),
    new Array(2 ** 30),
    16n ** 40_000n,
    shared(200),
    Array.from({ length: 5000 }, (_, i) => ({ [`k${String(i)}`]: 1 })),
  ];
  for (const value of tooLong) {
    expect(() => sender.trySendValue(value)).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }) as Error,
    );
  }
  expect(receiver.tryReceiveValue()).toBeUndefined();
});

test.each([
  {},
  { senders: 2 },
  { receivers: 2 },
  { full: 'drop-oldest' },
  { capacity: 'unbounded' },
  { capacity: 0 },
] satisfies channel.ChannelOptions[])('through a channel with %j', async (options) => {
  const { sender, receiver } = makeEnds({ codec: 'packed', ...options });
  for (let i = 0; i < 100; i++) {
    const value = {
      id: i,
      name: `n${String(i)}`,
      list: [{ x: 1.5 }, { y: i }],
      big: 'x'.repeat(i * 7),
    };
    const waiting = receiver.receiveValue();
    await sender.sendValue(value, { type: i });
    expect(await waiting).toStrictEqual({ type: i, value });
  }
});

test('what waits for room, and what waits to be received, is not overwritten by the next', async () => {
  const { sender, receiver } = makeEnds({ codec: 'packed', capacity: 1024 });
  const values = Array.from({ length: 60 }, (_, i) => ({ i, text: String(i).repeat(20) }));
  const sent = values.map((value) => sender.sendValue(value));
  for (const value of values) expect((await receiver.receiveValue()).value).toStrictEqual(value);
  await Promise.all(sent);
});

test('requests in flight, each with its own bytes', async () => {
  const [one, other] = await meetBoth({ codec: 'packed', window: 2 });
  other.onRequestValue(({ value }) => ({ answer: value }));
  const asked = Array.from({ length: 20 }, (_, i) => ({ i, text: 'x'.repeat(i) }));
  const replies = await Promise.all(asked.map((value) => one.requestValue(value)));
  expect(replies).toStrictEqual(asked.map((answer) => ({ answer })));
});

// ---- without code that is made

test('where no code may be made it does without', () => {
  const program = `
    const { channel } = require('posix-ipc');
    const one = channel.Channel.createSync(undefined, { codec: 'packed' });
    one.unlinkSync();
    const [sender, receiver] = [one.sender(), one.receiver()];
    for (let i = 0; i < ${String(many)}; i++) {
      sender.sendValueSync({ i, ['__proto__']: { a: 1 }, last: 'x' });
      console.log(JSON.stringify(receiver.receiveValueSync().value));
    }`;
  const options = { encoding: 'utf8', cwd: path.resolve(__dirname, '../..') } as const;
  const flags = ['--disallow-code-generation-from-strings', '-e', program];
  const lines = execFileSync(process.execPath, flags, options).trim().split('\n');
  expect(lines).toEqual(
    Array.from({ length: many }, (_, i) => `{"i":${String(i)},"__proto__":{"a":1},"last":"x"}`),
  );
});

// ---- for others

test('the program of the documentation reads them', () => {
  const docs = readFileSync(path.resolve(__dirname, '../../docs/packed.md'), 'utf8');
  const program = /```python\n(.*?)```/s.exec(docs)?.[1] ?? '';
  const value = {
    scalars: [1, -5, 300, 0.5, true, false, null, undefined, 2n ** 40n, -(2n ** 70n)],
    texts: ['', 'é', 'x'.repeat(100), '€uro'],
    bytes: [Uint8Array.of(1, 2), Buffer.from('b')],
    date: new Date(1234),
    objects: Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? { a: i } : { b: { a: i } })),
  };
  const main = `
import sys
print(json.dumps(unpack(sys.stdin.buffer.read()), default=list))`;
  const input = there.encode(value);
  const output = execFileSync('python3', ['-c', program + main], { input, encoding: 'utf8' });
  expect(output.replace('-1180591620717411303424', '"big"')).toContain('"big"');
  const numbers = { ...value, date: 1234, bytes: [[1, 2], [98]] };
  const { scalars, ...rest } = JSON.parse(output) as typeof value;
  expect(rest).toEqual({
    texts: value.texts,
    bytes: numbers.bytes,
    date: 1234,
    objects: value.objects,
  });
  expect(scalars.slice(0, 9)).toEqual([1, -5, 300, 0.5, true, false, null, null, 2 ** 40]);
});
