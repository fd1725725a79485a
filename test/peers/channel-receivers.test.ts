/** Several receivers of one channel, in processes of their own: each message goes to one. */

import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { untilBlockedIn, untilWordsAwaited } from '../support/blocked';
import { scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { collect, fill } from '../support/full-channels';
import { numbered } from '../support/numbered';
import { startNode, type Peer } from '../support/processes';
import { ready, Takers, type Form } from '../support/takers';
import type { TakenLedger } from '../support/taken-ledger';
import { soon, waitUntil } from '../support/wait-until';

test.each([
  ['wait', ['promise', 'sync', 'batches']],
  ['wait', ['place', 'into', 'place']],
  ['fail', ['batches', 'sync', 'promise']],
] as const)('every message once, those of one sender in order: %s, %j', async (full, forms) => {
  const takers = new Takers({ senders: 3, receivers: 3, full }, 2, 20_000);
  for (const form of forms) await takers.start(form);
  const { one, ledger } = takers;
  if (full === 'wait') {
    const senders = [await takers.send(0, 'sync'), await takers.send(1, 'promise')];
    for (const peer of senders) await peer.success();
  } else {
    for (let sender = 0; sender < 2; sender++) await sendWhereItFails(one, ledger, sender);
  }
  await takers.taken(2 * ledger.each);
  const counts = await takers.finish(one.sender());
  expect(counts.reduce((sum, count) => sum + count)).toBe(2 * ledger.each);
  expect(ledger.faults).toEqual({ again: 0, missing: 0 });
  const total = 2 * ledger.each + 3;
  expect(one.statSync()).toMatchObject({ depth: 0, bytes: 0, sent: total, received: total });
});

async function sendWhereItFails(
  one: channel.Channel,
  ledger: TakenLedger,
  sender: number,
): Promise<void> {
  using end = one.sender();
  for (let i = 0; i < ledger.each;) {
    const type = sender * ledger.each + i;
    if (end.trySend(numbered(type), { type })) i++;
    else await turn();
  }
  ledger.published(sender, ledger.each);
}

test.each(['drop-oldest', 'drop-newest'] as const)(
  '%s: what is taken is whole, none twice, and all others are counted',
  async (full) => {
    const takers = new Takers({ receivers: 3, full, capacity: 4096 }, 1, 100_000);
    for (const form of ['promise', 'batches', 'place'] as const) await takers.start(form);
    const { one, ledger } = takers;
    await (await takers.send(0, 'sync')).success();
    await waitUntil('the rest is taken', () => one.statSync().bytes === 0);
    await waitUntil('all are counted', () => {
      const { sent, received, dropped } = one.statSync();
      return received === sent - (full === 'drop-oldest' ? dropped : 0);
    });
    await takers.taken(one.statSync().received);
    const { dropped } = one.statSync();
    expect(dropped).toBeGreaterThan(0);
    expect(ledger.total + dropped).toBe(ledger.each);
    expect(ledger.faults).toEqual({ again: 0, missing: dropped });
    await takers.finish(one.sender());
  },
);

test('without capacity: what is sent is taken by one', async () => {
  const takers = new Takers({ receivers: 3, capacity: 0, maxLength: 300 }, 1, 3000);
  for (const form of ['promise', 'into', 'sync'] as const) await takers.start(form);
  const { ledger, one } = takers;
  await (await takers.send(0, 'promise')).success();
  await takers.taken(3000);
  expect(ledger.faults).toEqual({ again: 0, missing: 0 });
  await takers.finish(one.sender());
});

describe('of receivers that sleep', () => {
  test('none sleeps on while a message is there: many rounds', async () => {
    const rounds = 10_000;
    const takers = new Takers({ receivers: 3, senders: 2 }, 2, rounds);
    for (let i = 0; i < 3; i++) await takers.start(i < 2 ? 'promise' : 'into', 'block');
    const { one, ledger } = takers;
    const [first, second] = [one.sender(), one.sender()];
    let sent = 0;
    for (let round = 0; round < rounds; round++) {
      for (const [who, sender] of [first, second].entries()) {
        if (round % 3 === who) continue; // now and then only the other one
        const type = who * rounds + round;
        sender.sendSync(numbered(type), { type });
        sent++;
        if (round % 2 === 0) sender.flush();
      }
      for (const sender of [first, second]) sender.flush();
      await takers.takenNow(sent);
    }
    expect(ledger.faults.again).toBe(0);
    await takers.finish(first);
  });

  test('one that is woken and does not come leaves the message to the others', async () => {
    const takers = new Takers({ receivers: 3 }, 1, 1000);
    for (let i = 0; i < 3; i++) await takers.start('promise', 'block');
    const { one, ledger, peers } = takers;
    using sender = one.sender();
    for (let type = 0; type < 20; type++) {
      const victim = peers[type % 3] as Peer;
      await untilBlockedIn('futex_waitv', victim.pid);
      victim.kill('SIGSTOP');
      sender.sendSync(numbered(type), { type });
      sender.flush();
      await takers.taken(type + 1);
      victim.kill(type < 18 ? 'SIGCONT' : 'SIGKILL');
    }
    expect(ledger.faults.again).toBe(0);
    await waitUntil('the killed are gone', () => one.statSync().receivers.length === 1);
    sender.sendSync(numbered(20), { type: 20 });
    sender.flush();
    await takers.taken(21);
  });

  test('the death of a sender before it rings wakes all, also if the one that is told of it dies', async () => {
    const takers = new Takers({ receivers: 2 }, 1, 10);
    const silent = await ready(
      startNode('channel-silent', [takers.one.name, 'channel', 'when told']),
    );
    const mute = await ready(startNode('channel-mute', [takers.one.name]));
    await untilWordsAwaited(mute.pid, 1); // first in the kernel's line
    const peer = await takers.start('promise', 'block');
    await untilWordsAwaited(peer.pid, 3); // its bell, and the roles of both
    silent.tell('go on');
    expect(await silent.line()).toBe('published');
    silent.kill('SIGKILL');
    expect(await mute.line()).toBe('told');
    expect(takers.ledger.total).toBe(0);
    mute.kill('SIGKILL');
    await takers.taken(10);
  });
});

test('a sender that sleeps is woken by the death of any receiver before it rings', async () => {
  const one = makeChannel({ capacity: 1024, receivers: 2, waiting: 'block' });
  const [sender, first] = [one.sender(), one.receiver()];
  fill(sender);
  const waiting = sender.send('12345678');
  await waitUntil('it sleeps', () => one.statSync().senderSleeps);
  const silent = await ready(startNode('channel-silent', [one.name, 'receiver', 'when told']));
  await sleep(scaled(50)); // it sleeps again, and watches the new one
  silent.tell('go on');
  expect(await silent.line()).toBe('published');
  silent.kill('SIGKILL');
  await silent.ended;
  await soon('room', waiting);
  expect(collect(first)).toHaveLength(64 - 10 + 1);
});

test('receivers that are killed take what they had claimed with them, and nothing else', async () => {
  const takers = new Takers({ receivers: 4, senders: 2 }, 2, 40_000);
  const { one, ledger, peers } = takers;
  const forms: Form[] = ['promise', 'sync', 'batches', 'place'];
  const mostHeld = 16;
  for (const form of forms) await takers.start(form);
  const senders = [await takers.send(0, 'promise'), await takers.send(1, 'sync')];
  const kills = 8;
  for (let i = 0; i < kills; i++) {
    const before = ledger.total;
    await waitUntil('they go on', () => ledger.total > before + 500 || ledger.total > 70_000);
    const victim = peers.shift() as Peer;
    expect(one.statSync().receivers.map(({ pid }) => pid)).toContain(victim.pid);
    victim.kill('SIGKILL');
    await victim.ended;
    await takers.start(forms[i % 4] as Form);
  }
  for (const peer of senders) await peer.success();
  await waitUntil('the rest is taken', () => one.statSync().bytes === 0);
  const counts = await takers.finish(one.sender());
  expect(counts).toHaveLength(4);
  const { again, missing } = ledger.faults;
  expect(again).toBe(0);
  expect(missing).toBeLessThanOrEqual(kills * mostHeld);
});
