/** Channels between processes. */

import { setTimeout as sleep } from 'node:timers/promises';

import { type channel } from 'posix-ipc';

import { scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { checkNumbered, numbered } from '../support/numbered';
import { startNode, type Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const capacity = 1 << 14;
const count = 30_000;
const flooded = 100_000;

async function start(one: channel.Channel, ...args: (string | number)[]): Promise<Peer> {
  const peer = startNode('channel-peer', [one.name, ...args.map(String)]);
  expect(await peer.line()).toBe('ready');
  return peer;
}

describe.each(['sync', 'promise', 'place'])('%s', (form) => {
  test('two processes, every message once and in order', async () => {
    const one = makeChannel({ capacity });
    const receiver = await start(one, 'receive', count, form);
    const sender = await start(one, 'send', count, form);
    await sender.success();
    await receiver.success();
    expect(one.statSync()).toMatchObject({ depth: 0, bytes: 0, sent: count, received: count });
  });
});

test('a sender that blocks and a receiver that awaits, and the reverse', async () => {
  for (const [from, to] of [
    ['sync', 'promise'],
    ['promise', 'sync'],
  ] as const) {
    const one = makeChannel({ capacity: 1024 });
    const receiver = await start(one, 'receive', 5000, to);
    const sender = await start(one, 'send', 5000, from);
    await sender.success();
    await receiver.success();
    expect(one.statSync()).toMatchObject({ depth: 0, sent: 5000 });
  }
});

test.each(['adaptive', 'block', 'spin'] as const)(
  'messages that come now and then, each waking who sleeps: %s',
  async (waiting) => {
    const one = makeChannel({ capacity: 1024, waiting });
    const receiver = await start(one, 'receive', 60, 'promise');
    using sender = one.sender();
    for (let i = 0; i < 60; i++) {
      sender.sendSync(numbered(i), { type: i });
      if (i % 3 === 0) await sleep(2);
    }
    expect(await receiver.success()).toContain('done');
  },
);

test('a sender that is killed loses nothing that it has flushed; the next one goes on', async () => {
  const one = makeChannel({ capacity });
  const sender = await start(one, 'hold');
  using receiver = one.receiver();
  let next = 0;
  const receive = async (): Promise<void> => {
    const { type, data } = await receiver.receive();
    checkNumbered(next++, type, data);
  };
  while (next < 500) await receive();
  expect(one.statSync().sender?.pid).toBe(sender.pid);
  expect(() => one.sender()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
  sender.kill('SIGKILL');
  await sender.ended;
  const { sent } = one.statSync();
  while (next < sent) await receive();
  expect(receiver.tryReceive()).toBeUndefined();
  const waiting = receiver.receive();
  const successor = one.sender();
  successor.sendSync('from the next');
  expect((await waiting).data.toString()).toBe('from the next');
});

test('a sender that waits goes on when a killed receiver has a successor', async () => {
  const one = makeChannel({ capacity: 1024 });
  const receiver = await start(one, 'receive', 1_000_000, 'sync');
  using sender = one.sender();
  for (let i = 0; i < 200; i++) await sender.send(numbered(i), { type: i });
  await waitUntil('all is received', () => one.statSync().received === 200);
  receiver.kill('SIGKILL');
  await receiver.ended;
  const data = Buffer.alloc(400, 'y');
  let sent = 0;
  while (sender.trySend(data)) sent++;
  const waiting = sender.send(data);
  using next = one.receiver();
  for (let i = 0; i < sent; i++) expect(await next.receive()).toEqual({ type: 0, data });
  await soon('room', waiting);
  expect(await next.receive()).toEqual({ type: 0, data });
});

test('a sender that is stopped between claim and commit loses nothing, however long', async () => {
  const one = makeChannel({ capacity });
  const sender = await start(one, 'claim');
  expect(await sender.line()).toBe('claimed');
  sender.kill('SIGSTOP');
  using receiver = one.receiver();
  expect((await receiver.receive()).data.toString()).toBe('before');
  await sleep(scaled(300)); // longer than anybody sleeps without looking
  expect(receiver.tryReceive()).toBeUndefined();
  expect(() => one.sender()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
  const waiting = receiver.receive();
  sender.tell('go on');
  sender.kill('SIGCONT');
  expect((await waiting).data.toString()).toBe('halffull');
  expect(await sender.success()).toContain('done');
});

test('a peer that dies before it rings: the kernel rings for it', async () => {
  const one = makeChannel({ capacity });
  const peer = await start(one, 'receive', 10, 'promise'); // sleeps, and watches the sender's role
  const silent = startNode('channel-silent', [one.name]);
  expect(await silent.line()).toBe('published');
  silent.kill('SIGKILL');
  expect(await peer.success()).toContain('done');
});

describe('four senders', () => {
  const apart = 1_000_000;

  /** Checks that the messages of each come in order; answers how many of each came. */
  async function receiveFrom(
    receiver: channel.Receiver,
    isOver: (next: readonly number[]) => boolean,
  ): Promise<number[]> {
    const next = [0, 0, 0, 0];
    if (isOver(next)) return next;
    for await (const batch of receiver.batches()) {
      for (const { type, data } of batch) {
        const who = Math.floor(type / apart);
        checkNumbered(who * apart + (next[who] ?? 0), type, data);
        next[who] = (next[who] ?? 0) + 1;
      }
      if (isOver(next)) break;
    }
    return next;
  }

  test('every message of each once and in order', async () => {
    const one = makeChannel({ capacity, senders: 4 });
    const each = 50_000;
    const peers = await Promise.all(
      [0, 1, 2, 3].map((who) =>
        start(one, 'send', each, who < 2 ? 'sync' : 'place', 'adaptive', who * apart),
      ),
    );
    using receiver = one.receiver();
    await receiveFrom(receiver, (next) => next.every((count) => count === each));
    for (const peer of peers) await peer.success();
    receiver.flush();
    expect(one.statSync()).toMatchObject({ depth: 0, sent: 4 * each, received: 4 * each });
  });

  test('one that is killed loses only what it had not published; the others go on', async () => {
    const one = makeChannel({ capacity, senders: 4 });
    const each = 5000;
    using receiver = one.receiver();
    const killed = await start(one, 'hold', 0, 'promise', 'adaptive', 0);
    const others = await Promise.all(
      [1, 2, 3].map((who) => start(one, 'send', each, 'promise', 'adaptive', who * apart)),
    );
    expect(one.statSync().senders.map(({ pid }) => pid)).toContain(killed.pid);
    expect(() => one.sender()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
    let isKilled = false;
    const next = await receiveFrom(receiver, (counts) => {
      if (!isKilled && (counts[0] ?? 0) > 500) {
        killed.kill('SIGKILL');
        isKilled = true;
      }
      return isKilled && counts.slice(1).every((count) => count === each);
    });
    await killed.ended;
    for (const peer of others) await peer.success();
    for (let left = receiver.tryReceive(); left !== undefined; left = receiver.tryReceive()) {
      checkNumbered(next[0] ?? 0, left.type, left.data);
      next[0] = (next[0] ?? 0) + 1;
    }
    receiver.flush();
    const sent = next.reduce((sum, count) => sum + count);
    expect(one.statSync()).toMatchObject({ depth: 0, sent, received: sent, senders: [] });
    const waiting = receiver.receive();
    one.sender().sendSync('from the next');
    expect((await waiting).data.toString()).toBe('from the next');
  });

  test('a receiver that sleeps is woken by each of them', async () => {
    const one = makeChannel({ capacity, senders: 4 });
    const receiver = await start(one, 'receive', 8, 'promise'); // sleeps, and watches all roles
    await waitUntil('it sleeps', () => one.statSync().receiverSleeps);
    const senders = [0, 1, 2].map(() => one.sender());
    for (let i = 0; i < 7; i++) {
      (senders[i % 3] as channel.Sender).sendSync(numbered(i), { type: i });
      await waitUntil('it sleeps again', () => {
        const { depth, receiverSleeps } = one.statSync();
        return depth === 0 && receiverSleeps;
      });
    }
    const last = one.sender();
    last.sendSync(numbered(7), { type: 7 });
    expect(await receiver.success()).toContain('done');
    expect(senders).toHaveLength(3);
  });
});

test.each(['receive', 'receiveInto', 'forEach', 'borrow'] as const)(
  'drop-oldest: a receiver that is slower gets whole messages, in order; all others are counted: %s',
  async (form) => {
    const one = makeChannel({ capacity: 4096, full: 'drop-oldest' });
    const peer = await start(one, 'send', flooded, 'sync');
    using receiver = one.receiver();
    const into = Buffer.alloc(4096);
    let last = -1;
    const check = (type: number, data: Buffer): void => {
      expect(type).toBeGreaterThan(last);
      checkNumbered(type, type, data);
      last = type;
    };
    const ways = {
      receive: ({ type, data }: channel.Message) => {
        check(type, data);
      },
      receiveInto: () => {
        const got = receiver.tryReceiveInto(into);
        if (got !== undefined) check(got.type, into.subarray(0, got.length));
      },
      forEach: () => {
        receiver.forEach((message) => {
          check(message.type, message.view());
        });
      },
      borrow: () => {
        using borrowed = receiver.tryBorrow();
        if (borrowed !== undefined) check(borrowed.type, borrowed.data);
      },
    };
    while (last < flooded - 1) {
      ways.receive(await receiver.receive());
      for (let i = 0; i < 20; i++) {
        if (form !== 'receive') ways[form]();
      }
    }
    await peer.success();
    const { sent, received, dropped } = one.statSync();
    expect([sent, received + dropped]).toEqual([flooded, flooded]);
    expect(dropped).toBeGreaterThan(0);
  },
);
