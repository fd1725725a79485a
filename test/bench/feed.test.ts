import { Feed } from '../../bench/core/feed';

function collector(): [taken: number[], take: (data: Uint8Array) => void] {
  const taken: number[] = [];
  return [
    taken,
    (data) => {
      taken.push(...data);
    },
  ];
}

function put(feed: Feed, ...numbers: number[]): void {
  for (const number of numbers) feed.put(Uint8Array.of(number));
}

test('each move gets its messages, in order, also those that came early', async () => {
  const feed = new Feed();
  const [taken, take] = collector();
  put(feed, 1, 2);
  const first = feed.move(3, take);
  expect(feed.isHungry()).toBe(true);
  put(feed, 3, 4);
  await first;
  expect(feed.isHungry()).toBe(false);
  expect(taken).toEqual([1, 2, 3]);
  await feed.move(0, take);
  await feed.move(1, take);
  expect(taken).toEqual([1, 2, 3, 4]);
});

test('what lies in other memory is handed over there, or as a view', async () => {
  const [feed, memory] = [new Feed(), Uint8Array.of(1, 2, 3, 4)];
  const [taken, take] = collector();
  const places: [offset: number, length: number][] = [];
  const here = Object.assign(take, {
    at: (_memory: Uint8Array, offset: number, length: number) => {
      places.push([offset, length]);
    },
  });
  feed.put.at(memory, 0, 1); // early
  const first = feed.move(2, here);
  feed.put.at(memory, 1, 2);
  await first;
  expect([taken, places]).toEqual([[1], [[1, 2]]]);
  const second = feed.next();
  feed.put.at(memory, 2, 2);
  expect(await second).toEqual(Uint8Array.of(3, 4));
});

test('nor does it go on after one that is refused there', async () => {
  const feed = new Feed();
  const at = (): never => {
    throw new Error('damaged');
  };
  const refused = feed.move(2, Object.assign(at, { at }));
  feed.put.at(Uint8Array.of(1), 0, 1);
  feed.put.at(Uint8Array.of(2), 0, 1);
  await expect(refused).rejects.toThrow('damaged');
  expect(await feed.next()).toEqual(Uint8Array.of(2));
});

test('next gives one', async () => {
  const feed = new Feed();
  put(feed, 1, 2);
  expect(await feed.next()).toEqual(Uint8Array.of(1));
  expect(await feed.next()).toEqual(Uint8Array.of(2));
  const third = feed.next();
  put(feed, 3);
  expect(await third).toEqual(Uint8Array.of(3));
});

test('a move ends with what its taker throws; the rest is for the next', async () => {
  const feed = new Feed();
  const refused = feed.move(2, () => {
    throw new Error('damaged');
  });
  put(feed, 1, 2);
  await expect(refused).rejects.toThrow('damaged');
  expect(await feed.next()).toEqual(Uint8Array.of(2));
});
