/** What channel.h makes of memory that somebody has overwritten. */

import { type channel, memory } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { startC } from '../support/processes';
import { unbounded } from '../support/unbounded';
import { soon } from '../support/wait-until';

describe('what is no channel, or none any more', () => {
  function wordsOf(one: channel.Channel): Int32Array {
    return memory.mapSync(`/dev/shm${one.name}`, { access: 'write' }).view(Int32Array);
  }

  async function outcome(name: string, command: string): Promise<string> {
    const peer = await startC('channel-c-peer', [name, command, '9', 'copy', 'block']);
    return (await soon('the end', peer.ended)).stderr;
  }

  test('is refused when it is opened', async () => {
    const one = makeChannel({ capacity: 1024 });
    const words = wordsOf(one);
    expect(await outcome(`${one.name}-not`, 'send')).toMatch('No such file or directory');
    words[2] = 2048;
    expect(await outcome(one.name, 'send')).toMatch('Bad message');
    words[1] = 3;
    expect(await outcome(one.name, 'send')).toMatch('Protocol error');
    words[1] = 1;
    words[12] = 1;
    expect(await outcome(one.name, 'send')).toMatch('Protocol error');
    words[0] = 0;
    expect(await outcome(one.name, 'send')).toMatch('Invalid argument');
  });

  test.each([
    [3, 4, 'Protocol error'],
    [3, -1, 'Protocol error'],
    [4, 505, 'Bad message'],
    [5, 65, 'Protocol error'],
    [5, -1, 'Protocol error'],
    [5, 3, 'Bad message'], // there is no room for them
    [6, 65, 'Protocol error'],
    [6, 64, 'Bad message'],
    [7, 1, 'Bad message'],
    [7, 4096, 'Bad message'], // more than a quarter
    [8, 2, 'Protocol error'],
    [9, 1, 'Protocol error'],
  ])('is refused when it is opened, of a shape: word %d is %d', async (index, value, why) => {
    const one = makeChannel({ capacity: 1024, senders: 2, receivers: 2 });
    wordsOf(one)[index] = value;
    for (const command of ['send', 'receive']) {
      expect(await outcome(one.name, command)).toMatch(why);
    }
  });

  test.each([
    [7, 4095],
    [7, 2048],
    [7, 8192],
    [2, 8192],
    [4, 1],
  ])('is refused when it is opened, of an unbounded one: word %d is %d', async (index, value) => {
    const one = makeChannel(unbounded);
    wordsOf(one)[index] = value;
    expect(await outcome(one.name, 'send')).toMatch('Bad message');
  });

  describe.each([{}, { receivers: 2 }, { senders: 2 }, { full: 'drop-oldest' as const }])(
    'of %j',
    (options) => {
      test.each([
        ['a position of the sender', 'receive', 64, 4096],
        ['a position within a record', 'receive', 64, 4],
        ['a position of the receiver', 'send', 96, 8],
        ['a length', 'receive', 192, 2000],
        ['a negative length', 'receive', 192, -2],
        ['a jump at the beginning', 'receive', 192, -1],
        ['a type', 'receive', 193, -1],
        ['a length that goes beyond what was sent', 'receive', 192, 100],
      ])('%s that cannot be', async (_what, command, index, value) => {
        const one = makeChannel({ capacity: 1024, ...options });
        if (command === 'receive') one.sender().sendSync('sixteen bytes ..');
        wordsOf(one)[index] = value;
        expect(await outcome(one.name, command)).toMatch('Bad message');
      });

      test('a length that goes beyond the end of the ring', async () => {
        const one = makeChannel({ capacity: 1024, ...options });
        const [sender, receiver] = [one.sender(), one.receiver()];
        for (const length of [900, 1, 200]) {
          sender.sendSync(Buffer.alloc(length));
          if (length === 900) receiver.receiveSync();
        }
        sender.close();
        receiver.close();
        wordsOf(one)[192 + 912 / 4] = 150;
        expect(await outcome(one.name, 'receive')).toMatch('Bad message');
      });
    },
  );

  test.each([
    ['a length of an old record', 192, 2000],
    ['a length beyond what is there', 192, 1020],
    ['a leap at the beginning', 192, -1],
    ['a tail beyond head', 96, 1024],
  ])('%s, for a sender that drops the oldest', async (_what, index, value) => {
    const one = makeChannel({ capacity: 1024, full: 'drop-oldest' });
    const sender = one.sender();
    for (let i = 0; i < 40; i++) sender.sendSync('12345678');
    sender.close();
    wordsOf(one)[index] = value;
    const peer = await startC('channel-c-peer', [one.name, 'send', '100', 'copy', 'block']);
    expect((await soon('the end', peer.ended)).stderr).toMatch('Bad message');
  });

  test('a receiver that sleeps finds it', async () => {
    const one = makeChannel({ capacity: 1024, receivers: 2, senders: 2 });
    const peer = await startC('channel-c-peer', [one.name, 'receive', '9', 'copy', 'block']);
    await untilBlockedIn('futex', peer.pid);
    Atomics.store(wordsOf(one), (768 + 1024) / 4 + 64, 12);
    expect((await soon('the end', peer.ended)).stderr).toBe('receive: Bad message\n');
  });

  test.each(Array.from({ length: 4 }, (_, seed) => [seed]))(
    'again and again, and in the midst of calls, seed %d',
    async (seed) => {
      const peer = await startC('channel-c-hostile', [String(seed), String(scaled(100))]);
      const [, well = 0, refused = 0] =
        /(\d+) well, (\d+) refused/.exec(await peer.success()) ?? [];
      expect(Number(well)).toBeGreaterThan(1000);
      expect(Number(refused)).toBeGreaterThan(100);
    },
  );
});
