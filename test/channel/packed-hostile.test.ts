/** Packed values that anybody has written: some value, or EBADMSG; never a crash, an endless loop, or much memory. */

import { Worker } from 'node:worker_threads';

import { Packed } from '../../lib/channel/packed/packed';
import { Seeded } from '../campaigns/seeded';
import { scaled } from '../support/campaign';
import { makeEnds } from '../support/channels';
import { anyValue } from '../support/packed-values';

const badMessage = expect.objectContaining({
  code: 'EBADMSG',
  cause: expect.any(Error) as Error,
}) as Error;

/** A message of that value and those keys, as text or bytes. */
function message(value: readonly number[], keys = ''): Buffer {
  const k = (8 + value.length + 3) & ~3;
  const list = Buffer.from(keys);
  const data = Buffer.alloc(k + ((list.length + 3) & ~3), ' ').fill(0, 0, k);
  data.write('PIV1');
  data.writeUInt32LE(k, 4);
  data.set(value, 8);
  data.set(list, k);
  return data;
}

function word(number: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return [...bytes];
}

const object = [0x0e, ...word(0)];
const many = [...word(2 ** 32 - 1)];

test('what is right is read', () => {
  const packed = new Packed();
  expect(packed.decode(message([...object, 0x85], '[["a"]]'))).toEqual({ a: 5 });
  expect(packed.decode(message([0x04, ...word(1)]))).toBe(1);
  expect(packed.decode(message([...object, 0x81, 0x82], '[["a","a"]]'))).toEqual({ a: 2 });
});

function changed(data: Buffer, change: (data: Buffer) => void): Buffer {
  const copy = Buffer.from(data);
  change(copy);
  return copy;
}

const good = message([0x85]);
const cases: Record<string, Buffer> = {
  'no bytes': Buffer.alloc(0),
  'a header cut off': good.subarray(0, 7),
  'no value': message([]),
  'other bytes': Buffer.from('{"a": [1, 2, 3], "b": "some"}   '),
  'another magic': changed(good, (data) => data.write('PIV2')),
  'keys before the value': changed(good, (data) => data.writeUInt32LE(4, 4)),
  'keys behind the end': changed(good, (data) => data.writeUInt32LE(16, 4)),
  'keys far behind the end': changed(good, (data) => data.writeUInt32LE(2 ** 32 - 4, 4)),
  'keys between words': changed(good, (data) => data.writeUInt32LE(9, 4)),
  'a length between words': Buffer.concat([good, Buffer.alloc(1)]),
  'two values': message([0x85, 0x85, 0x85, 0x85, 0x85]),
  'no such tag': message([0x0f]),
  'no such tag either': message([0x1f]),
  'an integer cut off': message([0x04, 0, 0]),
  'a number cut off': message([0x05, 0, 0, 0, 0, 0, 0, 0]),
  'a bigint cut off': message([0x06, 0, 0, 0]),
  'a date cut off': message([0x07]),
  'a short text cut off': message([0x7f, 65]),
  'a text of 4 GiB': message([0x09, ...many]),
  'a wide text of 4 GiB': message([0x0a, ...many]),
  'half a character': message([0x0a, ...word(1), 65, 65]),
  'bytes of 4 GiB': message([0x0b, ...many]),
  'a Buffer of 4 GiB': message([0x0c, ...many]),
  'an array of 4 G values': message([0x0d, ...many]),
  'a bigint of 4 GiB': message([0x08, 0, ...many]),
  'a bigint of no sign': message([0x08, 2, ...word(1), 5]),
  'an array cut off': message([0x3f, 0x81, 0x81]),
  'no keys at all': message(object),
  'keys that are not there': message([0x0e, ...word(1), 0x81], '[["a"]]'),
  'keys of 4 G': message([0x0e, ...many, 0x81], '[["a"]]'),
  'an object cut off': message([...object, 0x81], '[["a","b","c","d","e"]]'),
  'keys that are no JSON': message([...object, 0x81], '[["a"]'),
  'keys that are no array': message([...object, 0x81], '{"0":["a"],"length":1}'),
  'a list that is none': message([...object, 0x81], '["a"]'),
  'a key that is no text': message([...object, 0x81], '[[{"toString":1}]]'),
  'keys, null': message([...object, 0x81], 'null'),
  'keys without end': message([0x85], '['.repeat(200_000)),
  'arrays without end': message(new Array<number>(1_000_000).fill(0x21)),
  'objects without end': message(new Array<number[]>(200_000).fill(object).flat(), '[["a"]]'),
};

test.each(Object.entries(cases))('%s', (_, data) => {
  const packed = new Packed();
  for (let i = 0; i < 2; i++) expect(() => packed.decode(data)).toThrow(badMessage);
  expect(packed.decode(good)).toBe(5);
});

test('no memory is taken for bytes that are not there', () => {
  const take = jest.spyOn(Buffer, 'from');
  try {
    const lies = message([0x0c, ...word(100)]);
    take.mockClear();
    expect(() => new Packed().decode(lies)).toThrow(badMessage);
    expect(take).not.toHaveBeenCalled();
  } finally {
    take.mockRestore();
  }
});

