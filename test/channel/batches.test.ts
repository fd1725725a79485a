/** Batches: what lies together is copied together, and each message is as it was sent. */

import type { channel } from 'posix-ipc';

import { makeEnds } from '../support/channels';
import { pattern } from '../support/files';

const lengths = [0, 1, 8, 64, 63, 5, 1000, 0, 2000, 3, 4100, 64];

async function batchOf(receiver: channel.Receiver, limit?: number): Promise<channel.Message[]> {
  const { value } = (await receiver.batches({ limit }).next()) as { value: channel.Message[] };
  return value;
}

/** Sends messages from a number on, in one tick, and receives them in batches. */
async function expectBatches(
  ends: ReturnType<typeof makeEnds>,
  first: number,
  limit?: number,
): Promise<void> {
  const { sender, receiver } = ends;
  let end = first;
  for (;;) {
    const data = pattern(lengths[end % lengths.length] ?? 0, end);
    if (!sender.trySend(data, { type: end })) break;
    end++;
  }
  sender.flush();
  for (let i = first; i < end;) {
    const batch = await batchOf(receiver, limit);
    expect(batch.length).toBeLessThanOrEqual(limit ?? 1000);
    for (const { type, data } of batch) {
      expect(type).toBe(i);
      expect(data.equals(pattern(lengths[i % lengths.length] ?? 0, i))).toBe(true);
      i++;
    }
  }
}

describe.each([
  ['a ring', { capacity: 1 << 15 }],
  ['segments', { capacity: 'unbounded', limit: 1 << 16, segment: 1 << 14 }],
  ['two rings', { capacity: 1 << 15, senders: 2 }],
  ['what is claimed', { capacity: 1 << 15, receivers: 2 }],
] as const)('%s', (_, options) => {
  test.each([undefined, 1, 2, 7])('messages of many lengths, %s at most', async (limit) => {
    const ends = makeEnds(options);
    for (let round = 0; round < 6; round++) await expectBatches(ends, round, limit);
  });
});

test('a message that is kept does not change when others come', async () => {
  const { sender, receiver } = makeEnds({ capacity: 4096 });
  const kept: channel.Message[] = [];
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 50; i++) sender.sendSync(pattern(56, 50 * round + i));
    sender.flush();
    kept.push(...(await batchOf(receiver)));
  }
  expect(kept).toHaveLength(1500);
  for (const [i, { data }] of kept.entries()) expect(data.equals(pattern(56, i))).toBe(true);
});

test('no message reaches into another one', async () => {
  const { sender, receiver } = makeEnds();
  sender.sendManySync(['first', 'second', 'third', 'fourth']);
  sender.flush();
  const [first, second, third, fourth] = await batchOf(receiver);
  second?.data.fill('x');
  expect([first, third, fourth].map((one) => one?.data.toString())).toEqual([
    'first',
    'third',
    'fourth',
  ]);
});

test('larger and larger pieces, and small ones again behind a long message, lose nothing', async () => {
  const { sender, receiver } = makeEnds({ capacity: 1 << 18 });
  const kept: channel.Message[] = [];
  const lengthOf = (i: number): number => (i % 2500 === 2499 ? 3000 : i % 101);
  for (let sent = 0; sent < 20_000;) {
    while (sent < 20_000 && sender.trySend(pattern(lengthOf(sent), sent), { type: sent })) sent++;
    sender.flush();
    while (kept.length < sent) kept.push(...(await batchOf(receiver, 8192)));
  }
  const wrong = kept.filter(
    ({ type, data }, i) => type !== i || !data.equals(pattern(lengthOf(i), i)),
  );
  expect(kept).toHaveLength(20_000);
  expect(wrong).toEqual([]);
});

test('a short message between long ones keeps nothing of them', async () => {
  const { sender, receiver } = makeEnds({ capacity: 1 << 20 });
  for (let i = 0; i < 40; i++) {
    sender.sendSync(Buffer.alloc(16));
    sender.sendSync(Buffer.alloc(5000));
  }
  sender.flush();
  const batch = await batchOf(receiver);
  const short = batch.filter(({ data }) => data.length === 16);
  expect(short).toHaveLength(40);
  const memories = new Set(short.map(({ data }) => data.buffer));
  expect(memories.size).toBeLessThan(5); // of Node's pool, and each with many of them
});

test("where Node's pool is small, no message has memory of another that can be transferred", async () => {
  const { poolSize } = Buffer;
  Buffer.poolSize = 0;
  try {
    const { sender, receiver } = makeEnds({ capacity: 4096 });
    for (let i = 0; i < 10; i++) sender.sendSync(pattern(60, i));
    sender.flush();
    const all = await batchOf(receiver);
    expect(all).toHaveLength(10);
    for (const [i, { data }] of all.entries()) {
      const copies = all.map((one) => Buffer.from(one.data));
      const memory = data.buffer as ArrayBuffer;
      // What cannot be transferred is refused, or copied by Node 20.
      try {
        structuredClone(memory, { transfer: [memory] });
      } catch (error) {
        expect(error).toMatchObject({ name: 'DataCloneError' });
      }
      all[i] = { type: 0, data: copies[i] as Buffer };
      expect(all.map((one) => Buffer.from(one.data))).toEqual(copies);
    }
  } finally {
    Buffer.poolSize = poolSize;
  }
});
