/** Unbounded channels between Node and C programs. */

import type { channel } from 'posix-ipc';

import { patience, scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { checkNumbered } from '../support/numbered';
import { startC, startNode, type Peer } from '../support/processes';
import { headBytes, memoryOf } from '../support/unbounded';
import { waitUntil } from '../support/wait-until';

const segment = 4096;
const small = { capacity: 'unbounded', limit: 4 * segment, segment } as const;
const roomy = { capacity: 'unbounded', limit: 1 << 22, segment } as const;

type Language = 'C' | 'Node';

async function start(language: Language, { name }: channel.Channel, args: string[]): Promise<Peer> {
  const all = [name, ...args];
  const peer =
    language === 'C' ? await startC('channel-c-peer', all) : startNode('channel-peer', all);
  expect(await peer.line()).toBe('ready');
  return peer;
}

/** What a sender that comes next gives back is all but the first segments. */
function expectShrunk(one: channel.Channel): void {
  one.sender().close();
  expect(one.statSync()).toMatchObject({ depth: 0, bytes: 0, allocated: 2 * segment });
  expect(memoryOf(one)).toBeLessThanOrEqual(2 * headBytes + 2 * segment);
}

describe.each([
  { from: 'C', to: 'Node' },
  { from: 'Node', to: 'C' },
  { from: 'C', to: 'C' },
  { from: 'Node', to: 'Node' },
] as const)('$from to $to', ({ from, to }) => {
  test.each(['place', 'copy'])(
    'many messages, each once, in order and whole: %s',
    async (form) => {
      for (const options of [small, roomy]) {
        const one = makeChannel(options);
        const count = String(scaled(50_000));
        const receiver = await start(to, one, ['receive', count, form, 'adaptive']);
        const sender = await start(from, one, ['send', count, form, 'adaptive']);
        await sender.success();
        await receiver.success();
        expect(one.statSync()).toMatchObject({ sent: Number(count), received: Number(count) });
        expectShrunk(one);
      }
    },
    patience(10),
  );

  test('what a sender that is done has left waits for who receives', async () => {
    const one = makeChannel(roomy);
    await (await start(from, one, ['send', '20000', 'place', 'block'])).success();
    const { allocated, bytes } = one.statSync();
    expect(bytes).toBeGreaterThan(2_000_000);
    expect(allocated).toBeLessThan(bytes + 2 * segment);
    await (await start(to, one, ['receive', '20000', 'place', 'block'])).success();
    expectShrunk(one);
  });
});

test.each(['C', 'Node'] as const)(
  'a sender in %s that is killed loses what it had not published, and no memory',
  async (language) => {
    const one = makeChannel(roomy);
    for (let round = 0; round < 5; round++) {
      const sender = await start(language, one, ['hold', '0', 'copy', 'block']);
      await waitUntil('much waits', () => one.statSync().bytes > 200_000 * (round + 1));
      sender.kill('SIGKILL');
      await sender.ended;
      using receiver = one.receiver();
      const { depth } = one.statSync();
      for (let i = 0; i < depth; i++) {
        const { type, data } = receiver.receiveSync();
        checkNumbered(i, type, data);
      }
      expect(receiver.tryReceive()).toBeUndefined();
      receiver.close();
      expectShrunk(one);
    }
  },
);
