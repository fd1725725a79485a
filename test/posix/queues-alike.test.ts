/** One suite for both kinds of message queues: the interface is the same where the concept is. */

import { setImmediate as turn } from 'node:timers/promises';

import type { Data } from '../../lib/core/options';
import { detach } from '../support/detach';
import { codeOfRejection, codeThrownBy } from '../support/outcome';
import {
  intos,
  queueKinds,
  receives,
  sends,
  type AnyMessage,
  type AnyQueue,
} from '../support/queue-kinds';
import { soon } from '../support/wait-until';

const memory = Uint8Array.from({ length: 32 }, (_, i) => i).buffer;
const shared = new SharedArrayBuffer(3);
new Uint8Array(shared).set([7, 8, 9]);

const kinds: [what: string, data: Data, bytes: number[]][] = [
  ['text, as UTF-8', 'é€', [0xc3, 0xa9, 0xe2, 0x82, 0xac]],
  ['no text', '', []],
  ['text with a null', 'a\0b', [97, 0, 98]],
  ['a Buffer', Buffer.from([1, 2, 255]), [1, 2, 255]],
  ['an empty Buffer', Buffer.alloc(0), []],
  ['a Uint16Array with an offset', new Uint16Array(memory, 4, 1), [4, 5]],
  ['a DataView with an offset', new DataView(memory, 5, 3), [5, 6, 7]],
  ['an ArrayBuffer', memory.slice(0, 2), [0, 1]],
  ['a SharedArrayBuffer', shared, [7, 8, 9]],
  ['a view of a SharedArrayBuffer', new Uint8Array(shared, 1), [8, 9]],
];

/** It tells nothing of itself that is true. */
class Liar extends Uint8Array {
  override get length(): number {
    return 1;
  }

  override get byteLength(): number {
    return 2;
  }

  override set(): void {
    throw new Error('its own set was called');
  }
}

function texts(messages: Iterable<AnyMessage>): string[] {
  return [...messages].map(({ data }) => data.toString());
}

