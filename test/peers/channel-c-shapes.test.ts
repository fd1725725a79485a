/** Channels of any shape between Node and C programs: several senders, several receivers, the oldest dropped, no capacity. */

import { setTimeout as sleep } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { patience, scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { collect } from '../support/full-channels';
import { numbered } from '../support/numbered';
import { startC, type Peer } from '../support/processes';
import { Takers, type Form } from '../support/takers';
import { unbounded } from '../support/unbounded';
import { soon, waitUntil } from '../support/wait-until';

type Language = 'C' | 'Node' | 'both';

const forms = {
  C: { send: ['C together', 'C copy'], receive: ['C copy', 'C timed', 'C try'] },
  Node: { send: ['sync', 'promise'], receive: ['promise', 'sync', 'batches'] },
  both: { send: ['C copy', 'sync'], receive: ['C copy', 'promise', 'C copy'] },
} as const;

const pairs: { from: Language; to: Language }[] = [
  { from: 'C', to: 'Node' },
  { from: 'Node', to: 'C' },
  { from: 'C', to: 'C' },
  { from: 'both', to: 'both' },
];

const rendezvous = { capacity: 0, maxLength: 300 };

async function startReceivers(
  takers: Takers,
  to: Language,
  waiting?: channel.Waiting,
): Promise<void> {
  for (let i = 0; i < takers.one.receivers; i++) {
    await takers.start(forms[to].receive[i % 3] as Form, waiting);
  }
}

describe.each(pairs)('$from to $to', ({ from, to }) => {
  test.each([
    [{ senders: 3 }, 2, 20_000],
    [{ receivers: 3 }, 1, 20_000],
    [{ senders: 3, receivers: 3 }, 2, 20_000],
    [{ senders: 3, receivers: 2, capacity: 1024 }, 2, 5000],
    [rendezvous, 1, 2000],
    [{ ...rendezvous, receivers: 3 }, 1, 2000],
    [{ ...unbounded, senders: 3, receivers: 1 }, 2, 5000],
    [{ ...unbounded, senders: 2, receivers: 3 }, 2, 5000],
  ])(
    'every message once, whole, those of one sender in order: %j',
    async (options, senders, most) => {
      const each = scaled(most);
      const takers = new Takers(options, senders, each);
      await startReceivers(takers, to);
      const peers: Peer[] = [];
      for (let i = 0; i < senders; i++)
        peers.push(await takers.send(i, forms[from].send[i] as Form));
      for (const peer of peers) await peer.success();
      await takers.taken(senders * each);
      const counts = await takers.finish(takers.one.sender());
      expect(counts.reduce((sum, count) => sum + count)).toBe(senders * each);
      expect(takers.ledger.faults).toEqual({ again: 0, missing: 0 });
      const total = senders * each + counts.length;
      expect(takers.one.statSync()).toMatchObject({
        depth: 0,
        bytes: 0,
        sent: total,
        received: total,
        receivers: [],
      });
    },
    patience(10),
  );

  test.each([
    { receivers: 1 },
    { receivers: 3 },
    { receivers: 2, senders: 2 },
    { ...unbounded, receivers: 2 },
  ])(
    'the oldest make room: what is taken is whole, none twice, all others are counted: %j',
    async (options) => {
      const takers = new Takers({ capacity: 1024, ...options, full: 'drop-oldest' }, 1, 60_000);
      const { one, ledger } = takers;
      await startReceivers(takers, to);
      await (await takers.send(0, forms[from].send[0])).success();
      await waitUntil('all are counted', () => {
        const { sent, received, dropped } = one.statSync();
        return received === sent - dropped;
      });
      const { dropped, received } = one.statSync();
      await takers.taken(received);
      expect(dropped).toBeGreaterThan(0);
      expect(ledger.faults).toEqual({ again: 0, missing: dropped });
      await takers.finish(one.sender());
    },
    patience(10),
  );

  test.each(['adaptive', 'block', 'spin'] as const)(
    'messages that come now and then wake who sleeps: %s',
    async (waiting) => {
      const rounds = scaled(1000);
      const takers = new Takers({ receivers: 2, senders: 2, waiting }, 2, rounds);
      const { one } = takers;
      await startReceivers(takers, to, waiting);
      const sender = one.sender();
      for (let type = 0; type < rounds; type++) {
        sender.sendSync(numbered(type), { type });
        sender.flush();
        await takers.takenNow(type + 1);
      }
      await (await takers.send(1, forms[from].send[1], waiting)).success();
      await takers.taken(2 * rounds);
      await takers.finish(sender);
      takers.ledger.published(0, rounds);
      expect(takers.ledger.faults).toEqual({ again: 0, missing: 0 });
    },
  );
});

test.each([
  'channel-c-shapes',
  ...['meeting', 'tidied', 'spin'].map((one) => `channel-c-${one}-rules`),
])('what channel.h answers in one process: %s', async (program) => {
  expect(await (await startC(program)).success()).toBe('done\n');
});

describe('roles', () => {
  test('as many senders as there may be, whichever their language', async () => {
    const one = makeChannel({ senders: 2 });
    using sender = one.sender();
    const takers = await startC('channel-c-peer', [one.name, 'hold', '0', 'copy', 'block']);
    expect(await takers.line()).toBe('ready');
    expect(one.statSync().senders.map(({ pid }) => pid)).toEqual([process.pid, takers.pid]);
    expect(() => one.sender()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
    sender.close();
    one.sender();
    const third = await startC('channel-c-peer', [one.name, 'send', '1', 'copy', 'block']);
    expect(await third.ended).toMatchObject({ stderr: 'open: Device or resource busy\n' });
  });

  test('trySend of Node sends only while a receiver in C waits', async () => {
    const takers = new Takers({ ...rendezvous, receivers: 2 }, 1, 100);
    const sender = takers.one.sender();
    expect(sender.trySend('x')).toBe(false);
    const peer = await takers.start('C copy', 'block');
    await untilBlockedIn('futex', peer.pid);
    expect(sender.trySend(numbered(5), { type: 5 })).toBe(true);
    await takers.taken(1);
    await takers.finish(sender);
    expect(sender.trySend('x')).toBe(false);
  });
});

describe('who is killed', () => {
  test.each([
    ['channel_claiming', 0],
    ['channel_claimed', 1],
  ])('a receiver at %s takes %d with it', async (step, lost) => {
    const takers = new Takers({ receivers: 2 }, 1, 100);
    const { one, ledger } = takers;
    const sender = one.sender();
    for (let type = 0; type < 10; type++) sender.sendSync(numbered(type), { type });
    sender.flush();
    const victim = await takers.start('C copy', 'block', [step, '4']);
    expect((await victim.ended).signal).toBe('SIGKILL');
    expect(ledger.total).toBe(4);
    expect(one.statSync()).toMatchObject({ depth: 6 - lost, receivers: [] });
    takers.peers.length = 0;
    await takers.start('C copy', 'block');
    await takers.taken(10 - lost);
    await takers.finish(sender);
    ledger.published(0, 10);
    expect(ledger.faults).toEqual({ again: 0, missing: lost });
  });

  test('a sender while it drops: depth is right, and the next one goes on', async () => {
    const takers = new Takers({ full: 'drop-oldest', capacity: 1024, receivers: 2 }, 2, 100);
    const { one, ledger } = takers;
    const victim = await takers.send(0, 'C copy', 'block', ['channel_discarded']);
    expect((await victim.ended).signal).toBe('SIGKILL');
    using receiver = one.receiver();
    const { depth } = one.statSync();
    expect(depth).toBeGreaterThan(0);
    expect(collect(receiver)).toHaveLength(depth);
    await (await takers.send(1, 'C copy')).success();
    const types = collect(receiver).map(({ type }) => type);
    expect(types.length).toBeGreaterThan(0);
    expect(types).toEqual(types.map((_, i) => 2 * ledger.each - types.length + i));
  });

  test.each(['promise', 'C copy'] as const)(
    'a sender after it has published, and before it rings: %s wakes all the same',
    async (form) => {
      const takers = new Takers({ receivers: 2, senders: 2 }, 1, 10);
      for (let i = 0; i < 2; i++) {
        const peer = await takers.start(form, 'block');
        await untilBlockedIn(form === 'promise' ? 'futex_waitv' : 'futex', peer.pid);
      }
      const victim = await takers.send(0, 'C copy', 'block', ['channel_published']);
      expect((await victim.ended).signal).toBe('SIGKILL');
      await takers.taken(1);
      await takers.finish(takers.one.sender());
    },
  );

  test('what a killed sender offered is taken back by the next one', async () => {
    const one = makeChannel(rendezvous);
    const args = [one.name, 'send', '1', 'copy', 'block'];
    const victim = await startC('channel-c-peer', args);
    await waitUntil('it offers', () => one.statSync().depth === 1);
    victim.kill('SIGKILL');
    await victim.ended;
    const next = await startC('channel-c-peer', args);
    await waitUntil('it offers', () => one.statSync().dropped === 1 && one.statSync().depth === 1);
    expect(collect(one.receiver())).toHaveLength(1);
    expect(await next.success()).toContain('done');
    expect(one.statSync()).toMatchObject({ sent: 2, received: 1, dropped: 1, depth: 0 });
  });

  test(
    'again and again, senders and receivers, in the midst of it: the others go on',
    async () => {
      const kills = scaled(12);
      const each = 200_000;
      const takers = new Takers({ senders: 2, receivers: 3 }, kills + 10, each);
      const { one, ledger, peers } = takers;
      for (const form of ['C copy', 'promise', 'C timed'] as const) await takers.start(form);
      let begun = 0;
      const send = (): Promise<Peer> => takers.send(begun++, 'C slow', 'block', [], 'hold');
      const senders = [await send(), await send()];
      for (let i = 0; i < kills; i++) {
        const before = ledger.total;
        await waitUntil('they go on', () => ledger.total > before + 200);
        const victim = (i % 2 === 0 ? peers : senders).shift();
        victim?.kill('SIGKILL');
        await victim?.ended;
        if (i % 2 === 0) await takers.start(i % 4 === 0 ? 'C copy' : 'promise');
        else senders.push(await send());
      }
      for (const peer of senders) peer.kill('SIGKILL');
      for (const peer of senders) await peer.ended;
      await waitUntil('the rest is taken', () => one.statSync().bytes === 0);
      const counts = await takers.finish(one.sender());
      expect(counts).toHaveLength(3);
      expect(ledger.faults.again).toBe(0);
      const { sent } = one.statSync();
      // A message or batch of each receiver that was killed, at most.
      expect(sent - 3 - ledger.total).toBeLessThanOrEqual(kills * 16);
    },
    patience(10),
  );
});

test('a receiver that is stopped holds up nobody', async () => {
  const takers = new Takers({ receivers: 2 }, 1, 1000);
  const stopped = await takers.start('C copy', 'block');
  await untilBlockedIn('futex', stopped.pid);
  stopped.kill('SIGSTOP');
  await takers.start('C copy', 'block');
  await (await takers.send(0, 'C copy')).success();
  await takers.taken(1000);
  stopped.kill('SIGCONT');
  await sleep(1);
  await soon('both', takers.finish(takers.one.sender()));
  expect(takers.ledger.faults).toEqual({ again: 0, missing: 0 });
});
