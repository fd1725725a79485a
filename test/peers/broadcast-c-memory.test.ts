/** What broadcast.h answers, and what it makes of memory that somebody has overwritten. */

import { type channel, memory } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { argsOf, lostBy, outcome, start } from '../support/broadcast-peers';
import { makeBroadcast } from '../support/broadcasts';
import { scaled } from '../support/campaign';
import { numbered } from '../support/numbered';
import { startC } from '../support/processes';
import { soon } from '../support/wait-until';

const full = 'wait';

test('what it answers, in one process', async () => {
  expect(await (await startC('broadcast-c-rules')).success()).toBe('done\n');
});

describe('memory that somebody has overwritten', () => {
  const capacity = 1024;
  const [HEAD, OLDEST, RING] = [64, 96, 192];
  const bad = /Bad message/;

  function wordsOf(one: channel.Broadcast): Int32Array {
    return memory.mapSync(`/dev/shm${one.name}`, { access: 'write' }).view(Int32Array);
  }

  test('is refused when it is opened', async () => {
    const one = makeBroadcast({ capacity });
    const words = wordsOf(one);
    const opened = (): Promise<string> => outcome(one, ['publish']);
    for (const [index, value, why] of [
      [2, 2 * capacity, bad],
      [2, 1000, bad],
      [2, 0, bad],
      [1, 3, /Protocol error/],
      [1, 2, /Protocol error/], // without slots
      [12, 1, /Protocol error/],
      [0, 0, /Invalid argument/],
    ] as const) {
      const before = words[index] ?? 0;
      words[index] = value;
      expect(await opened()).toMatch(why);
      words[index] = before;
    }
    expect(await opened()).toMatch('done');
    const gone = await startC('broadcast-c-peer', [`${one.name}-not`, ...argsOf(['publish'])]);
    expect((await gone.ended).stderr).toMatch('No such file or directory');
  });

  test('is refused when it is opened, with slots', async () => {
    const one = makeBroadcast({ capacity, full, subscribers: 2 });
    const words = wordsOf(one);
    for (const [index, value, why] of [
      [3, 0, /Protocol error/],
      [3, 3, /Protocol error/],
      [4, 0, /Protocol error/],
      [4, 65, /Protocol error/],
      [4, -1, /Protocol error/],
      [4, 64, bad], // there is no room for them
    ] as const) {
      const before = words[index] ?? 0;
      words[index] = value;
      expect(await outcome(one, ['publish'])).toMatch(why);
      words[index] = before;
    }
    expect(await outcome(one, ['publish'])).toMatch('done');
  });

  test.each([
    ['a length', RING, -2],
    ['the greatest length', RING, 2 ** 31 - 1],
    ['a length beyond the ring', RING, capacity],
    ['a length beyond what is published', RING, 50],
    ['a leap at the beginning', RING, -1],
    ['a leap beyond what is published', RING + 4, -1],
    ['a type', RING + 1, -1],
    ['a number', RING + 6, 7],
    ['the high word of a number', RING + 7, 1],
    ['a number beyond 2^53', RING + 3, 2 ** 21],
    ['head far ahead', HEAD, capacity / 16 + 1],
    ['head behind', HEAD, -1],
    ['head below nothing', HEAD + 1, -1],
    ['head beyond 2^53', HEAD + 1, 2 ** 21],
    ['oldest beyond head', OLDEST, 5],
    ['oldest beyond 2^53', OLDEST + 1, 2 ** 21],
    ['oldest below nothing', OLDEST + 1, -1],
  ])('%s that cannot be, for a subscriber', async (_what, index, value) => {
    const one = makeBroadcast({ capacity });
    const publisher = one.publisher();
    for (const type of [0, 1]) publisher.publishSync(numbered(type), { type });
    publisher.close();
    wordsOf(one)[index] = value;
    expect(await outcome(one, ['receive', 9])).toMatch(bad);
  });

  test('a length that goes beyond the end of the ring, for a subscriber', async () => {
    const one = makeBroadcast({ capacity });
    const publisher = one.publisher();
    for (const length of [900, 1, 100]) publisher.publishSync(Buffer.alloc(length));
    publisher.close(); // the second begins six steps before the end, the third at the beginning
    wordsOf(one)[RING + 4 * 58] = 100;
    expect(await outcome(one, ['receive', 9])).toMatch(bad);
  });

  test('positions beyond 2^53, though near each other', async () => {
    const one = makeBroadcast({ capacity });
    const words = wordsOf(one);
    words[HEAD + 1] = words[OLDEST + 1] = 2 ** 21;
    expect(await outcome(one, ['receive', 9])).toMatch(bad);
    expect(await outcome(one, ['publish', 9])).toMatch(bad);
  });

  test.each([
    ['a length of an old record', RING, 100_000],
    ['a leap of an old record', RING, -1],
    ['a number beyond 2^53', RING + 19, 2 ** 21],
    ['head far ahead', HEAD, capacity / 16 + 1],
    ['head below nothing', HEAD + 1, -1],
    ['head beyond 2^53', HEAD + 1, 2 ** 21],
    ['oldest beyond head', OLDEST, 5],
    ['the role', 64 / 4 + 2, 0],
  ])('%s that cannot be, for a publisher', async (_what, index, value) => {
    const one = makeBroadcast({ capacity });
    const publisher = one.publisher();
    for (const type of [0, 1]) publisher.publishSync(numbered(type), { type });
    publisher.close();
    wordsOf(one)[index] = value;
    expect(await outcome(one, ['publish', 100])).toMatch(bad);
  });

  test.each([
    ['beyond head', 128 / 4, 1000],
    ['beyond 2^53', 128 / 4 + 1, 2 ** 21],
    ['below -(2^53)', 128 / 4 + 1, -(2 ** 22)],
  ])('a position in a slot that cannot be: %s', async (_what, index, value) => {
    const one = makeBroadcast({ capacity, full, subscribers: 1 });
    using subscriber = one.subscribe();
    const words = wordsOf(one);
    words[RING + capacity / 4 + index] = value;
    expect(await outcome(one, ['publish', 100])).toMatch(bad);
    subscriber.close();
    words[RING + capacity / 4 + 2] = 0; // the magic of its role
    expect(await outcome(one, ['receive', 100])).toMatch(bad);
  });

  test('a slot that nobody can take any more keeps none from the others', async () => {
    const one = makeBroadcast({ capacity, full, subscribers: 3 });
    const slot = RING + capacity / 4;
    wordsOf(one)[slot] = 0x3fff_ffff;
    using subscriber = one.subscribe();
    const peer = await start('C', one, 'receive', 4);
    expect(await outcome(one, ['receive', 4])).toMatch('Device or resource busy');
    using publisher = one.publisher();
    for (let type = 0; type < 4; type++) publisher.publishSync(numbered(type), { type });
    publisher.flush();
    expect(lostBy(await peer.success())).toBe(0);
    expect(subscriber.forEach(() => undefined)).toBe(4);
    expect(one.statSync().subscribers).toHaveLength(1);
  });

  test('a subscriber that sleeps finds it', async () => {
    const one = makeBroadcast({ capacity });
    const peer = await startC('broadcast-c-peer', [
      one.name,
      ...argsOf(['receive', 9, 'copy', 'block']),
    ]);
    await untilBlockedIn('futex', peer.pid);
    Atomics.store(wordsOf(one), HEAD, -5);
    expect((await soon('the end', peer.ended)).stderr).toBe('receive: Bad message\n');
  });

  test.each(Array.from({ length: 4 }, (_, seed) => [seed]))(
    'again and again, and in the midst of calls, seed %d',
    async (seed) => {
      const rounds = String(scaled(300));
      const peer = await startC('broadcast-c-hostile', [String(seed), rounds]);
      const said = await peer.success();
      const [, well = 0, refused = 0] = /(\d+) well, (\d+) refused/.exec(said) ?? [];
      expect(Number(well)).toBeGreaterThan(1000);
      expect(Number(refused)).toBeGreaterThan(100);
    },
  );
});