describe.each(queueKinds)('%s', (_name, kind) => {
  function holding(...messages: string[]): AnyQueue {
    const queue = kind.empty();
    queue.trySendMany(messages);
    return queue;
  }

  describe.each(sends)('%s', (name, send) => {
    test.each(kinds)('sends %s', async (_what, data, bytes) => {
      const queue = kind.empty();
      await send(queue, data);
      const message = queue.tryReceive();
      expect([...(message?.data ?? [])]).toEqual(bytes);
      expect(message).toMatchObject(kind.plain);
    });

    test.each([7, null, {}, []])('%p is no data', async (data) => {
      const queue = kind.empty();
      expect(await codeOfRejection(send(queue, data as never))).toBe('ERR_INVALID_ARG_TYPE');
      expect(queue.statSync().messages).toBe(0);
    });

    test('after close', async () => {
      const queue = kind.empty();
      queue.close();
      expect(await codeOfRejection(send(queue, 'a'))).toBe('ERR_CLOSED');
    });

    test('to a full queue', async () => {
      const queue = kind.full(1);
      if (name.startsWith('try')) {
        expect(Number(await send(queue, 'b'))).toBe(0);
      } else if (!name.endsWith('Sync')) {
        const sending = send(queue, 'b');
        await turn();
        expect(queue.receiveSync().data.toString()).toBe('x');
        await soon('the send', sending);
        expect(queue.receiveSync().data.toString()).toBe('b');
      }
    });
  });

  describe.each(receives)('%s', (_form, receive) => {
    test('gives exactly the bytes, and takes the message', async () => {
      const queue = kind.empty();
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      queue.sendSync(bytes);
      const message = await receive(queue);
      expect(message).toEqual({ ...kind.plain, data: bytes });
      expect(Buffer.isBuffer(message?.data)).toBe(true);
      expect((await queue.stat()).messages).toBe(0);
    });

    test('each message has memory of its own', async () => {
      const queue = holding('1', '2', '');
      const [first, second, third] = [
        await receive(queue),
        await receive(queue),
        await receive(queue),
      ];
      second?.data.fill('z');
      queue.sendSync('another');
      await receive(queue);
      expect(texts([first, second, third] as AnyMessage[])).toEqual(['1', 'z', '']);
    });

    test('after close', async () => {
      const queue = holding('a');
      queue.close();
      const outcome = receive(queue);
      // What iterates has come to its end.
      if (['messages', 'batches'].includes(_form)) await outcome.catch(() => undefined);
      else expect(await codeOfRejection(outcome)).toBe('ERR_CLOSED');
    });
  });

  describe.each(intos)('%s', (_form, into) => {
    test('gives the length, and writes no more', async () => {
      const queue = holding('abc');
      const target = Buffer.alloc(300, '.');
      expect(await into(queue, target.subarray(10))).toMatchObject({ ...kind.plain, length: 3 });
      expect(target.toString('latin1', 8, 16)).toBe('..abc...');
    });

    test('writes to the memory, whatever it says and does', async () => {
      const queue = holding('abc');
      const target = new Liar(300);
      expect(await into(queue, target)).toMatchObject({ length: 3 });
      expect(Buffer.from(target.buffer, 0, 4).toString()).toBe('abc\0');
    });

    test('writes each message as long as it is, whatever the one before', async () => {
      const queue = holding('abc', 'de', '', 'fgh', 'ij');
      const target = Buffer.alloc(300);
      const seen: string[] = [];
      for (let i = 0; i < 5; i++) {
        target.fill('.');
        await into(queue, target);
        seen.push(target.toString('latin1', 0, 4));
      }
      expect(seen).toEqual(['abc.', 'de..', '....', 'fgh.', 'ij..']);
    });
  });

  test('what is tried and would wait', () => {
    const queue = kind.empty();
    expect(queue.tryReceive()).toBeUndefined();
    expect(queue.tryReceiveInto(Buffer.alloc(256))).toBeUndefined();
    expect(queue.drainSync()).toEqual([]);
    expect(kind.full().trySend('a')).toBe(false);
    expect(kind.full().trySendMany(['a', 'b'])).toBe(0);
  });

  describe('lists', () => {
    test('sendMany sends all, in order, waiting for room', async () => {
      const queue = kind.full(2);
      const names = Array.from({ length: 20 }, (_, i) => String(i % 10));
      const sending = queue.sendMany(new Set(['a', 'b']).values());
      const more = queue.sendMany(names);
      const got: string[] = [];
      for await (const batch of queue.batches({ limit: 3, timeout: 10_000 })) {
        got.push(...texts(batch));
        if (got.length === 24) break;
      }
      expect([await sending, await more]).toEqual([2, 20]);
      expect(got).toEqual(['x', 'x', 'a', 'b', ...names]);
    });

    test('a batch is whole before who called later is served', async () => {
      const queue = kind.empty();
      const batch = queue.batches({ limit: 3 }).next();
      const later = Promise.all([queue.receive(), queue.receive()]);
      queue.trySendMany(['a', 'b', 'c', 'd', 'e']);
      expect(texts((await soon('a batch', batch)).value as AnyMessage[])).toEqual(['a', 'b', 'c']);
      expect(texts(await soon('the others', later))).toEqual(['d', 'e']);
    });

    test('of nothing', async () => {
      const queue = kind.full();
      expect([await queue.sendMany([]), queue.sendManySync([]), queue.trySendMany([])]).toEqual([
        0, 0, 0,
      ]);
    });

    test.each(['abc', 7, null, { length: 1 }])('%p is no list', async (list) => {
      expect(await codeOfRejection(kind.empty().sendMany(list as never))).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    });

    test.each(['sendMany', 'sendManySync', 'trySendMany'] as const)(
      '%s of an array that takes away what was read of it',
      async (form) => {
        const queue = kind.empty();
        const data = Uint8Array.of(1, 2, 3);
        const list = [data, ''];
        Object.defineProperty(list, 1, {
          get: () => {
            detach(data.buffer);
            return '';
          },
        });
        const sending = Promise.resolve().then(() => queue[form](list));
        expect(await codeOfRejection(sending)).toBe('ERR_INVALID_ARG_TYPE');
        expect(queue.drainSync()).toEqual([]);
      },
    );

    test('a generator may fill the same memory again', () => {
      const queue = kind.empty();
      const buffer = Buffer.alloc(1);
      function* letters(): Generator<Buffer> {
        for (const letter of 'abc') {
          buffer.write(letter);
          yield buffer;
        }
      }
      queue.sendManySync(letters());
      expect(texts(queue.drainSync())).toEqual(['a', 'b', 'c']);
    });

    test.each([0, 1, 2, 3, 4])('drain takes at most %i', async (limit) => {
      const queue = holding('a', 'b', 'c');
      expect(texts(await queue.drain({ limit }))).toEqual(['a', 'b', 'c'].slice(0, limit));
      expect(queue.statSync().messages).toBe(Math.max(3 - limit, 0));
    });

    test.each([-1, 1.5, 2 ** 31])('limit %d', async (limit) => {
      const queue = kind.empty();
      expect(await codeOfRejection(queue.drain({ limit }))).toBe('ERR_OUT_OF_RANGE');
      expect(codeThrownBy(() => queue.batches({ limit }))).toBe('ERR_OUT_OF_RANGE');
    });

    test('no batch is empty', () => {
      expect(codeThrownBy(() => kind.empty().batches({ limit: 0 }))).toBe('ERR_OUT_OF_RANGE');
    });
  });

  describe('for await', () => {
    async function take(messages: AsyncIterable<AnyMessage>, count: number): Promise<string[]> {
      const taken: string[] = [];
      for await (const { data } of messages) {
        taken.push(data.toString());
        if (taken.length === count) break;
      }
      return taken;
    }

    test('takes nothing ahead: leaving the loop leaves the rest', async () => {
      const queue = holding('a', 'b', 'c');
      expect(await take(queue, 1)).toEqual(['a']);
      expect(await take(queue.messages(), 1)).toEqual(['b']);
      expect(queue.statSync().messages).toBe(1);
    });

    test('waits, and ends when the object is closed', async () => {
      const queue = kind.empty();
      const taking = take(queue, 5);
      for (const text of ['a', 'b']) {
        await turn();
        queue.sendSync(text);
      }
      await turn();
      await turn();
      queue.close();
      const taken = await soon('the loop', taking);
      expect(['a', 'b'].slice(0, taken.length)).toEqual(taken);
    });

    test('throws the reason of its signal', async () => {
      const controller = new AbortController();
      const taking = take(kind.empty().messages({ signal: controller.signal }), 1);
      controller.abort(new Error('enough'));
      await expect(taking).rejects.toThrow('enough');
    });

    test('a loop over what is there lets timers in', async () => {
      const queue = kind.empty();
      const timer = { fired: false };
      setTimeout(() => (timer.fired = true), 1);
      for (let i = 0; !timer.fired; i++) {
        expect(i).toBeLessThan(1e6);
        await queue.send('a');
        await queue.receive();
      }
    });
  });
});
