/** Node streams over the ends of a channel. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';

import { makeEnds } from '../support/channels';
import { pattern, temporaryFile } from '../support/files';
import { limit, segment, unbounded } from '../support/unbounded';

const capacity = 4096;
const closed = expect.objectContaining({ code: 'ERR_CLOSED' }) as Error;

function sha(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('a file goes through, byte for byte, and both ends are closed', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  const bytes = pattern(300_001);
  const received = buffer(receiver.readable());
  await pipeline(createReadStream(temporaryFile(bytes)), sender.writable());
  expect(sha(await received)).toBe(sha(bytes));
  expect([sender.closed, receiver.closed]).toEqual([true, true]);
});

test('a file that is longer than the limit goes through an unbounded one', async () => {
  const { channel, sender, receiver } = makeEnds(unbounded);
  const bytes = pattern(20 * limit + 1);
  const received = buffer(receiver.readable());
  await pipeline(createReadStream(temporaryFile(bytes)), sender.writable());
  expect(sha(await received)).toBe(sha(bytes));
  channel.sender().close();
  expect(channel.statSync()).toMatchObject({ bytes: 0, allocated: 2 * segment });
});

test('each chunk is a message of its type; empty ones are none; the end is an empty message', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  const stream = sender.writable({ type: 7 });
  stream.write('grüße');
  stream.write('');
  stream.write(pattern(capacity / 4 + 1));
  stream.end(Buffer.from('last'));
  const messages = [];
  for (let i = 0; i < 5; i++) messages.push(await receiver.receive());
  expect(messages).toEqual(
    [
      Buffer.from('grüße'),
      pattern(capacity / 4),
      pattern(1, capacity / 4),
      Buffer.from('last'),
      Buffer.alloc(0),
    ].map((data) => ({ type: 7, data })),
  );
});

test('a stream that is not read from holds the writer up', async () => {
  const { channel, sender, receiver } = makeEnds({ capacity });
  const from = receiver.readable({ highWaterMark: 1000 });
  const to = sender.writable({ highWaterMark: 1000 });
  let written = 0;
  while (to.write(pattern(500))) written++;
  expect(written).toBe(1);
  from.read(0); // asks for what it keeps
  for (let i = 0; i < 50; i++) {
    await turn();
    if (to.writableLength < 1000) to.write(pattern(500));
  }
  expect(to.writableNeedDrain).toBe(true);
  expect(from.readableLength).toBeLessThan(1500);
  expect(channel.statSync().bytes).toBeGreaterThan(capacity - 600);
  const drained = once(to, 'drain');
  from.resume();
  await drained;
  to.end();
  await once(from, 'end');
});

test('reading goes on when there is room again, in flowing mode and by for await', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  const from: Readable = receiver.readable({ highWaterMark: 1 });
  const to = sender.writable();
  for (let i = 0; i < 200; i++) to.write(`${String(i)} `);
  to.end();
  let all = '';
  for await (const chunk of from) all += (chunk as Buffer).toString();
  expect(all).toBe(Array.from({ length: 200 }, (_, i) => `${String(i)} `).join(''));
});

test('destroy ends what waits, and closes, unless autoClose is false', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  const from = receiver.readable({ autoClose: false });
  const to = sender.writable({ autoClose: false });
  from.read(0); // waits for a message
  while (sender.trySend('12345678'));
  receiver.tryReceive();
  to.write(pattern(capacity)); // waits for room
  from.destroy();
  to.destroy();
  await Promise.all([once(from, 'close'), once(to, 'close')]);
  expect([sender.closed, receiver.closed]).toEqual([false, false]);
  const last = sender.writable();
  last.destroy();
  receiver.readable().destroy();
  await once(last, 'close');
  expect([sender.closed, receiver.closed]).toEqual([true, true]);
});

test('an end that is closed is an error of its stream', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  const from = receiver.readable();
  const to = sender.writable();
  const reading = text(from);
  const failing = once(to, 'error');
  receiver.close();
  await expect(reading).rejects.toEqual(closed);
  sender.close();
  to.write('x');
  expect(await failing).toEqual([closed]);
  expect(() => sender.writable()).toThrow(closed);
  expect(() => receiver.readable()).toThrow(closed);
});

test('of a channel that fails where it is full, the stream does', async () => {
  const { sender, receiver } = makeEnds({ capacity, full: 'fail' });
  const to = sender.writable({ autoClose: false });
  const failing = once(to, 'error');
  to.write(pattern(2 * capacity));
  expect(await failing).toEqual([expect.objectContaining({ code: 'EAGAIN' })]);
  expect(sender.closed).toBe(false);
  expect(receiver.tryReceive()?.data).toEqual(pattern(capacity / 4));
});

test('one stream after the other over the same ends', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  for (const word of ['first', 'second']) {
    sender.writable({ autoClose: false }).end(word);
    expect(await text(receiver.readable({ autoClose: false }))).toBe(word);
  }
});

test.each([{ highWaterMark: 0 }, { type: -1 }, { autoClose: 1 as unknown as boolean }])(
  '%j is refused',
  (options) => {
    const { sender } = makeEnds({ capacity });
    expect(() => sender.writable(options)).toThrow();
  },
);
