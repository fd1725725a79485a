import type { Data } from '../../lib/core/options';
import type { sysv } from 'posix-ipc';
import { setImmediate as turn } from 'node:timers/promises';

import { kernelLimit } from '../support/machine';
import { codeOfRejection, rejectionOf, thrownBy } from '../support/outcome';
import { fullQueue, temporaryQueue } from '../support/queues';
import { sendForms } from '../support/forms';
import { soon } from '../support/wait-until';

const LONG_MAX = 2n ** 63n - 1n;
const memory = Uint8Array.from({ length: 32 }, (_, i) => i).buffer;
const shared = new SharedArrayBuffer(3);
new Uint8Array(shared).set([7, 8, 9]);

const kinds: [what: string, data: Data, bytes: number[]][] = [
  ['text, as UTF-8', 'é€', [0xc3, 0xa9, 0xe2, 0x82, 0xac]],
  ['no text', '', []],
  ['text with a null', 'a\0b', [97, 0, 98]],
  ['a Buffer', Buffer.from([1, 2, 255]), [1, 2, 255]],
  ['an empty Buffer', Buffer.alloc(0), []],
  ['a Uint8Array with an offset', new Uint8Array(memory, 3, 2), [3, 4]],
  ['a Uint16Array with an offset', new Uint16Array(memory, 4, 1), [4, 5]],
  ['a Float64Array with an offset', new Float64Array(memory, 8, 1), [8, 9, 10, 11, 12, 13, 14, 15]],
  ['a BigInt64Array', new BigInt64Array(memory, 24), [24, 25, 26, 27, 28, 29, 30, 31]],
  ['a DataView with an offset', new DataView(memory, 5, 3), [5, 6, 7]],
  ['an ArrayBuffer', memory.slice(0, 2), [0, 1]],
  ['a SharedArrayBuffer', shared, [7, 8, 9]],
  ['a view of a SharedArrayBuffer', new Uint8Array(shared, 1), [8, 9]],
];

