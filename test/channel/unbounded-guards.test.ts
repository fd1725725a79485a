/** What receivers of a channel that grows write of what they copy: right, and overwritten by anybody. */

import { memory } from 'posix-ipc';

import { makeChannel } from '../support/channels';
import { fill, numberOf, texts } from '../support/full-channels';
import { limit, memoryOf, most, segment, unbounded } from '../support/unbounded';
import { waitUntil } from '../support/wait-until';

const least = 2 * segment;
/** Where they are, and how many there can be, in words. */
const [guardsWord, mostGuards] = [768 / 4, 64];

test('a guard is written before the record is looked at, and nothing is there afterwards', () => {
  const one = makeChannel({ ...unbounded, receivers: 2 });
  const [sender, , second] = [one.sender(), one.receiver(), one.receiver()];
  using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
  const guards = mapping.view(Int32Array, 4 * guardsWord, mostGuards);
  for (let i = 0; i < 3; i++) sender.sendSync(numberOf(i));
  sender.flush();
  const seen: number[][] = [];
  const exchange = Atomics.compareExchange.bind(Atomics) as (
    ...args: [Int32Array, number, number, number]
  ) => number;
  const spy = jest.spyOn(Atomics, 'compareExchange') as unknown as jest.SpyInstance<number>;
  spy.mockImplementation((words: Int32Array, index: number, from: number, to: number) => {
    seen.push([...guards.subarray(0, 3)]); // while what was copied is claimed
    return exchange(words, index, from, to);
  });
  try {
    expect(second.receiveSync().data.toString()).toBe(numberOf(0));
    expect(second.receiveSync().data.toString()).toBe(numberOf(1));
  } finally {
    spy.mockRestore();
  }
  expect(seen).toContainEqual([0, 1, 0]);
  expect(seen).toContainEqual([0, 16 | 1, 0]);
  expect([...guards]).toEqual(new Array(mostGuards).fill(0));
});

test.each([1, -1, 0x7fff_ffff, -0x8000_0000, limit, limit | 1, 3])(
  'with %d in each guard messages go on, and what is kept for nobody comes back',
  async (value) => {
    const one = makeChannel({ ...unbounded, receivers: 64 });
    const before = memoryOf(one) - least;
    const [sender, receiver] = [one.sender(), one.receiver()];
    using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
    const guards = mapping.view(Int32Array, 4 * guardsWord, mostGuards);
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < most; i++) {
        if (!sender.trySend(numberOf(i))) throw new Error(`no room for message ${String(i)}`);
      }
      sender.flush();
      guards.fill(value);
      expect(texts(receiver)).toEqual(Array.from({ length: most }, (_, i) => numberOf(i)));
    }
    guards.fill(value, 1); // of receivers that are not there: they keep nothing
    fill(sender);
    expect(texts(receiver)).toHaveLength(most);
    await waitUntil('the memory comes back', () => memoryOf(one) === before + least);
  },
);
