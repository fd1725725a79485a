/** Where a test has stopped the clock, messages go on. */

import { clearTimeout, setImmediate as nextTurn, setTimeout as later } from 'node:timers';

import { event, lock } from '../../lib';
import { makeEnds } from '../support/channels';
import { temporaryFile } from '../support/files';
import { startNode } from '../support/processes';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** Jest's own limit does not hold while its clock stands still. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = later(reject, 20_000, new Error('it has not come'));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

test('more is answered than one turn of the event loop answers', async () => {
  using counter = event.EventFd.createSync();
  const exchange = async (): Promise<number> => {
    for (let i = 0; i < 1500; i++) {
      await counter.write();
      await counter.read();
    }
    return 1500;
  };
  expect(await soon(exchange())).toBe(1500);
}, 60_000);

test('a wait still ends when the clock says so', async () => {
  using counter = event.EventFd.createSync();
  const waiting = counter.read({ timeout: 1000 });
  jest.advanceTimersByTime(1001);
  await expect(soon(waiting)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

test('a channel publishes at the end of the tick', async () => {
  const { channel, sender } = makeEnds();
  for (const message of ['one', 'two', 'three']) sender.trySend(message);
  await new Promise(nextTurn);
  expect(channel.statSync().sent).toBe(3);
});

test('nothing that Node has begun is ended by the functions of a test', async () => {
  const clears = [jest.spyOn(globalThis, 'clearImmediate'), jest.spyOn(globalThis, 'clearTimeout')];
  const { sender, receiver } = makeEnds({ waiting: 'spin' });
  const waiting = receiver.receive();
  await sender.send('it');
  await soon(waiting);
  receiver.close();
  for (const clear of clears) {
    expect(clear).not.toHaveBeenCalled();
    clear.mockRestore();
  }
});

test('who waits for a lock is looked at in the next turn', async () => {
  using file = lock.FileLock.openSync(temporaryFile(''));
  const first = file.lockSync();
  const second = file.lock();
  first.release();
  using guard = await soon(second);
  expect(guard.released).toBe(false);
}, 60_000);

// Apart, so that what does not end is ended.
describe('a thread that is blocked has a clock that nobody stops', () => {
  beforeEach(() => {
    jest.useRealTimers();
  });

  test.each([
    ['sync', 'ETIMEDOUT'],
    ['behind a promise', 'ETIMEDOUT'],
    ['a promise, behind it', 'ETIMEDOUT ETIMEDOUT'],
    ['spinning', 'ETIMEDOUT'],
  ])('%s', async (scene, end) => {
    expect(await startNode('stopped-clock', [scene]).success()).toBe(`${end}\n`);
  });

  test("timers that a test moves on are believed, Node's mock timers, too", async () => {
    const ends = await startNode('stopped-clock', ['timers of a test']).success();
    expect(ends.trim().split(', ')).toEqual([
      'ETIMEDOUT waits waits',
      'ETIMEDOUT ETIMEDOUT waits',
      'ETIMEDOUT ETIMEDOUT waits',
      'ETIMEDOUT ETIMEDOUT ETIMEDOUT',
    ]);
  });
});
