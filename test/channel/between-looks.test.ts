/** What the other end does while one looks whether it has to sleep. */

import { setImmediate as nextTurn } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { TAIL } from '../../lib/channel/layout';
import { makeEnds } from '../support/channels';
import { collect, fill } from '../support/full-channels';
import { soon } from '../support/wait-until';

/** Calls `then` behind the load of TAIL that comes next; whether it was called. */
function behindNextLook(then: () => void): () => boolean {
  const load = Atomics.load.bind(Atomics) as (words: Int32Array, index: number) => number;
  let isOver = false;
  const spy = jest.spyOn(Atomics, 'load') as unknown as jest.SpyInstance<number>;
  spy.mockImplementation((words: Int32Array, index: number) => {
    const value = load(words, index);
    if (index !== TAIL || isOver) return value;
    isOver = true;
    then();
    return value;
  });
  return () => isOver;
}

afterEach(() => {
  jest.restoreAllMocks();
});

const ways: [string, (sender: channel.Sender) => Promise<unknown>][] = [
  ['send', (sender) => sender.send('12345678')],
  ['claim', (sender) => sender.claim(8)],
  ['sendMany', (sender) => sender.sendMany(['12345678', '87654321'])],
];

describe.each(ways)('%s of a sender that found no room', (_name, way) => {
  test.each([
    ['in a turn of its own', true],
    ['behind others', false],
  ])('does not sleep if the receiver has made some just then: %s', async (_what, isFirst) => {
    const { sender, receiver } = makeEnds({ capacity: 1024, waiting: 'block' });
    fill(sender);
    if (isFirst) await nextTurn();
    const wasCalled = behindNextLook(() => {
      collect(receiver);
      receiver.flush();
    });
    await soon('it goes on', way(sender));
    expect(wasCalled()).toBe(true);
  });
});