describe.each(sendForms)('%s', (name, send) => {
  test.each(kinds)('sends %s', async (_what, data, bytes) => {
    const queue = temporaryQueue();
    expect(await send(queue, data)).toBe(name === 'trySend' ? true : undefined);
    const message = queue.tryReceive();
    expect([...(message?.data ?? [])]).toEqual(bytes);
    expect(message?.type).toBe(1);
  });

  test.each<[number | bigint, number | bigint]>([
    [1, 1],
    [2, 2],
    [7n, 7],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, 2 ** 31],
    [2 ** 32, 2 ** 32],
    [2 ** 32 + 5, 2 ** 32 + 5],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [2n ** 53n, 2n ** 53n],
    [2n ** 62n + 1n, 2n ** 62n + 1n],
    [LONG_MAX, LONG_MAX],
  ])('sends the type %p', async (type, received) => {
    const queue = temporaryQueue();
    await send(queue, 'x', { type });
    expect(queue.tryReceive({ type })).toEqual({ type: received, data: Buffer.from('x') });
  });

  test.each([
    [0, 'ERR_OUT_OF_RANGE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [0n, 'ERR_OUT_OF_RANGE'],
    [LONG_MAX + 1n, 'ERR_OUT_OF_RANGE'],
    [2 ** 53, 'ERR_OUT_OF_RANGE'],
    [1.5, 'ERR_OUT_OF_RANGE'],
    [NaN, 'ERR_OUT_OF_RANGE'],
    ['1', 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses the type %p', async (type, code) => {
    const queue = temporaryQueue();
    expect(await codeOfRejection(send(queue, 'x', { type: type as number }))).toBe(code);
    expect(queue.statSync().messages).toBe(0);
  });

  test.each([undefined, null, 1, {}, [1], true, Symbol('s')])(
    'refuses the data %p',
    async (data) => {
      const queue = temporaryQueue();
      expect(await codeOfRejection(send(queue, data as never))).toBe('ERR_INVALID_ARG_TYPE');
    },
  );

  test('the wrong argument is named', async () => {
    const queue = temporaryQueue();
    const message = async (promise: Promise<unknown>): Promise<string> =>
      (await rejectionOf(promise)).message;
    expect(await message(send(queue, 1 as never))).toContain('"data"');
    expect(await message(send(queue, 'x', { type: 0 }))).toContain('"options.type"');
    expect(await message(send(queue, 'x', 1 as never))).toContain('"options"');
  });

  test('a message longer than kernel.msgmax is EINVAL, and says so', async () => {
    const queue = temporaryQueue();
    for (const length of [kernelLimit('msgmax') + 1, 10 * kernelLimit('msgmax')]) {
      const error = await rejectionOf(send(queue, Buffer.alloc(length)));
      expect(error).toMatchObject({
        code: 'EINVAL',
        syscall: 'msgsnd',
        id: queue.id,
        key: queue.key,
      });
      expect(error.message).toContain(`kernel.msgmax = ${String(kernelLimit('msgmax'))}`);
      expect(error.message).toContain(`sysctl -w kernel.msgmax=${String(length)}`);
    }
  });

  test('the longest message', async () => {
    const queue = temporaryQueue();
    const data = Buffer.alloc(kernelLimit('msgmax'), 'abcdefghij');
    await send(queue, data);
    expect(queue.tryReceive()?.data.equals(data)).toBe(true);
  });

  test('a queue that is gone is EINVAL, and says so', async () => {
    const queue = temporaryQueue();
    queue.removeSync();
    const error = await rejectionOf(send(queue, 'x'));
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'msgsnd' });
    expect(error.message).toContain('it was removed');
  });

  test.each([
    ['always', []],
    ['when they are asked again', [3]],
  ])('bytes that say to be more than they are, %s: what they are is sent', async (_, truths) => {
    const queue = temporaryQueue();
    queue.sendSync('somebody else');
    queue.drainSync();
    const data = Object.defineProperty(Buffer.from('abc'), 'length', {
      get: () => truths.pop() ?? 12,
    });
    await send(queue, data);
    expect(queue.tryReceive()?.data.toString()).toBe('abc');
  });
});

test('a message that no queue takes is EINVAL behind others that wait, not EIDRM', async () => {
  const queue = fullQueue();
  const waiting = queue.send('y');
  const length = kernelLimit('msgmax') + 1;
  const tooLong = codeOfRejection(queue.send(Buffer.alloc(length)));
  queue.drainSync();
  await soon('the send', waiting);
  expect(await soon('the other', tooLong)).toBe('EINVAL');
});

/** Full in one of the two ways that a queue can be full. */
const waysToBeFull: [string, () => sysv.MessageQueue, string][] = [
  [
    'by bytes',
    () => {
      const queue = temporaryQueue({ maxBytes: 16 });
      queue.sendSync(Buffer.alloc(16));
      return queue;
    },
    'x',
  ],
  [
    'by count',
    () => {
      const queue = temporaryQueue({ maxBytes: 16 });
      expect(queue.trySendMany(Array<string>(20).fill(''))).toBe(16);
      return queue;
    },
    '',
  ],
];

describe.each(waysToBeFull)('a queue that is full %s', (_way, full, data) => {
  test('trySend answers false', () => {
    expect(full().trySend(data)).toBe(false);
  });

  test.each([0, 0.5, 30])('send expires after %p ms', async (timeout) => {
    const queue = full();
    const began = performance.now();
    const error = await rejectionOf(queue.send(data, { timeout }));
    expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'msgsnd', id: queue.id });
    expect(queue.trySend(data)).toBe(false);
  });

  test.each([0, 0.5, 30])('sendSync expires after %p ms', (timeout) => {
    const queue = full();
    const began = performance.now();
    const error = thrownBy(() => {
      queue.sendSync(data, { timeout });
    });
    expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'msgsnd', id: queue.id });
  });

  test('send waits for room', async () => {
    const queue = full();
    const sending = queue.send(data, { type: 2 });
    let done = false;
    void sending.then(() => (done = true));
    await turn();
    expect(done).toBe(false);
    queue.tryReceive();
    await soon('the send', sending);
    expect(queue.tryReceive({ type: 2 })?.data.toString()).toBe(data);
  });
});

