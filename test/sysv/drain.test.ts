import type { sysv } from 'posix-ipc';

import { native } from '../../lib/native';
import { codeOfRejection } from '../support/outcome';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';

type Drain = (queue: sysv.MessageQueue, options?: sysv.DrainOptions) => Promise<sysv.Message[]>;

const forms: [string, Drain][] = [
  ['drain', (queue, options) => queue.drain(options)],
  ['drainSync', (queue, options) => Promise.resolve().then(() => queue.drainSync(options))],
];

function textsOf(messages: sysv.Message[]): string[] {
  return messages.map(({ data }) => data.toString());
}

describe.each(forms)('%s', (_name, drain) => {
  test('takes all, in order, with types', async () => {
    const queue = temporaryQueue();
    queue.sendSync('a', { type: 3 });
    queue.sendSync('', { type: 1 });
    queue.sendSync('ccc', { type: 2n ** 60n });
    expect(await drain(queue)).toEqual([
      { type: 3, data: Buffer.from('a') },
      { type: 1, data: Buffer.alloc(0) },
      { type: 2n ** 60n, data: Buffer.from('ccc') },
    ]);
    expect(queue.statSync().messages).toBe(0);
  });

  test('of an empty queue is empty', async () => {
    expect(await drain(temporaryQueue())).toEqual([]);
  });

  test('takes those of a selector', async () => {
    const queue = temporaryQueue();
    for (const type of [4, 3, 2, 1, 3]) queue.sendSync(String(type), { type });
    expect(textsOf(await drain(queue, { type: 3 }))).toEqual(['3', '3']);
    expect(textsOf(await drain(queue, { type: -2 }))).toEqual(['1', '2']);
    expect(textsOf(await drain(queue, { type: 9, except: true }))).toEqual(['4']);
  });

  test.each([0, 1, 2, 3, 4, 2 ** 31 - 1])('takes at most %i', async (limit) => {
    const queue = temporaryQueue();
    queue.trySendMany(['a', 'b', 'c']);
    expect(textsOf(await drain(queue, { limit }))).toEqual(['a', 'b', 'c'].slice(0, limit));
    expect(queue.statSync().messages).toBe(Math.max(3 - limit, 0));
  });

  test('takes more than one crossing into C++ can hold', async () => {
    const queue = temporaryQueue();
    const texts = Array.from({ length: 8000 }, (_, i) => (i % 3 === 0 ? '' : String(i % 100)));
    expect(queue.trySendMany(texts)).toBe(8000);
    expect(textsOf(await drain(queue))).toEqual(texts);
  });

  test('takes long messages beside short ones', async () => {
    const queue = temporaryQueue();
    const long = Buffer.alloc(8000, 'long');
    queue.trySendMany(['a', long, '', long.subarray(0, 100), 'b']);
    const messages = await drain(queue);
    expect(messages.map(({ data }) => data.length)).toEqual([1, 8000, 0, 100, 1]);
    expect(messages[1]?.data.equals(long)).toBe(true);
  });

  test('each message has memory of its own', async () => {
    const queue = temporaryQueue();
    queue.trySendMany(['aa', 'bb']);
    const [first, second] = await drain(queue);
    first?.data.fill('z');
    queue.trySendMany(['cc']);
    await drain(queue);
    expect(second?.data.toString()).toBe('bb');
  });

  test('takes whole messages: maxLength and truncate are no options of it', async () => {
    const queue = temporaryQueue();
    const lengths = [6, 8000, 3000, 5];
    for (let i = 0; i < 10; i++) {
      queue.trySendMany(lengths.map((length) => Buffer.alloc(length)));
      const options = { limit: 10, maxLength: 4, truncate: true };
      const messages = await drain(queue, options);
      expect(messages.map(({ data }) => data.length)).toEqual(lengths);
    }
  });

  test('wrong arguments take nothing', async () => {
    const queue = temporaryQueue();
    queue.sendSync('a');
    const wrong: [unknown, string][] = [
      [{ limit: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ limit: 0.5 }, 'ERR_OUT_OF_RANGE'],
      [{ limit: '1' }, 'ERR_INVALID_ARG_TYPE'],
      [{ type: 'x' }, 'ERR_INVALID_ARG_TYPE'],
      [null, 'ERR_INVALID_ARG_TYPE'],
    ];
    for (const [options, code] of wrong) {
      expect(await codeOfRejection(drain(queue, options as object))).toBe(code);
    }
    expect(queue.statSync().messages).toBe(1);
  });

  test('a queue that is gone is EINVAL', async () => {
    const queue = temporaryQueue();
    queue.removeSync();
    expect(await codeOfRejection(drain(queue))).toBe('EINVAL');
  });
});

const unlimited = 2 ** 31 - 1;
const all = -(2n ** 62n); // of no safe integer, so that what is asked of the addon can be seen
const takers: [string, (queue: sysv.MessageQueue) => Promise<number>][] = [
  ['drain', async (queue) => (await queue.drain({ type: all })).length],
  [
    'drain with a limit',
    async (queue) => (await queue.drain({ type: all, limit: unlimited })).length,
  ],
  [
    'batches with a limit',
    async (queue) => {
      for await (const batch of queue.batches({ type: all, limit: unlimited })) return batch.length;
      return 0;
    },
  ],
];

afterEach(() => {
  jest.restoreAllMocks();
});

test.each(takers)('%s ends where others send as quickly as it takes', async (_name, take) => {
  const queue = temporaryQueue();
  const texts = Array.from({ length: 5000 }, () => '');
  const msgrcvMany = native.msgrcvMany.bind(native);
  let refills = 20;
  jest.spyOn(native, 'msgrcvMany').mockImplementation((...args) => {
    const answer = msgrcvMany(...args);
    if (refills-- > 0) queue.trySendMany(texts);
    return answer;
  });
  queue.trySendMany(texts);
  expect(await take(queue)).toBeLessThan(20_000);
  expect(queue.statSync().messages).toBeGreaterThan(0);
});

test('ends while others go on sending', async () => {
  const queue = temporaryQueue();
  const peer = startNode('endless-sender', [String(queue.id)]);
  expect(await peer.line()).toBe('sending');
  for (let i = 0; i < 20; i++) queue.drainSync();
  queue.removeSync();
  await peer.success();
});
