/** Messages longer than the default kernel.msgmax, and limits that change under a queue. */

import { createHash, randomBytes } from 'node:crypto';

import { canSet, kernelLimit, testIf, withKernelLimit } from '../support/machine';
import { receiveForms, receiveIntoForms, sendForms } from '../support/forms';
import { codeThrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import type { sysv } from 'posix-ipc';

const maySet = canSet('msgmax') && canSet('msgmnb');
const reason = 'kernel.msgmax cannot be set';
const length = 200_000;
const capacity = 20 * length;

/** Both limits are of the whole machine: what runs in between is short. */
async function withLongMessages(body: () => void | Promise<void>): Promise<void> {
  await withKernelLimit('msgmnb', capacity, () => withKernelLimit('msgmax', length, body));
}

/** A queue with so many long messages, made while that was allowed. */
async function queueOfLong(
  data: Buffer,
  count: number,
  before: string[] = [],
): Promise<sysv.MessageQueue> {
  let queue: sysv.MessageQueue | undefined;
  await withLongMessages(() => {
    queue = temporaryQueue({ maxBytes: capacity });
    queue.sendManySync(before);
    for (let i = 0; i < count; i++) queue.sendSync(data, { type: 5 });
  });
  if (queue === undefined) throw new Error('no queue');
  return queue;
}

describe('while kernel.msgmax is raised', () => {
  testIf(maySet, reason)('every form sends and receives a long message', async () => {
    const data = randomBytes(length);
    await withLongMessages(async () => {
      const queue = temporaryQueue({ maxBytes: capacity });
      for (const [, send] of sendForms) await send(queue, data);
      expect(queue.sendManySync([data, data, data, 'short', data])).toBe(5);
      for (const [, receive] of receiveForms) {
        expect((await receive(queue))?.data.equals(data)).toBe(true);
      }
      for (const [, receiveInto] of receiveIntoForms) {
        const memory = Buffer.alloc(length);
        expect(await receiveInto(queue, memory)).toEqual({ type: 1, length });
        expect(memory.equals(data)).toBe(true);
      }
      const lengths = queue.drainSync().map((message) => message.data.length);
      expect(lengths).toEqual([5, length]);
    });
  });

  testIf(maySet, reason)('one byte more than the raised limit is EINVAL', async () => {
    await withLongMessages(() => {
      const queue = temporaryQueue({ maxBytes: capacity });
      expect(queue.trySend(Buffer.alloc(length))).toBe(true);
      expect(codeThrownBy(() => queue.trySend(Buffer.alloc(length + 1)))).toBe('EINVAL');
    });
  });

  testIf(maySet, reason)('a pending receive takes a long message', async () => {
    const data = randomBytes(length);
    await withLongMessages(async () => {
      const queue = temporaryQueue({ maxBytes: capacity });
      const waiting = queue.receive();
      queue.sendSync(data);
      expect((await waiting).data.equals(data)).toBe(true);
    });
  });
});

describe('after kernel.msgmax was lowered below the length of what is queued', () => {
  const forms = [
    ...['receive', 'receiveSync', 'tryReceive', 'drain', 'messages'],
    ...['receiveInto', 'receiveIntoSync', 'tryReceiveInto'],
  ];

  testIf(maySet, reason)(
    'every form still gets it, in a process that has never seen a long one',
    async () => {
      const data = randomBytes(length);
      const digest = createHash('sha256').update(data).digest('hex');
      const queue = await queueOfLong(data, forms.length);
      expect(kernelLimit('msgmax')).toBeLessThan(length);
      for (const form of forms) {
        const peer = startNode('receive-long', [form, String(queue.id)]);
        expect(await peer.json()).toEqual({ type: 5, length, digest });
      }
    },
  );

  testIf(maySet, reason)(
    'peek cannot copy it, which is the kernel’s limit, and it stays',
    async () => {
      const queue = await queueOfLong(Buffer.alloc(length), 1);
      expect(['E2BIG', 'EINVAL']).toContain(codeThrownBy(() => queue.peekSync()));
      expect(queue.tryReceive()?.data).toHaveLength(length);
    },
  );

  testIf(maySet, reason)('drain takes long and short ones', async () => {
    const queue = await queueOfLong(Buffer.alloc(length, 'l'), 2, ['a', 'b']);
    queue.sendSync('c');
    const lengths = queue.drainSync().map((message) => message.data.length);
    expect(lengths).toEqual([1, 1, length, length, 1]);
  });

  testIf(maySet, reason)('maxLength and truncate mean the same as ever', async () => {
    const data = randomBytes(length);
    const queue = await queueOfLong(data, 2);
    const most = 100_000;
    expect(codeThrownBy(() => queue.tryReceive({ maxLength: most }))).toBe('E2BIG');
    const cut = queue.tryReceive({ maxLength: most, truncate: true });
    expect(cut?.data.equals(data.subarray(0, most))).toBe(true);
    expect(queue.tryReceive({ maxLength: length, truncate: true })?.data.equals(data)).toBe(true);
  });

  testIf(maySet, reason)('no new one can be sent', async () => {
    const queue = await queueOfLong(Buffer.alloc(length), 1);
    expect(codeThrownBy(() => queue.trySend(Buffer.alloc(length)))).toBe('EINVAL');
  });
});

describe('a queue of the default capacity', () => {
  test('takes as many empty messages as it may hold bytes', () => {
    const queue = temporaryQueue();
    const { maxBytes } = queue.statSync();
    expect(queue.trySendMany(Array<string>(maxBytes + 1).fill(''))).toBe(maxBytes);
    expect(queue.trySend('')).toBe(false);
    expect(queue.statSync()).toMatchObject({ messages: maxBytes, bytes: 0 });
  });

  test('takes exactly its bytes', () => {
    const queue = temporaryQueue({ maxBytes: 1000 });
    expect(queue.trySend(Buffer.alloc(999))).toBe(true);
    expect(queue.trySend('ab')).toBe(false);
    expect(queue.trySend('a')).toBe(true);
    expect(queue.trySend('a')).toBe(false);
    expect(queue.statSync()).toMatchObject({ messages: 2, bytes: 1000 });
  });

  test('of no bytes takes nothing', () => {
    const queue = temporaryQueue({ maxBytes: 0 });
    expect(queue.trySend('')).toBe(false);
  });
});