describe('send', () => {
  test('reads the bytes before it returns', async () => {
    const queue = fullQueue(1);
    const data = Buffer.from('a');
    const sending = queue.send(data);
    data.write('b');
    queue.tryReceive();
    await soon('the send', sending);
    expect(queue.tryReceive()?.data.toString()).toBe('a');
  });

  test('with a far timeout goes on waiting', async () => {
    const queue = fullQueue(1);
    const sending = queue.send('a', { timeout: 2 ** 40 });
    await turn();
    queue.tryReceive();
    await soon('the send', sending);
    expect(queue.tryReceive()?.data.toString()).toBe('a');
  });

  test('rejects with the reason of its signal', async () => {
    const queue = fullQueue(1);
    const reason = { why: 'enough' };
    await expect(queue.send('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const sending = queue.send('a', { signal: controller.signal });
    controller.abort(reason);
    await expect(sending).rejects.toBe(reason);
    queue.tryReceive();
    await turn();
    expect(queue.statSync().messages).toBe(0);
  });

  test('that has sent does not care for its signal any more', async () => {
    const queue = temporaryQueue();
    const controller = new AbortController();
    const sending = queue.send('a', { signal: controller.signal });
    controller.abort();
    await expect(sending).resolves.toBeUndefined();
  });
});

describe('a message that is longer than the queue can ever hold', () => {
  test.each(sendForms)('is EMSGSIZE to %s', async (_name, send) => {
    const queue = temporaryQueue({ maxBytes: 10 });
    const error = await rejectionOf(send(queue, Buffer.alloc(11)));
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'msgsnd', id: queue.id });
    expect(error.message).toContain('11 bytes never fits a queue of 10');
    expect(error.message).toContain('maxBytes');
  });

  test.each(sendForms)(
    'an empty one, and a queue of no bytes: the same to %s',
    async (_name, send) => {
      const queue = temporaryQueue({ maxBytes: 0 });
      const error = await rejectionOf(send(queue, ''));
      expect(error).toMatchObject({ code: 'EMSGSIZE' });
      expect(error.message).toContain('0 bytes never fits a queue of 0');
    },
  );

  test('can be sent once the queue is enlarged', () => {
    const queue = temporaryQueue({ maxBytes: 10 });
    queue.setSync({ maxBytes: 11 });
    expect(queue.trySend(Buffer.alloc(11))).toBe(true);
  });

  test.each<[string, (queue: sysv.MessageQueue, data: Data) => Promise<unknown>]>([
    ['send', (queue, data) => queue.send(data)],
    ['sendMany', (queue, data) => queue.sendMany([data])],
  ])('%s goes on where the queue became too small while it waited', async (_name, send) => {
    const queue = temporaryQueue({ maxBytes: 10 });
    queue.sendSync('123456');
    const sending = send(queue, '1234567890').then(() => 'sent', String);
    queue.setSync({ maxBytes: 7 });
    expect(queue.trySend('ab')).toBe(false); // looks whether there is room for who waits
    expect(
      thrownBy(() => {
        queue.sendSync('ab', { timeout: 1 });
      }),
    ).toMatchObject({ code: 'ETIMEDOUT' });
    queue.setSync({ maxBytes: 10 });
    expect(queue.tryReceive()?.data.toString()).toBe('123456');
    expect(await soon('the send', sending)).toBe('sent');
    expect(queue.tryReceive()?.data.toString()).toBe('1234567890');
  });
});
