/** Several receivers where there is no room: `full`, and without capacity. */

import type { channel } from 'posix-ipc';

import { collect, fill, numberOf, texts } from '../support/full-channels';
import { most, twoReceivers } from '../support/two-receivers';
import { waitUntil } from '../support/wait-until';

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe('full', () => {
  test('wait, and fail: nothing is lost', async () => {
    for (const full of ['wait', 'fail'] as const) {
      const { one, sender, a, b } = twoReceivers({ full });
      fill(sender);
      expect(sender.trySend('12345678')).toBe(false);
      const failing = sender.send('12345678', { timeout: 1 });
      await expect(failing).rejects.toThrow(coded(full === 'fail' ? 'EAGAIN' : 'ETIMEDOUT'));
      a.receiveSync();
      expect(sender.trySend('12345678')).toBe(true);
      expect(collect(b)).toHaveLength(most);
      expect(one.statSync()).toMatchObject({ sent: most + 1, received: most + 1, dropped: 0 });
    }
  });

  test('drop-newest: what was dropped was not sent', () => {
    const { one, sender, a, b } = twoReceivers({ full: 'drop-newest' });
    for (let i = 0; i < most + 3; i++) sender.sendSync(numberOf(i));
    sender.flush();
    expect(one.statSync()).toMatchObject({ sent: most, dropped: 3, depth: most });
    expect(a.receiveSync().data.toString()).toBe(numberOf(0));
    expect(one.statSync()).toMatchObject({ received: 1, depth: most - 1 });
    expect(texts(b)).toEqual(Array.from({ length: most - 1 }, (_, i) => numberOf(i + 1)));
  });

  test('drop-oldest: each is received once or dropped', () => {
    const { one, sender, a, b } = twoReceivers({ full: 'drop-oldest' });
    const got: number[] = [];
    for (let i = 0; i < 10 * most; i++) {
      sender.sendSync(numberOf(i));
      if (i % 3 !== 0) continue;
      const message = (i % 2 === 0 ? a : b).tryReceive();
      if (message !== undefined) got.push(Number(message.data));
    }
    sender.flush();
    for (const end of [a, b, a, b]) got.push(...texts(end).map(Number));
    expect(got).toEqual([...new Set(got)].sort((x, y) => x - y));
    expect(got.at(-1)).toBe(10 * most - 1);
    const { sent, received, dropped, depth } = one.statSync();
    expect([sent, received, depth]).toEqual([10 * most, got.length, 0]);
    expect(dropped).toBe(sent - received);
    expect(dropped).toBeGreaterThan(0);
  });
});

describe('without capacity', () => {
  const none = { capacity: 0, maxLength: 100 };

  test('a send is over when one has taken it', async () => {
    const { one, sender, a, b } = twoReceivers(none);
    for (const end of [a, b]) {
      const sending = sender.send('x', { type: 3 });
      await waitUntil('the offer', () => one.statSync().depth === 1);
      expect(await end.receive()).toEqual({ type: 3, data: Buffer.from('x') });
      await sending;
    }
    const waits = [a.receive(), b.receive()];
    await sender.sendMany(['1', '2']);
    const got = (await Promise.all(waits)).map(({ data }) => data.toString());
    expect(got.sort()).toEqual(['1', '2']);
    expect(one.statSync()).toMatchObject({ sent: 4, received: 4, dropped: 0, depth: 0 });
  });

  test('trySend sends if any of them waits', async () => {
    for (const which of [0, 1]) {
      const { sender, a, b } = twoReceivers(none);
      const end = [a, b][which] as channel.Receiver;
      expect(sender.trySend('nobody waits')).toBe(false);
      const waiting = end.receive();
      expect(sender.trySend('x')).toBe(true);
      expect((await waiting).data.toString()).toBe('x');
      expect(sender.trySend('nobody waits any more')).toBe(false);
      void end.receive().catch(() => undefined);
      end.close();
      expect(sender.trySend('nor a closed one')).toBe(false);
    }
  });
});
