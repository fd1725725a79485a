/** A peer that writes anything: typed errors, never a crash, an endless loop, or foreign bytes. */

import { type channel, memory } from 'posix-ipc';

import { Seeded } from '../../campaigns/seeded';
import {
  amidBytes,
  amidCapacity,
  foreign,
  headerBytes,
  isUntouched,
  notForeign,
  surroundBroadcast,
  wordsAmid,
} from '../../support/amid';

const capacity = amidCapacity;
const [HEAD, OLDEST, BELL, RING] = [64, 96, 128, headerBytes / 4];
const badMessage = expect.objectContaining({ code: 'EBADMSG' }) as Error;

function amid(): { mapping: memory.Mapping; one: channel.Broadcast; words: Int32Array } {
  const mapping = memory.mapAnonymousSync({ length: amidBytes, shared: true });
  return { mapping, one: surroundBroadcast(mapping), words: wordsAmid(mapping) };
}

test.each([
  ['a length', 0, -2],
  ['the least length', 0, -(2 ** 31)],
  ['the greatest length', 0, 2 ** 31 - 1],
  ['a length beyond the ring', 0, capacity],
  ['a length beyond what is published', 0, 17],
  ['a leap at the beginning', 0, -1],
  ['a type', 1, -1],
  ['a number', 2, 1],
  ['the high word of a number', 3, 1],
])('%s that cannot be is EBADMSG, again and again', (_what, index, value) => {
  const { mapping, one, words } = amid();
  const subscriber = one.subscribe();
  one.publisher().publishSync('x');
  words[RING + index] = value;
  for (const receive of [
    () => subscriber.tryReceive(),
    () => subscriber.receiveSync(),
    () => subscriber.tryReceiveInto(Buffer.alloc(2000)),
    () => subscriber.forEach(() => undefined),
  ]) {
    expect(receive).toThrow(badMessage);
  }
  mapping.close();
});

test('what is whole in front of a damaged record is received', async () => {
  const { mapping, one, words } = amid();
  const publisher = one.publisher();
  for (let i = 0; i < 4; i++) publisher.publishSync('x');
  publisher.flush();
  words[RING + (3 * 32) / 4] = -2;
  const batches = one.subscribe({ from: 'oldest' }).batches();
  expect((await batches.next()).value).toHaveLength(3);
  await expect(batches.next()).rejects.toEqual(badMessage);
  mapping.close();
});

test.each([
  ['head far ahead', HEAD, capacity / 16 + 1],
  ['head behind', HEAD, -1],
  ['head below nothing', HEAD + 1, -1],
  ['head beyond 2^53', HEAD + 1, 2 ** 21],
  ['oldest beyond head', OLDEST, 2],
  ['oldest beyond 2^53', OLDEST + 1, 2 ** 21],
  ['oldest below nothing', OLDEST + 1, -1],
])('a position that cannot be: %s', (_what, index, value) => {
  const { mapping, one, words } = amid();
  one.publisher().close();
  words[index] = value;
  for (const use of [
    () => one.statSync(),
    () => one.publisher(),
    () => one.subscribe({ from: 'oldest' }),
  ]) {
    expect(use).toThrow(badMessage);
  }
  mapping.close();
});

test('a promise that waits is rejected when the head is overwritten', async () => {
  const { mapping, one, words } = amid();
  const subscriber = one.subscribe();
  const waiting = subscriber.receive();
  const publisher = one.publisher();
  publisher.publishSync('x');
  Atomics.store(words, HEAD, -5);
  await expect(waiting).rejects.toMatchObject({ code: 'EBADMSG' });
  mapping.close();
});

test('lengths of old records that cannot be are EBADMSG for the publisher', () => {
  const { mapping, one, words } = amid();
  const publisher = one.publisher();
  publisher.publishSync('x');
  words[RING] = 100_000;
  expect(() => {
    for (let i = 0; i < 100; i++) publisher.publishSync('x');
  }).toThrow(badMessage);
  mapping.close();
});

/** What a program may do; what it throws must have a code. Answers whether it saw foreign bytes. */
function use(
  publisher: channel.Publisher,
  subscriber: channel.Subscriber,
  random: Seeded,
): boolean {
  const into = Buffer.alloc(capacity);
  let seen = false;
  const look = (bytes: Buffer | undefined): void => {
    if (bytes?.includes(foreign) === true) seen = true;
  };
  const ways = [
    () => publisher.tryPublish(Buffer.alloc(random.below(200))),
    () => {
      const view = publisher.tryClaim(random.below(200));
      look(view);
      if (view !== undefined) publisher.commit();
    },
    () => {
      look(subscriber.tryReceive()?.data);
    },
    () => {
      subscriber.tryReceiveInto(into);
      look(into);
    },
    () => {
      subscriber.forEach((message) => {
        look(message.view());
      });
    },
    () => {
      publisher.flush();
    },
  ];
  try {
    random.oneOf(ways)();
  } catch (error) {
    expect((error as { code: string }).code).toBe('EBADMSG');
  }
  return seen;
}

test.each(Array.from({ length: 6 }, (_, seed) => [seed]))(
  'random bytes in header, positions and records, seed %d',
  (seed) => {
    const random = new Seeded(seed);
    for (let round = 0; round < 25; round++) {
      const { mapping, one, words } = amid();
      const publisher = one.publisher();
      const subscriber = one.subscribe();
      for (let step = 0; step < 60; step++) {
        const record = RING + random.below(capacity / 4);
        const at = random.oneOf([HEAD, HEAD + 1, OLDEST, OLDEST + 1, BELL, 0, 2, record, record]);
        const anything = random.below(2 ** 32) & notForeign;
        if (random.chance(0.3)) {
          words[at] = random.oneOf([anything, random.below(capacity / 16), -1, 0]);
        }
        expect(use(publisher, subscriber, random)).toBe(false);
      }
      expect(isUntouched(mapping)).toBe(true);
      mapping.close();
    }
  },
);
