/** What waits, on both kinds of message queues: order, limits, close. The rest stands in queues-alike. */

import { setImmediate as turn } from 'node:timers/promises';

import { ClosedError, SystemError } from 'posix-ipc';

import { oddByte } from '../support/odd-data';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { promise, queueKinds, type AnyMessage, type AnyQueue } from '../support/queue-kinds';
import { soon } from '../support/wait-until';

function texts(messages: Iterable<AnyMessage>): string[] {
  return [...messages].map(({ data }) => data.toString());
}

describe.each(queueKinds)('%s', (_name, kind) => {
  describe('in line', () => {
    test('receives are answered in the order in which they were made', async () => {
      const queue = kind.empty();
      const got = Array.from({ length: 30 }, () => queue.receive());
      const names = Array.from({ length: 30 }, (_, i) => String(i));
      await queue.sendMany(names);
      expect(texts(await soon('the receives', Promise.all(got)))).toEqual(names);
    });

    test('sends enter in the order in which they were made', async () => {
      const queue = kind.full(1);
      const names = Array.from({ length: 30 }, (_, i) => String(i % 10));
      const sent = names.map((name) => queue.send(name));
      const got: string[] = [];
      for (let i = 0; i < 31; i++) got.push((await queue.receive()).data.toString());
      await soon('the sends', Promise.all(sent));
      expect(got).toEqual(['x', ...names]);
    });

    test('what has to wait goes as its bytes, whatever it says that its value is', async () => {
      const queue = kind.full(3);
      const sending: Promise<unknown>[] = [queue.send(oddByte(1)), queue.sendMany([oddByte(2)])];
      sending.push(queue.sendMany(new Set([oddByte(3)])));
      queue.drainSync({ limit: 3 }); // as soon as there is room the others come: those stay
      await soon('the sends', Promise.all(sending));
      expect(queue.drainSync().map(({ data }) => [...data])).toEqual([[1], [2], [3]]);
    });

    test('tryReceive leaves it to the promise that came first', async () => {
      const queue = kind.empty();
      const first = queue.receive();
      queue.sendSync('a');
      expect(queue.tryReceive()).toBeUndefined();
      expect((await soon('the receive', first)).data.toString()).toBe('a');
    });

    test('receiveSync and drain serve promises first', async () => {
      const queue = kind.empty();
      const first = queue.receive();
      queue.trySendMany(['a', 'b', 'c']);
      expect(queue.receiveSync().data.toString()).toBe('b');
      expect(texts(queue.drainSync())).toEqual(['c']);
      expect((await first).data.toString()).toBe('a');
    });

    test('trySend does not overtake', async () => {
      const queue = kind.full(1);
      const first = queue.send('1');
      expect(queue.trySend('2')).toBe(false);
      queue.tryReceive();
      expect(queue.trySend('3')).toBe(false);
      await soon('the send', first);
      expect(queue.receiveSync().data.toString()).toBe('1');
    });

    test('a message goes to one of two objects', async () => {
      const queue = kind.empty();
      const first: Promise<AnyMessage> = queue.receive();
      const second = codeOfRejection(queue.receive({ timeout: 50 }));
      queue.sendSync('a');
      expect((await soon('the first', first)).data.toString()).toBe('a');
      expect(await second).toBe('ETIMEDOUT');
    });
  });

  describe('limits of a wait', () => {
    const waits: [string, string, (options: { timeout: number }) => Promise<unknown>][] = [
      ['receive', kind.syscalls.receive, (options) => kind.empty().receive(options)],
      [
        'receiveSync',
        kind.syscalls.receive,
        (options) => promise(() => kind.empty().receiveSync(options)),
      ],
      [
        'receiveInto',
        kind.syscalls.receive,
        (options) => kind.empty().receiveInto(Buffer.alloc(256), options),
      ],
      ['messages', kind.syscalls.receive, (options) => kind.empty().messages(options).next()],
      ['batches', kind.syscalls.receive, (options) => kind.empty().batches(options).next()],
      ['send', kind.syscalls.send, (options) => kind.full().send('a', options)],
      [
        'sendSync',
        kind.syscalls.send,
        (options) =>
          promise(() => {
            kind.full().sendSync('a', options);
          }),
      ],
      ['sendMany', kind.syscalls.send, (options) => kind.full().sendMany(['a'], options)],
      [
        'sendManySync',
        kind.syscalls.send,
        (options) => promise(() => kind.full().sendManySync(['a'], options)),
      ],
    ];

    describe.each(waits)('%s', (_form, syscall, wait) => {
      test.each([0, 0.5, 20])('timeout %d', async (timeout) => {
        const began = performance.now();
        const error = await soon('the end', rejectionOf(wait({ timeout })));
        expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
        expect(error).toBeInstanceOf(SystemError);
        expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall });
      });

      test.each([-1, NaN])('timeout %d is wrong', async (timeout) => {
        expect(await codeOfRejection(promise(() => wait({ timeout })))).toBe('ERR_OUT_OF_RANGE');
      });
    });

    const aborted: [string, (signal: AbortSignal) => Promise<unknown>][] = [
      ['receive', (signal) => kind.empty().receive({ signal })],
      ['receiveInto', (signal) => kind.empty().receiveInto(Buffer.alloc(256), { signal })],
      ['messages', (signal) => kind.empty().messages({ signal }).next()],
      ['batches', (signal) => kind.empty().batches({ signal }).next()],
      ['send', (signal) => kind.full().send('a', { signal })],
      ['sendMany', (signal) => kind.full().sendMany(['a'], { signal })],
    ];

    test.each(aborted)('%s is aborted', async (_form, wait) => {
      expect(await rejectionOf(wait(AbortSignal.abort('early')))).toBe('early');
      const controller = new AbortController();
      const waiting = wait(controller.signal);
      await turn();
      controller.abort('late');
      expect(await soon('the end', rejectionOf(waiting))).toBe('late');
    });

    test('what is aborted takes nothing; the next in line gets it', async () => {
      const queue = kind.empty();
      const controller = new AbortController();
      const [first, second] = [queue.receive({ signal: controller.signal }), queue.receive()];
      controller.abort('no');
      queue.sendSync('a');
      expect(await rejectionOf(first)).toBe('no');
      expect((await soon('the second', second)).data.toString()).toBe('a');
    });

    test('sendMany that ends early tells how many it sent', async () => {
      const queue = kind.full(3);
      queue.tryReceive();
      expect(await queue.sendMany(['a', 'b', 'c'], { timeout: 20 })).toBe(1);
      queue.tryReceive();
      queue.tryReceive();
      expect(queue.sendManySync(['d', 'e', 'f'], { timeout: 20 })).toBe(2);
      expect(texts(queue.drainSync())).toEqual(['a', 'd', 'e']);
    });

    test('the error shows the line that waited', async () => {
      const error = await rejectionOf(kind.empty().receive({ timeout: 1 }));
      expect(error.stack).toContain('queues-alike-waits.test.ts');
    });
  });

  describe('close', () => {
    test('ends all waits, and is idempotent', async () => {
      const [empty, full] = [kind.empty(), kind.full()];
      const waits = [empty.receive(), empty.receive(), full.send('a'), full.sendMany(['a'])];
      const ended = Promise.allSettled(waits);
      await turn();
      for (const queue of [empty, full, empty]) queue.close();
      for (const end of await soon('the ends', ended)) {
        expect(end).toMatchObject({
          status: 'rejected',
          reason: expect.any(ClosedError) as object,
        });
      }
      expect([empty.closed, full.closed]).toEqual([true, true]);
    });

    test('leaves the messages in the queue', () => {
      const queue: AnyQueue = kind.empty();
      queue.sendSync('a');
      {
        using same = queue;
        expect(same.statSync().messages).toBe(1);
      }
      expect(codeThrownBy(() => queue.statSync())).toBe('ERR_CLOSED');
    });
  });
});
