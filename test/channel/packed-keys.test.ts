/** The keys of objects, which both ends of the codec `packed` remember. */

import { runInNewContext } from 'node:vm';

import { Keys } from '../../lib/channel/packed/keys';
import { Packed } from '../../lib/channel/packed/packed';

/** So often at least before code is made that makes an object. */
const many = 200;

const there = new Packed();
const here = new Packed();

function cross(value: unknown): unknown {
  return here.decode(there.encode(value));
}

const kinds = [
  { a: 1, b: 2 },
  { b: 2, a: 1 },
  { a: 1, b: 2, c: 3 },
  { a: 1 },
  {},
  { price1: 1 },
  { price2: 1 },
  { é: 1, '€': 2, '\ud800': 3, '"\\\n\u2028': 4, '': 5 },
  { constructor: 1, hasOwnProperty: 2, toString: 3, toJSON: 4 },
  { 7: 'seven', b: 1, 3: 'three' },
  [{ a: 1 }, { b: 1 }, { a: 2 }],
  [{ b: 1 }, { a: 1 }],
  Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`key ${String(i)}`, i])),
];

test.each([1, many])('kinds of objects in turn, %d times each', (times) => {
  for (let round = 0; round < many / times; round++) {
    for (const kind of kinds) {
      for (let i = 0; i < times; i++) {
        const found = cross(kind);
        expect(found).toStrictEqual(kind);
        expect(Object.keys(found as object)).toEqual(Object.keys(kind));
      }
    }
  }
});

test('an object of more keys than a stack has frames', () => {
  const table = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, i) => [`key ${String(i)}`, i]),
  );
  const found = cross(table) as object;
  expect(Object.entries(found)).toHaveLength(100_000);
  expect(Object.entries(found).every(([key, i]) => key === `key ${String(i)}`)).toBe(true);
});

test('more kinds of objects than are remembered', () => {
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 4500; i++) {
      const value = { id: 1, [`key ${String(i)}`]: i };
      expect(Object.entries(cross(value) as object)).toEqual(Object.entries(value));
    }
  }
});

test('keys that have the same hash', () => {
  for (const key of ['0ufykv7', 'between', '0ifu7hq', '0ufykv7']) {
    expect(cross({ [key]: 1 })).toStrictEqual({ [key]: 1 });
  }
});

test('so many lists of keys are remembered, and no more', () => {
  const none = Keys.none();
  for (let i = 0; i < 4096; i++)
    expect(none.isFull || none.with(`key ${String(i)}`)).not.toBe(true);
  expect(none.isFull).toBe(true);
  expect(none.with('key 1')).toBe(none.with('key 1'));
  expect(none.with('another')).not.toBe(none.with('another'));
  let long = Keys.none();
  for (let i = 0; i < 64; i++) long = long.with(String(i));
  expect(long.with('one more')).not.toBe(long.with('one more'));
});

describe('what is remembered is bounded by characters, too', () => {
  const long = 'x'.repeat(1 << 20);

  test('of a key', () => {
    const none = Keys.none();
    none.with(long);
    expect(none.isFull).toBe(true);
  });

  test('of the lists of one object', () => {
    const none = Keys.none();
    for (let i = 0; i < 3; i++) none.with('a'.repeat(1 << 18)).with(String(i));
    expect(none.isFull).toBe(false);
    for (let i = 0; i < 3; i++)
      expect(none.with('a'.repeat(1 << 18)).with(String(i)).json).toBeTruthy();
    expect(none.isFull).toBe(true);
  });

  test('of those of a message, which one of them keeps', () => {
    const none = Keys.none();
    const lists = Array.from({ length: 1000 }, (_, i) => none.with(`key ${String(i)}`));
    for (let i = 0; i < 100 && !none.isFull; i++) {
      const [first, ...others] = lists.slice(i);
      first?.listing([first, ...others], others.length + 1);
    }
    expect(none.isFull).toBe(true);
  });

  test('all is forgotten then, and all values still come', () => {
    for (let i = 0; i < 5; i++) {
      const value = [{ [`${long}${String(i)}`]: 1 }, { a: 1, b: [{ c: 2 }] }];
      expect(cross(value)).toEqual(value);
    }
  });
});

test('__proto__ is a field as any other', () => {
  const odd = JSON.parse('{"__proto__": {"admin": true}, "b": 1}') as object;
  for (let i = 0; i < many; i++) {
    const found = cross(odd) as Record<string, unknown>;
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect(Object.keys(found)).toEqual(['__proto__', 'b']);
    expect(found['admin']).toBeUndefined();
    expect(Object.getOwnPropertyDescriptor(found, '__proto__')).toEqual({
      value: { admin: true },
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
});

test('a setter of Object.prototype is not met', () => {
  const met = jest.fn();
  Object.defineProperty(Object.prototype, 'packedKey', { set: met, configurable: true });
  try {
    for (let i = 0; i < many; i++) expect(cross({ packedKey: i })).toEqual({ packedKey: i });
    expect(met).not.toHaveBeenCalled();
  } finally {
    delete (Object.prototype as { packedKey?: unknown }).packedKey;
  }
});

test('only own enumerable fields with text as key; a getter is asked', () => {
  const object = {
    get a() {
      return 1;
    },
    [Symbol('no')]: 2,
    b: 3,
  };
  Object.defineProperty(object, 'hidden', { value: 4, enumerable: false });
  expect(cross(object)).toStrictEqual({ a: 1, b: 3 });
  const inherited = Object.assign(Object.create(null) as object, { a: 1 });
  expect(cross(inherited)).toStrictEqual({ a: 1 });
  expect(cross(runInNewContext('({ a: [1, { b: 2 }] })'))).toStrictEqual({ a: [1, { b: 2 }] });
  expect(cross([, 1])).toStrictEqual([undefined, 1]); // eslint-disable-line no-sparse-arrays -- a hole is what is tested
  const polluted = Object.prototype as { fromAbove?: number };
  polluted.fromAbove = 1;
  try {
    expect(Object.keys(cross({ a: 1 }) as object)).toEqual(['a']);
  } finally {
    delete polluted.fromAbove;
  }
});