test('objects of many keys in each other take no memory for values that are not there', () => {
  const keys = JSON.stringify([Array.from({ length: 1000 }, (_, i) => i.toString(36))]);
  const lies = message(new Array<number[]>(256).fill(object).flat(), keys);
  const make = jest.spyOn(Object, 'fromEntries');
  try {
    expect(() => new Packed().decode(lies)).toThrow(badMessage);
    expect(make).not.toHaveBeenCalled();
  } finally {
    make.mockRestore();
  }
});

test('it is received, and the next one comes', async () => {
  const { sender, receiver } = makeEnds({ codec: 'packed' });
  for (let i = 0; i < 4; i++) sender.sendSync('no value');
  sender.sendValueSync({ a: 1 });
  expect(() => receiver.tryReceiveValue()).toThrow(badMessage);
  expect(() => receiver.receiveValueSync()).toThrow(badMessage);
  await expect(receiver.receiveValue()).rejects.toEqual(badMessage);
  await expect(receiver.values().next()).rejects.toEqual(badMessage);
  expect(receiver.tryReceiveValue()?.value).toEqual({ a: 1 });
});

function isRead(packed: Packed, data: Buffer): boolean {
  try {
    packed.decode(data);
    return true;
  } catch (error) {
    expect(error).toEqual(badMessage);
    return false;
  }
}

test('bytes that were changed, cut out or put in at random', () => {
  const seeded = new Seeded(7);
  const packed = new Packed();
  let read = 0;
  const rounds = scaled(4000);
  for (let i = 0; i < rounds; i++) {
    let data = packed.encode(anyValue(seeded, 4));
    for (let changes = 1 + seeded.below(3); changes > 0; changes--) {
      const at = seeded.below(data.length + 1);
      const [before, after] = [data.subarray(0, at), data.subarray(at)];
      const some = Buffer.from(Array.from({ length: 4 }, () => seeded.below(256)));
      const kind = seeded.below(4);
      if (kind === 0) data = Buffer.concat([before, some, after]);
      else if (kind === 1) data = Buffer.concat([before, after.subarray(4)]);
      else data[Math.min(at, data.length - 1)] = seeded.below(256);
    }
    if (isRead(packed, data)) read++;
  }
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(rounds);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(packed.decode(packed.encode({ a: [1] }))).toEqual({ a: [1] });
});

test('code is made for so many kinds of objects, and no more', () => {
  const packed = new Packed();
  const make = jest.spyOn(globalThis, 'eval');
  try {
    const kinds = 400;
    const lists = Array.from({ length: kinds }, (_, i) => `["k${String(i)}"]`).join();
    for (let kind = 0; kind < kinds; kind++) {
      const value = [0x0e, ...word(kind), 0x81];
      const data = message(
        [0x0d, ...word(100), ...new Array<number[]>(100).fill(value).flat()],
        `[${lists}]`,
      );
      expect(packed.decode(data)).toHaveLength(100);
    }
    expect(make).toHaveBeenCalledTimes(256);
  } finally {
    make.mockRestore();
  }
});

test('keys that would be code are text', () => {
  const packed = new Packed();
  const keys = [
    '"]: 0, a: globalThis.harmed = true, ["',
    '\u2028',
    '\\',
    '${1}',
    '`',
    '*/',
    '\ud800"',
  ];
  const value = Object.fromEntries(keys.map((key) => [key, 1]));
  for (let i = 0; i < 200; i++) expect(packed.decode(packed.encode(value))).toEqual(value);
  expect(globalThis).not.toHaveProperty('harmed');
});

test('bytes that somebody changes while they are read', async () => {
  const packed = new Packed();
  const value = { a: 1, b: 'text', c: ['x', { d: 1n }, new Uint8Array(5)], e: '€'.repeat(80) };
  const data = packed.encode(value);
  const shared = new SharedArrayBuffer(data.length);
  const bytes = Buffer.from(shared);
  bytes.set(data);
  const program = `
    const { workerData: { shared, data } } = require('node:worker_threads');
    const bytes = new Uint8Array(shared);
    for (;;) {
      const at = Math.floor(Math.random() * bytes.length);
      Atomics.store(bytes, at, Math.floor(Math.random() * 256));
      Atomics.store(bytes, at, data[at]);
    }`;
  const worker = new Worker(program, { eval: true, workerData: { shared, data } });
  const seen = { read: 0, bad: 0 };
  try {
    const end = performance.now() + scaled(500);
    while (performance.now() < end || (seen.bad === 0 && performance.now() < 60_000 + end)) {
      seen[isRead(packed, bytes) ? 'read' : 'bad']++;
    }
  } finally {
    await worker.terminate();
  }
  expect(seen).toEqual({ read: expect.any(Number) as number, bad: expect.any(Number) as number });
  expect(seen.bad).toBeGreaterThan(0);
  expect(seen.read).toBeGreaterThan(0);
});
