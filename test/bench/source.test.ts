import { sourceFor } from '../../bench/core/driver';

test('where a transport copies at once, each payload lies in the same memory, as in C', () => {
  const source = sourceFor({ copies: true }, 64);
  const first = source.next();
  expect(source.next()).toBe(first);
});

test('several for one call lie beside each other', () => {
  const source = sourceFor({ copies: true }, 64, 4);
  const all = source.nextMany(4);
  expect(new Set(all).size).toBe(4);
  expect(all.map((data) => data.readUInt32LE())).toEqual([0, 1, 2, 3]);
});

test('where it may still read them, memory is used again only after many', () => {
  const source = sourceFor({}, 64);
  const some = Array.from({ length: 64 }, () => source.next());
  expect(new Set(some).size).toBe(64);
  expect(source.next()).toBe(some[0]);
  const more = sourceFor({}, 64, 100);
  expect(new Set(Array.from({ length: 100 }, () => more.next())).size).toBe(100);
});
