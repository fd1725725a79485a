/** receive, receiveSync, tryReceive; peek. */

import { setImmediate as turn } from 'node:timers/promises';

import type { sysv } from 'posix-ipc';

import { receiveForms } from '../support/forms';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import { fullQueue, temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';

const LONG_MAX = 2n ** 63n - 1n;
const LONG_MIN = -(2n ** 63n);

/** A queue that holds messages of these types, each with its type as text. */
function queueOf(...types: (number | bigint)[]): sysv.MessageQueue {
  const queue = temporaryQueue();
  for (const type of types) queue.sendSync(String(type), { type });
  return queue;
}

function typesLeft(queue: sysv.MessageQueue): (number | bigint)[] {
  return queue.drainSync().map(({ type }) => type);
}

describe.each(receiveForms)('%s', (_name, receive) => {
  test('gives the type and exactly the bytes, and takes the message', async () => {
    const queue = temporaryQueue();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    queue.sendSync(bytes, { type: 3 });
    const message = await receive(queue);
    expect(message).toEqual({ type: 3, data: bytes });
    expect(Buffer.isBuffer(message?.data)).toBe(true);
    expect(queue.statSync().messages).toBe(0);
  });

  test('gives an empty message', async () => {
    const queue = temporaryQueue();
    queue.sendSync('', { type: 9 });
    expect(await receive(queue)).toEqual({ type: 9, data: Buffer.alloc(0) });
  });

  test('each message has memory of its own', async () => {
    const queue = queueOf(1, 2);
    const first = await receive(queue);
    const second = await receive(queue);
    second?.data.fill('z');
    expect(first?.data.toString()).toBe('1');
    queue.sendSync('another');
    await receive(queue);
    expect(first?.data.toString()).toBe('1');
    expect(second?.data.toString()).toBe('z');
  });

  test('memory that is handed on does not empty other messages', async () => {
    const queue = queueOf(1, 2);
    const first = await receive(queue);
    const second = await receive(queue);
    if (first === undefined) throw new Error('no message');
    try {
      structuredClone(first.data.buffer, { transfer: [first.data.buffer as ArrayBuffer] });
    } catch {
      // Newer versions of Node refuse it; older ones copy.
    }
    expect(second?.data.toString()).toBe('2');
    queue.sendSync('3');
    expect((await receive(queue))?.data.toString()).toBe('3');
  });

  test.each<[string, sysv.MessageOptions, (number | bigint)[], (number | bigint)[]]>([
    ['type 0: the first', { type: 0 }, [3, 1, 2], [1, 2]],
    ['no type: the first', {}, [3, 1, 2], [1, 2]],
    ['a type: the first of it', { type: 2 }, [1, 2, 3, 2], [1, 3, 2]],
    ['a type as bigint', { type: 2n }, [1, 2, 3], [1, 3]],
    ['-2 with 4, 3, 2, 1: type 1, the lowest', { type: -2 }, [4, 3, 2, 1], [4, 3, 2]],
    ['-3 with 3, 2, 2: the first of the lowest', { type: -3 }, [3, 2, 2], [3, 2]],
    ['-LONG_MAX: the lowest of all', { type: -LONG_MAX }, [LONG_MAX, 7, 5], [LONG_MAX, 7]],
    ['LONG_MIN: the lowest of all', { type: LONG_MIN }, [LONG_MAX, 7, 5], [LONG_MAX, 7]],
    ['LONG_MAX', { type: LONG_MAX }, [1, LONG_MAX], [1]],
    ['2 ** 32 + 1 is not 1', { type: 2 ** 32 + 1 }, [1, 2 ** 32 + 1], [1]],
    ['-(2 ** 32): not only 0', { type: -(2 ** 32) }, [2 ** 33, 2 ** 31], [2 ** 33]],
    ['except: the first of another type', { type: 1, except: true }, [1, 1, 2, 3], [1, 1, 3]],
    ['except with 0 is ignored', { type: 0, except: true }, [1, 2], [2]],
    ['except false', { type: 2, except: false }, [1, 2], [1]],
  ])('%s', async (_what, options, types, left) => {
    const queue = queueOf(...types);
    const message = await receive(queue, options);
    expect(message?.data.toString()).toBe(String(message?.type));
    expect(typesLeft(queue)).toEqual(left);
  });

  test('gives a bigint where the type is beyond the safe integers', async () => {
    const queue = queueOf(2n ** 53n, LONG_MAX, Number.MAX_SAFE_INTEGER);
    expect((await receive(queue))?.type).toBe(2n ** 53n);
    expect((await receive(queue))?.type).toBe(LONG_MAX);
    expect((await receive(queue))?.type).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each([0, 4])('a message longer than maxLength %i is E2BIG, and stays', async (maxLength) => {
    const queue = temporaryQueue();
    queue.sendSync('seven!!', { type: 3 });
    const error = await rejectionOf(receive(queue, { maxLength }));
    expect(error).toMatchObject({ code: 'E2BIG', errno: -7, syscall: 'msgrcv', id: queue.id });
    expect(error.message).toContain(`longer than ${String(maxLength)} bytes`);
    expect(await receive(queue, { maxLength: 7 })).toEqual({
      type: 3,
      data: Buffer.from('seven!!'),
    });
  });

  test.each([
    [0, ''],
    [4, 'seve'],
    [7, 'seven!!'],
    [2 ** 40, 'seven!!'],
  ])('truncate with maxLength %i gives %p and drops the rest', async (maxLength, text) => {
    const queue = temporaryQueue();
    queue.sendSync('seven!!');
    expect((await receive(queue, { maxLength, truncate: true }))?.data.toString()).toBe(text);
    expect(queue.statSync().messages).toBe(0);
  });

  test('truncate without maxLength cuts nothing', async () => {
    const queue = temporaryQueue();
    queue.sendSync(Buffer.alloc(8192, 'x'));
    expect((await receive(queue, { truncate: true }))?.data).toHaveLength(8192);
  });

  test.each<[object, string]>([
    [{ type: '1' }, 'options.type'],
    [{ type: 2n ** 63n }, 'options.type'],
    [{ type: 0.5 }, 'options.type'],
    [{ except: 1 }, 'options.except'],
    [{ truncate: 'yes' }, 'options.truncate'],
    [{ maxLength: -1 }, 'options.maxLength'],
    [{ maxLength: 1n }, 'options.maxLength'],
  ])('refuses %p and names it', async (options, name) => {
    const queue = queueOf(1);
    const error = await rejectionOf(receive(queue, options));
    expect(error).toMatchObject({
      code: expect.stringMatching(/^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/) as string,
    });
    expect(error.message).toContain(`"${name}"`);
    expect(queue.statSync().messages).toBe(1);
  });

  test('a queue that is gone is EINVAL', async () => {
    const queue = temporaryQueue();
    queue.removeSync();
    const error = await rejectionOf(receive(queue));
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'msgrcv', key: queue.key });
    expect(error.message).toContain('it was removed');
  });
});

test('except with a type below 1 is ignored, also for who comes first', async () => {
  const queue = temporaryQueue();
  const first = queue.receive({ type: -7 });
  queue.trySend('x', { type: 3 });
  expect(queue.tryReceive({ type: -7, except: true })).toBeUndefined();
  expect(await first).toMatchObject({ type: 3 });
});

test('tryReceive answers undefined where there is none of the selector', () => {
  const queue = queueOf(5);
  expect(queue.tryReceive({ type: 1 })).toBeUndefined();
  expect(queue.tryReceive({ type: -4 })).toBeUndefined();
  expect(queue.tryReceive({ type: 5, except: true })).toBeUndefined();
  expect(queue.statSync().messages).toBe(1);
  expect(temporaryQueue().tryReceive()).toBeUndefined();
});

describe('a receive that has to wait', () => {
  test.each([0, 0.5, 30])('expires after %p ms, as a promise', async (timeout) => {
    const queue = queueOf(1);
    const began = performance.now();
    const error = await rejectionOf(queue.receive({ type: 2, timeout }));
    expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
    expect(error).toMatchObject({
      code: 'ETIMEDOUT',
      errno: -110,
      syscall: 'msgrcv',
      id: queue.id,
    });
    expect(queue.statSync().messages).toBe(1);
  });

  test.each([0, 0.5, 30])('expires after %p ms, in Sync form', (timeout) => {
    const queue = queueOf(1);
    const began = performance.now();
    const error = thrownBy(() => queue.receiveSync({ type: 2, timeout }));
    expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'msgrcv', id: queue.id });
    expect(queue.statSync().messages).toBe(1);
  });

  test('with a far timeout goes on waiting', async () => {
    const queue = temporaryQueue();
    const waiting = queue.receive({ timeout: 2 ** 40 });
    await turn();
    queue.sendSync('late');
    expect((await soon('the receive', waiting)).data.toString()).toBe('late');
  });

  test('is answered by an empty message, too', async () => {
    const queue = temporaryQueue();
    const waiting = queue.receive({ type: -10 });
    queue.sendSync('', { type: 10 });
    expect(await soon('the receive', waiting)).toEqual({ type: 10, data: Buffer.alloc(0) });
  });

  test('fails with E2BIG when too long a message arrives, which stays', async () => {
    const queue = temporaryQueue();
    const waiting = codeOfRejection(queue.receive({ maxLength: 3 }));
    await turn();
    queue.sendSync('long');
    expect(await soon('the receive', waiting)).toBe('E2BIG');
    expect(queue.statSync().messages).toBe(1);
  });

  test('rejects with the reason of its signal', async () => {
    const queue = temporaryQueue();
    const reason = new RangeError('enough');
    await expect(queue.receive({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = queue.receive({ signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test('a signal that is aborted already takes nothing', async () => {
    const queue = queueOf(1);
    const signal = AbortSignal.abort('no');
    await expect(queue.receive({ signal })).rejects.toBe('no');
    expect(queue.statSync().messages).toBe(1);
  });

  test('the Sync form is answered by another process', async () => {
    const queue = temporaryQueue();
    const peer = startNode('when-blocked', [String(process.pid), 'msgrcv', String(queue.id)]);
    peer.tell(JSON.stringify({ send: ['hello'] }));
    expect(await peer.line()).toBe('watching');
    expect(queue.receiveSync({ timeout: 20_000 }).data.toString()).toBe('hello');
    await peer.success();
  });

  test('a process of its own may have its wait with a selector beyond 32 bits', async () => {
    const queue = temporaryQueue();
    const waiting = [queue.receive({ type: LONG_MAX }), queue.receive({ type: 2 ** 40 })];
    queue.sendSync('a', { type: 2 ** 40 });
    queue.sendSync('b', { type: LONG_MAX });
    const messages = await soon('both', Promise.all(waiting));
    expect(messages.map(({ data }) => data.toString())).toEqual(['b', 'a']);
  });
});

describe.each<
  [string, (queue: sysv.MessageQueue, index?: number) => Promise<sysv.Message | undefined>]
>([
  ['peek', (queue, index) => queue.peek(index)],
  ['peekSync', (queue, index) => Promise.resolve().then(() => queue.peekSync(index))],
])('%s', (_name, peek) => {
  test('copies the message at an index, which stays', async () => {
    const queue = queueOf(5, 3, LONG_MAX);
    expect(await peek(queue)).toEqual({ type: 5, data: Buffer.from('5') });
    expect(await peek(queue, 0)).toEqual({ type: 5, data: Buffer.from('5') });
    expect(await peek(queue, 1)).toEqual({ type: 3, data: Buffer.from('3') });
    expect((await peek(queue, 2))?.type).toBe(LONG_MAX);
    expect(await peek(queue, 3)).toBeUndefined();
    expect(queue.statSync().messages).toBe(3);
  });

  test('of the longest and of the shortest message', async () => {
    const queue = temporaryQueue();
    queue.sendSync('');
    queue.sendSync(Buffer.alloc(8192, 'p'));
    expect((await peek(queue))?.data).toHaveLength(0);
    expect((await peek(queue, 1))?.data.equals(Buffer.alloc(8192, 'p'))).toBe(true);
  });

  test('of an empty queue is undefined', async () => {
    expect(await peek(temporaryQueue())).toBeUndefined();
  });

  test('wrong arguments, and a queue that is gone', async () => {
    const queue = queueOf(1);
    expect(await codeOfRejection(peek(queue, -1))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(peek(queue, 2 ** 31))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(peek(queue, '0' as never))).toBe('ERR_INVALID_ARG_TYPE');
    queue.removeSync();
    expect(await codeOfRejection(peek(queue))).toBe('EINVAL');
  });
});

test('a receive whose time is over at once leaves no line behind', async () => {
  const queue = temporaryQueue();
  await turn();
  expect(await codeOfRejection(queue.receive({ timeout: 0 }))).toBe('ETIMEDOUT');
  queue.removeSync();
  expect(await codeOfRejection(queue.receive())).toBe('EINVAL'); // EIDRM is for who stands in a line
});

test('a receive does not touch a full queue that it does not fit', () => {
  const queue = fullQueue(3);
  expect(codeThrownBy(() => queue.receiveSync({ type: 9, timeout: 1 }))).toBe('ETIMEDOUT');
  expect(queue.statSync().messages).toBe(3);
});
