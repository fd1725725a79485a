/** sendMany, sendManySync, trySendMany: many messages of one type, counted from the front. */

import type { sysv } from 'posix-ipc';
import type { Data } from '../../lib/core/options';
import { sendManyForms } from '../support/forms';
import { kernelLimit } from '../support/machine';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { fullQueue, temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';

/** A deadline for Sync forms: jest's own cannot fire while the thread is blocked. */
const timeout = 20_000;

function textsIn(queue: sysv.MessageQueue): string[] {
  return queue.drainSync().map(({ data }) => data.toString());
}

describe.each(sendManyForms)('%s', (_name, sendMany) => {
  test('sends all, in order, and counts them', async () => {
    const queue = temporaryQueue();
    expect(await sendMany(queue, ['a', '', 'ccc'], { type: 5 })).toBe(3);
    expect(queue.drainSync()).toEqual([
      { type: 5, data: Buffer.from('a') },
      { type: 5, data: Buffer.alloc(0) },
      { type: 5, data: Buffer.from('ccc') },
    ]);
  });

  test('nothing to send is 0', async () => {
    expect(await sendMany(temporaryQueue(), [])).toBe(0);
    expect(await sendMany(fullQueue(), [])).toBe(0);
  });

  test('takes any iterable, and any kind of data', async () => {
    function* kinds(): Generator<Data> {
      yield 'text';
      yield new Uint16Array([0x4142]);
      yield new DataView(new ArrayBuffer(1));
      yield new ArrayBuffer(2);
    }
    const queue = temporaryQueue();
    expect(await sendMany(queue, kinds())).toBe(4);
    expect(textsIn(queue)).toEqual(['text', 'BA', '\0', '\0\0']);
    expect(await sendMany(queue, new Set(['a', 'b']))).toBe(2);
  });

  test('more than fit one crossing into C++', async () => {
    const queue = temporaryQueue();
    const messages = Array.from({ length: 3000 }, (_, i) => String(i % 10));
    expect(await sendMany(queue, messages)).toBe(3000);
    expect(textsIn(queue)).toEqual(messages);
  });

  test('bytes that say to be more when they are asked again: what they are is sent', async () => {
    const queue = temporaryQueue();
    const truths = [3];
    const data = Object.defineProperty(Buffer.from('abc'), 'length', {
      get: () => truths.pop() ?? 12,
    });
    expect(await sendMany(queue, [data, 'after'])).toBe(2);
    expect(textsIn(queue)).toEqual(['abc', 'after']);
  });

  test('types beyond the safe integers', async () => {
    const queue = temporaryQueue();
    expect(await sendMany(queue, ['x', 'y'], { type: 2n ** 63n - 1n })).toBe(2);
    expect(queue.drainSync().map(({ type }) => type)).toEqual([2n ** 63n - 1n, 2n ** 63n - 1n]);
  });

  const notIterable = { [Symbol.iterator]: 5 };

  test.each([null, undefined, 5, {}, Symbol('s'), 'text', Buffer.from('bytes'), notIterable])(
    'refuses %p as a list',
    async (list) => {
      const queue = temporaryQueue();
      expect(await codeOfRejection(sendMany(queue, list as never))).toBe('ERR_INVALID_ARG_TYPE');
      expect(queue.statSync().messages).toBe(0);
    },
  );

  test('a wrong element is told before anything is sent', async () => {
    const queue = temporaryQueue();
    const list = ['a', 5, 'c'] as string[];
    const { message } = await rejectionOf(sendMany(queue, list));
    expect(message).toMatch('The "messages[1]" argument must be a string');
    expect(queue.statSync().messages).toBe(0);
  });

  test('what the iterable throws comes out, and nothing is sent', async () => {
    function* broken(): Generator<string> {
      yield 'a';
      throw new Error('no more');
    }
    const queue = temporaryQueue();
    await expect(sendMany(queue, broken())).rejects.toThrow('no more');
    expect(queue.statSync().messages).toBe(0);
  });

  test('no messages are sent at once, behind others that wait too', async () => {
    const queue = fullQueue();
    const waiting = queue.send('y');
    expect(await soon('the call', sendMany(queue, []))).toBe(0);
    queue.drainSync();
    await soon('the send', waiting);
  });

  test('bytes that say to be more than they are: what they are is sent', async () => {
    const queue = temporaryQueue();
    queue.sendSync('somebody else, who wrote a longer one');
    queue.drainSync();
    const data = Object.defineProperty(Buffer.from('abc'), 'length', { value: 12 });
    expect(await sendMany(queue, [data, 'd'])).toBe(2);
    expect(textsIn(queue)).toEqual(['abc', 'd']);
  });

  test('a generator is read to its end, whatever there is room for', async () => {
    const queue = temporaryQueue();
    let pulled = 0;
    function* messages(): Generator<string> {
      for (; pulled < 5; pulled++) yield 'x';
    }
    expect(await sendMany(queue, messages())).toBe(5);
    queue.setSync({ maxBytes: 5 });
    pulled = 0;
    expect(queue.trySendMany(messages())).toBe(0);
    expect(pulled).toBe(5);
  });

  test('a generator may fill the same memory again and again', async () => {
    function* digits(): Generator<Buffer> {
      const memory = Buffer.alloc(1);
      for (const digit of '0123') {
        memory.write(digit);
        yield memory;
      }
    }
    const queue = temporaryQueue();
    expect(await sendMany(queue, digits())).toBe(4);
    expect(textsIn(queue)).toEqual(['0', '1', '2', '3']);
  });

  test('a queue that is gone is EINVAL', async () => {
    const queue = temporaryQueue();
    queue.removeSync();
    expect(await codeOfRejection(sendMany(queue, ['x']))).toBe('EINVAL');
  });

  test.each([kernelLimit('msgmax') + 1, 200_000])(
    'counts what was sent before a message of %i bytes, which no queue takes',
    async (length) => {
      const queue = temporaryQueue();
      expect(await sendMany(queue, ['a', 'b', Buffer.alloc(length), 'd'])).toBe(2);
      expect(textsIn(queue)).toEqual(['a', 'b']);
      const error = await rejectionOf(sendMany(queue, [Buffer.alloc(length), 'd']));
      expect(error).toMatchObject({ code: 'EINVAL', syscall: 'msgsnd' });
      expect(error.message).toContain('kernel.msgmax');
    },
  );

  test('counts what was sent before a message that this queue never takes', async () => {
    const queue = temporaryQueue({ maxBytes: 10 });
    const tooLong = Buffer.alloc(11);
    expect(await sendMany(queue, ['a', tooLong, 'c'])).toBe(1);
    expect(textsIn(queue)).toEqual(['a']);
  });
});

describe('a queue that fills up', () => {
  test('trySendMany sends what there is room for', () => {
    const queue = temporaryQueue({ maxBytes: 3 });
    expect(queue.trySendMany(['a', 'b', 'c', 'd'])).toBe(3);
    expect(queue.trySendMany(['e'])).toBe(0);
    expect(textsIn(queue)).toEqual(['a', 'b', 'c']);
  });

  test('trySendMany stops at the first that does not fit', () => {
    const queue = temporaryQueue({ maxBytes: 3 });
    expect(queue.trySendMany(['aa', 'bb', 'c'])).toBe(1);
    expect(textsIn(queue)).toEqual(['aa']);
  });

  test('sendMany waits for room until all are sent', async () => {
    const queue = temporaryQueue({ maxBytes: 3 });
    const messages = Array.from({ length: 50 }, (_, i) => String.fromCharCode(65 + (i % 26)));
    const sending = queue.sendMany(messages);
    const received: string[] = [];
    while (received.length < 50) received.push((await queue.receive({ timeout })).data.toString());
    expect(await soon('the sends', sending)).toBe(50);
    expect(received).toEqual(messages);
  });

  test('sendMany reads all bytes before it returns', async () => {
    const queue = fullQueue(1);
    const data = [Buffer.from('a'), Buffer.from('b')];
    const sending = queue.sendMany(data);
    for (const buffer of data) buffer.write('z');
    const received: string[] = [];
    while (received.length < 3) received.push((await queue.receive({ timeout })).data.toString());
    expect(received).toEqual(['x', 'a', 'b']);
    expect(await sending).toBe(2);
  });

  test('time that expires after some were sent: their number', async () => {
    const queue = temporaryQueue({ maxBytes: 2 });
    expect(await queue.sendMany(['a', 'b', 'c'], { timeout: 5 })).toBe(2);
    expect(textsIn(queue)).toEqual(['a', 'b']);
    expect(queue.sendManySync(['a', 'b', 'c'], { timeout: 5 })).toBe(2);
    expect(textsIn(queue)).toEqual(['a', 'b']);
    expect(await queue.sendMany(['a', 'b', 'c'], { timeout: 0 })).toBe(2);
    expect(textsIn(queue)).toEqual(['a', 'b']);
    expect(queue.sendManySync(['a', 'b', 'c'], { timeout: 0 })).toBe(2);
  });

  test('time that expires before any was sent: ETIMEDOUT, not earlier', async () => {
    const queue = fullQueue(1);
    for (const time of [0, 20]) {
      const began = performance.now();
      expect(await codeOfRejection(queue.sendMany(['a'], { timeout: time }))).toBe('ETIMEDOUT');
      expect(performance.now() - began).toBeGreaterThanOrEqual(time);
      const again = performance.now();
      expect(codeThrownBy(() => queue.sendManySync(['a'], { timeout: time }))).toBe('ETIMEDOUT');
      expect(performance.now() - again).toBeGreaterThanOrEqual(time);
    }
    expect(textsIn(queue)).toEqual(['x']);
  });

  test('an abort after some were sent: their number; before: the reason', async () => {
    const queue = temporaryQueue({ maxBytes: 2 });
    const controller = new AbortController();
    const some = queue.sendMany(['a', 'b', 'c'], { signal: controller.signal });
    const none = queue.sendMany(['d'], { signal: controller.signal });
    controller.abort('enough');
    expect(await soon('both', Promise.allSettled([some, none]))).toEqual([
      { status: 'fulfilled', value: 2 },
      { status: 'rejected', reason: 'enough' },
    ]);
    expect(textsIn(queue)).toEqual(['a', 'b']);
    const aborted = queue.sendMany(['e'], { signal: controller.signal });
    await expect(aborted).rejects.toBe('enough');
    expect(textsIn(queue)).toEqual([]);
  });

  test('a removal after some were sent: their number', async () => {
    const queue = temporaryQueue({ maxBytes: 2 });
    const some = queue.sendMany(['a', 'b', 'c']);
    const none = codeOfRejection(queue.sendMany(['d']));
    queue.removeSync();
    expect(await soon('the first', some)).toBe(2);
    expect(await soon('the second', none)).toBe('EIDRM');
  });

  test('a closed object after some were sent: their number', async () => {
    const queue = temporaryQueue({ maxBytes: 2 });
    const some = queue.sendMany(['a', 'b', 'c']);
    const none = codeOfRejection(queue.sendMany(['d']));
    queue.close();
    expect(await soon('the first', some)).toBe(2);
    expect(await soon('the second', none)).toBe('ERR_CLOSED');
  });
});

describe('a message that is longer than the queue can ever hold', () => {
  const tooLong = Buffer.alloc(11);

  test('is EMSGSIZE where it is the first', async () => {
    const queue = temporaryQueue({ maxBytes: 10 });
    expect(await codeOfRejection(queue.sendMany([tooLong, 'b']))).toBe('EMSGSIZE');
    expect(codeThrownBy(() => queue.sendManySync([tooLong, 'b'], { timeout }))).toBe('EMSGSIZE');
    expect(codeThrownBy(() => queue.trySendMany([tooLong, 'b']))).toBe('EMSGSIZE');
    expect(queue.trySendMany(['a', tooLong])).toBe(1);
  });

  test('ends a call that has waited before: how many were sent', async () => {
    const queue = fullQueue(1);
    const sending = queue.sendMany(['a', tooLong, 'c']);
    expect(queue.tryReceive()?.data.toString()).toBe('x');
    expect(await soon('the sends', sending)).toBe(1);
    expect(textsIn(queue)).toEqual(['a']);
  });
});
