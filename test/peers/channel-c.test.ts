/** Channels between Node and C programs, which use native/include/posix-ipc/channel.h. */

import { setTimeout as sleep } from 'node:timers/promises';

import { channel, memory } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { patience, scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { compileHeader } from '../support/compile';
import { isSanitized } from '../support/machine';
import { checkNumbered, numbered } from '../support/numbered';
import { startC, startNode, type Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

type Language = 'C' | 'Node';
type Args = [command: string, count?: number, form?: string, waiting?: channel.Waiting];

async function start(
  language: Language,
  name: string,
  [command, count = 0, form = 'copy', waiting = 'adaptive']: Args,
): Promise<Peer> {
  const args = [name, command, String(count), form, waiting];
  const peer =
    language === 'C' ? await startC('channel-c-peer', args) : startNode('channel-peer', args);
  expect(await peer.line()).toBe('ready');
  return peer;
}

/** Both until they have ended well; the receiver has checked each byte. */
async function expectToPass(
  { from, to }: { from: Language; to: Language },
  sends: Args,
  receives: Args,
  capacity: number,
): Promise<void> {
  const one = makeChannel({ capacity });
  const receiver = await start(to, one.name, receives);
  const sender = await start(from, one.name, sends);
  await sender.success();
  await receiver.success();
  const count = sends[1];
  expect(one.statSync()).toMatchObject({ depth: 0, bytes: 0, sent: count, received: count });
  expect(one.statSync().highWater).toBeGreaterThan(0);
}

test.each(['C11', 'C++20'] as const)('the header is %s, without a warning', async (language) => {
  expect(await compileHeader('posix-ipc/channel.h', language)).toBe('');
});

test("what is closed twice, was never open, or is empty is nobody else's", async () => {
  expect(await (await startC('channel-c-rules')).success()).toBe('done\n');
});

describe.each([
  { from: 'C', to: 'Node' },
  { from: 'Node', to: 'C' },
  { from: 'C', to: 'C' },
] as const)('$from to $to', (pair) => {
  const count = isSanitized ? 50_000 : scaled(1_000_000);

  test(
    'many messages, each once, in order and whole',
    async () => {
      const [send, receive] = [pair.from === 'C' ? 'together' : 'sync', 'promise'];
      await expectToPass(pair, ['send', count, send], ['receive', count, receive], 1 << 16);
      await expectToPass(pair, ['send', 10_000, 'place'], ['receive', 10_000, 'place'], 1 << 14);
    },
    patience(10),
  );

  test.each(['adaptive', 'block'] as const)(
    'both wait for the other, again and again: %s',
    async (waiting) => {
      await expectToPass(
        pair,
        ['send', 3000, pair.from === 'C' ? 'copy' : 'sync', waiting],
        ['receive', 3000, 'promise', waiting],
        1024,
      );
    },
  );
});

test.each(['adaptive', 'block', 'spin'] as const)(
  'requests and answers, by promise and blocking: %s',
  async (waiting) => {
    const [there, back] = [makeChannel({ waiting }), makeChannel({ waiting })];
    const count = 240;
    const peer = await start('C', there.name, ['echo', count, back.name, waiting]);
    using requests = there.sender();
    using answers = back.receiver();
    for (let i = 0; i < count; i++) {
      if (i % 2 === 0) await requests.send(numbered(i), { type: i });
      else requests.sendSync(numbered(i), { type: i });
      requests.flush();
      const { type, data } = i % 4 < 2 ? await answers.receive() : answers.receiveSync();
      checkNumbered(i, type, data);
    }
    expect(await peer.success()).toContain('done');
  },
);

test('a channel in a memfd, at an offset', async () => {
  using file = memory.memfdSync('channel', { size: 1 << 14 });
  using mapping = file.mapSync({ access: 'write' });
  using here = channel.Channel.at(mapping, 4096, { create: true, capacity: 4096 });
  const args = ['fd:3:4096', 'receive', '100', 'copy', 'block'];
  const peer = await startC('channel-c-peer', args, [file.fd]);
  expect(await peer.line()).toBe('ready');
  using sender = here.sender();
  for (let i = 0; i < 100; i++) await sender.send(numbered(i), { type: i });
  expect(await peer.success()).toContain('done');
});

test('there is one sender, whichever its language; a killed one makes way', async () => {
  const one = makeChannel({ capacity: 1 << 14 });
  const sender = await start('C', one.name, ['hold']);
  using receiver = one.receiver();
  let next = 0;
  const receive = async (): Promise<void> => {
    const { type, data } = await receiver.receive();
    checkNumbered(next++, type, data);
  };
  while (next < 500) await receive();
  expect(one.statSync().sender?.pid).toBe(sender.pid);
  expect(() => one.sender()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
  const second = await startC('channel-c-peer', [one.name, 'send', '1', 'copy', 'block']);
  expect(await second.ended).toMatchObject({ code: 1, stderr: 'open: Device or resource busy\n' });
  sender.kill('SIGKILL');
  await sender.ended;
  const { sent } = one.statSync();
  while (next < sent) await receive();
  expect(receiver.tryReceive()).toBeUndefined();
  const waiting = receiver.receive();
  one.sender().sendSync('from the next');
  expect((await waiting).data.toString()).toBe('from the next');
});

test('what a killed receiver has borrowed, and not published, the next one gets', async () => {
  const one = makeChannel({ capacity: 1 << 14 });
  using sender = one.sender();
  for (let i = 0; i < 11; i++) await sender.send(numbered(i), { type: i });
  sender.flush(); // the peer may be there before this tick ends
  const receiver = await start('C', one.name, ['keep', 10]);
  expect(await receiver.line()).toBe('keeps');
  expect(() => one.receiver()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
  receiver.kill('SIGKILL');
  await receiver.ended;
  await (await start('C', one.name, ['receive', 11, 'place', 'block'])).success();
  expect(one.statSync()).toMatchObject({ depth: 0, received: 11 });
});

test('a receiver that sleeps is woken by whoever comes after a killed sender', async () => {
  const one = makeChannel({ capacity: 1024 });
  const receiver = await start('C', one.name, ['receive', 20, 'copy', 'block']);
  const sender = await start('C', one.name, ['send', 10, 'together']);
  await sender.success();
  await waitUntil('all is received', () => one.statSync().depth === 0);
  await untilBlockedIn('futex', receiver.pid);
  using next = one.sender();
  for (let i = 10; i < 20; i++) {
    next.sendSync(numbered(i), { type: i });
    next.flush();
    await sleep(1);
  }
  expect(await receiver.success()).toContain('done');
});

test('C fails, or drops the newest, as the channel says', async () => {
  const until = async (full: channel.WhenFull): Promise<[string, channel.ChannelStatus]> => {
    const one = makeChannel({ capacity: 1024, full });
    const peer = await startC('channel-c-peer', [one.name, 'send', '100', 'copy', 'block']);
    const { stdout, stderr } = await soon('the end', peer.ended);
    return [stdout + stderr, one.statSync()];
  };
  expect((await until('fail'))[0]).toMatch('send: Resource temporarily unavailable');
  const [said, { sent, dropped, depth }] = await until('drop-newest');
  expect(said).toMatch('done');
  expect(sent + dropped).toBe(100);
  expect(depth).toBe(sent);
  expect(dropped).toBeGreaterThan(0);
});
