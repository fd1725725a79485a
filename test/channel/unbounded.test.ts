/** Channels that grow with what waits in them, up to their limit, and shrink. */

import { setTimeout as sleep } from 'node:timers/promises';

import { channel, memory } from 'posix-ipc';

import { makeChannel, makeEnds } from '../support/channels';
import { detach } from '../support/detach';
import { pattern } from '../support/files';
import { collect, fill, numberOf, texts } from '../support/full-channels';
import {
  headBytes,
  inSegment,
  limit,
  memoryOf,
  most,
  segment,
  unbounded,
} from '../support/unbounded';
import { waitUntil } from '../support/wait-until';

const least = 2 * segment;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe('what it is', () => {
  test('a property of the channel, which every opener sees', () => {
    const one = makeChannel({ capacity: 'unbounded' });
    expect([one.capacity, one.segment]).toEqual([1 << 26, 1 << 16]);
    expect(one.statSync()).toMatchObject({ capacity: 1 << 26, allocated: 1 << 17, bytes: 0 });
    expect(memoryOf(one)).toBe(2 * headBytes + (1 << 17)); // a page more for 1024 segments
    using other = channel.Channel.openOrCreateSync(one.name, { capacity: 1024 });
    expect([other.capacity, other.segment]).toEqual([1 << 26, 1 << 16]);
    expect(makeChannel().segment).toBe(0);
    expect(makeChannel({ capacity: 4096 }).statSync().allocated).toBe(4096);
    expect(makeChannel({ capacity: 'unbounded', limit: 1 << 30 }).segment).toBe(1 << 18);
    expect(makeChannel({ capacity: 'unbounded', limit }).segment).toBe(segment);
  });

  test.each([
    { limit: 3 * segment },
    { limit: segment },
    { limit: 2 ** 31 },
    { segment: 2048 },
    { segment: 2 * segment },
    { segment: 3000 },
    { limit: 2 ** 26, segment: 8192 },
    { limit: '1' as unknown as number },
  ])('%j is a wrong argument', (options) => {
    const open = (): unknown => makeChannel({ ...unbounded, ...options });
    expect(open).toThrow(/^(?=.*options\.(limit|segment))/);
  });

  test('whoever does not know how it grows, or cannot make sense of it, does not open it', () => {
    const one = makeChannel(unbounded);
    using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
    const words = mapping.view(Int32Array);
    expect([words[1], words[2], words[7]]).toEqual([2, limit, segment]);
    for (const [at, value] of [
      [7, 3 * segment],
      [7, 2 * segment],
      [7, -segment],
      [7, 2048],
      [4, 8],
      [2, 2 * limit],
    ] as const) {
      const before = words[at] ?? 0;
      words[at] = value;
      expect(() => channel.Channel.openSync(one.name)).toThrow(coded('EBADMSG'));
      words[at] = before;
    }
    for (const [at, value] of [
      [8, 2],
      [9, 1],
    ] as const) {
      words[at] = value;
      expect(() => channel.Channel.openSync(one.name)).toThrow(coded('EPROTO'));
      words[at] = 0;
    }
  });
});

describe('memory', () => {
  test('is there for what waits, and comes back', async () => {
    const { channel: one, sender, receiver } = makeEnds({ capacity: 'unbounded', limit: 1 << 24 });
    const before = memoryOf(one);
    for (let i = 0; i < 1000; i++) sender.sendSync(pattern(8192, i), { type: i });
    sender.flush();
    expect(memoryOf(one)).toBeGreaterThan(8_000_000);
    expect(one.statSync().allocated).toBe(memoryOf(one) - headBytes);
    for (let i = 0; i < 1000; i++) {
      const { type, data } = receiver.receiveSync();
      expect(type).toBe(i);
      expect(data.equals(pattern(8192, i))).toBe(true);
    }
    receiver.flush();
    await waitUntil('the memory comes back', () => memoryOf(one) === before);
    expect(one.statSync().allocated).toBe(1 << 17);
    sender.sendSync('and it goes on');
    expect(receiver.receiveSync().data.toString()).toBe('and it goes on');
  });

  test('comes back at once when the sender closes, but for what waits', () => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    fill(sender);
    expect(one.statSync().allocated).toBe(limit);
    for (let i = 0; i < inSegment; i++) receiver.receiveSync();
    receiver.flush();
    sender.close();
    expect(one.statSync().allocated).toBe(3 * segment);
    expect(memoryOf(one)).toBe(headBytes + 3 * segment);
    expect(collect(receiver)).toHaveLength(most - inSegment);
    one.sender().close();
    expect(memoryOf(one)).toBe(headBytes + least);
  });

  test('comes back from a sender that sends nothing', async () => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    fill(sender);
    sender.close();
    using next = one.sender();
    expect(collect(receiver)).toHaveLength(most);
    await waitUntil('the memory comes back', () => memoryOf(one) === headBytes + least);
    expect(next.trySend('x')).toBe(true);
  });

  test('stays little while the receiver keeps up, however much goes through', () => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    for (let i = 0; i < 20 * most; i++) {
      sender.sendSync(numberOf(i));
      expect(receiver.receiveSync().data.toString()).toBe(numberOf(i));
      if (i % 100 === 0) receiver.flush();
    }
    expect(one.statSync()).toMatchObject({ allocated: least, sent: 20 * most });
    expect(memoryOf(one)).toBe(headBytes + least);
  });

  test('is not given back while so much is used again and again', async () => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    for (let i = 0; i < 20; i++) {
      for (let k = 0; k < 3 * inSegment; k++) sender.sendSync('12345678');
      sender.flush();
      expect(one.statSync().allocated).toBe(3 * segment);
      expect(collect(receiver)).toHaveLength(3 * inSegment);
      await sleep(10);
      expect(memoryOf(one)).toBe(headBytes + 3 * segment);
    }
  });

  test('is given back by a sender that sends all the time', async () => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    fill(sender);
    collect(receiver);
    const end = performance.now() + 60_000;
    while (one.statSync().allocated > least && performance.now() < end) {
      sender.sendSync('12345678'); // without a turn of the event loop
      receiver.receiveSync();
      receiver.flush();
    }
    expect(one.statSync().allocated).toBe(least);
    await sleep(0);
  });

  test('what nobody took of a long claim comes back', async () => {
    const { channel: one, sender } = makeEnds(unbounded);
    (await sender.claim(sender.maxLength)).fill(1);
    sender.commit(1);
    (await sender.claim(sender.maxLength)).fill(1);
    await sleep(250); // in which it is not given back
    expect(one.statSync().allocated).toBeGreaterThan(least);
    sender.commit();
    sender.close();
    expect(one.statSync()).toMatchObject({ depth: 2, allocated: 3 * segment });
  });

  test('a claim that is outstanding at the end keeps nothing', () => {
    const { channel: one, sender } = makeEnds(unbounded);
    sender.sendSync('in front of it');
    sender.claimSync(sender.maxLength);
    sender.close();
    expect(one.statSync()).toMatchObject({ depth: 1, allocated: least });
    expect(memoryOf(one)).toBe(headBytes + least);
  });

  test.each([
    ['the first message', 1],
    ['one of more than 2 GiB before', 0x7fff_0001],
  ])('a receiver that copies what others have taken keeps it: %s', async (_, position) => {
    const one = makeChannel({ ...unbounded, receivers: 2 });
    const [sender, first, second] = [one.sender(), one.receiver(), one.receiver()];
    using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
    const guard = mapping.view(Int32Array, 768 + 4, 1); // of the second receiver
    const before = memoryOf(one) - least;
    fill(sender);
    guard[0] = position; // as if it were about to copy that
    expect(collect(first)).toHaveLength(most);
    await sleep(250);
    expect(memoryOf(one)).toBe(before + limit);
    sender.close(); // nor does a successor give it back
    using next = one.sender();
    await sleep(250);
    expect(memoryOf(one)).toBe(before + limit);
    second.close(); // its guard is nobody's
    await waitUntil('the memory comes back', () => memoryOf(one) === before + least);
    guard[0] = 1;
    one.receiver();
    expect(guard[0]).toBe(0);
    expect(next.trySend('x')).toBe(true);
  });

  test('transferred away: nothing is uncaught', async () => {
    const { sender, receiver } = makeEnds(unbounded);
    fill(sender);
    const borrowed = receiver.borrowSync();
    borrowed.release();
    detach(borrowed.data.buffer);
    await sleep(250);
    expect(() => sender.trySend('12345678')).toThrow(coded('EFAULT'));
    sender.close();
  });
});

describe('depth', () => {
  test('goes by the counts, one too many after a death between; 0 where nothing is', () => {
    const one = makeChannel({ ...unbounded, receivers: 2 });
    const [sender, receiver] = [one.sender(), one.receiver()];
    const send = (count: number): void => {
      for (let i = 0; i < count; i++) sender.sendSync(numberOf(i));
      sender.flush();
    };
    send(2000 / 16);
    expect(one.statSync().depth).toBe(125);
    expect(collect(receiver)).toHaveLength(125);
    using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
    const received = mapping.view(Int32Array, 388, 1);
    received[0] = 124; // as if a receiver had been killed before it counted
    expect(one.statSync()).toMatchObject({ depth: 0, bytes: 0, sent: 125, received: 124 });
    send(3);
    expect(one.statSync().depth).toBe(4);
  });
});

describe('messages', () => {
  test('fill it to the limit, each segment to its end', () => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < most; i++) expect(sender.trySend(numberOf(i))).toBe(true);
      expect(sender.trySend('')).toBe(false);
      sender.flush();
      expect(one.statSync()).toMatchObject({ bytes: limit, depth: most, allocated: limit });
      expect(texts(receiver)).toEqual(Array.from({ length: most }, (_, i) => numberOf(i)));
    }
  });

  test('of every length, at every offset of a segment', () => {
    for (let offset = 0; offset < segment; offset += 8) {
      const { sender, receiver } = makeEnds(unbounded);
      for (let at = 0; at < offset; at += 8) sender.sendSync('');
      const length = (offset * 2) % (sender.maxLength + 1);
      sender.sendSync(pattern(length), { type: 7 });
      sender.sendSync('behind it');
      sender.flush();
      const all = collect(receiver);
      expect(all).toHaveLength(offset / 8 + 2);
      expect(all.at(-2)?.data.equals(pattern(length))).toBe(true);
      expect(all.at(-1)?.data.toString()).toBe('behind it');
      sender.close();
    }
  });

  test('longer than a segment lie in one piece, the longest wherever the last one has ended', () => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    expect(sender.maxLength).toBe(limit / 2 - 8);
    for (let i = 0; i < 100; i++) {
      const long = pattern(sender.maxLength, i);
      sender.sendSync(long);
      sender.sendSync('short');
      expect(receiver.receiveSync().data.equals(long)).toBe(true);
      expect(receiver.receiveSync().data.toString()).toBe('short');
      receiver.flush();
      expect(one.statSync().bytes).toBe(0);
    }
    expect(() => sender.trySend(pattern(sender.maxLength + 1))).toThrow(coded('EMSGSIZE'));
    expect(() => sender.tryClaim(sender.maxLength + 1)).toThrow(coded('EMSGSIZE'));
  });

  test.each([
    [segment, segment, segment],
    [6000, 3000, 6000], // the last one needs two segments, of which one is there in part
  ])('go across the ends of segments without a gap: %d, %d, %d bytes', (...lengths) => {
    const { channel: one, sender, receiver } = makeEnds(unbounded);
    for (const length of lengths) expect(sender.trySend(pattern(length, length))).toBe(true);
    sender.flush();
    expect(one.statSync().bytes).toBe(lengths.reduce((sum, length) => sum + length + 8, 0));
    expect(sender.trySend(pattern(segment))).toBe(false);
    const all = collect(receiver).map(({ data }) => data.equals(pattern(data.length, data.length)));
    expect(all).toEqual([true, true, true]);
  });

  test('claimed, cut short, given up, and borrowed', async () => {
    const { sender, receiver } = makeEnds(unbounded);
    for (let i = 0; i < 300; i++) {
      const view = await sender.claim((i * 211) % (sender.maxLength + 1));
      if (i % 5 === 0) {
        sender.abort();
        continue;
      }
      const length = (view.length * (i % 4)) >> 2;
      pattern(length, i).copy(view);
      sender.commit(length);
      const borrowed = await receiver.borrow();
      expect(borrowed.data.equals(pattern(length, i))).toBe(true);
      borrowed.release();
    }
  });

  test('shown by a cursor, in batches, and decoded', async () => {
    const { sender, receiver } = makeEnds(unbounded);
    const list = Array.from({ length: 700 }, (_, i) => numberOf(i));
    expect(sender.trySendMany(list)).toBe(700);
    sender.flush();
    const shown: string[] = [];
    expect(receiver.forEach((message) => shown.push(message.copy().toString()))).toBe(700);
    expect(shown).toEqual(list);
    sender.trySendMany(list);
    sender.flush();
    const { value } = (await receiver.batches().next()) as { value: channel.Message[] };
    expect(value.map(({ data }) => data.toString())).toEqual(list);
    sender.sendValueSync({ a: [1] });
    expect(receiver.receiveValueSync().value).toEqual({ a: [1] });
  });

  test('of several senders to several receivers', () => {
    const one = makeChannel({ ...unbounded, senders: 3, receivers: 2 });
    const senders = [one.sender(), one.sender(), one.sender()];
    const receivers = [one.receiver(), one.receiver()];
    expect(one.statSync().allocated).toBe(3 * least);
    for (const sender of senders) {
      for (let i = 0; i < 2 * inSegment; i++) sender.sendSync(numberOf(i));
      sender.flush();
    }
    for (const receiver of receivers) expect(receiver.tryReceive()).toBeDefined();
    expect(receivers.flatMap(texts)).toHaveLength(6 * inSegment - 2);
    for (const sender of senders) sender.close();
    expect(memoryOf(one)).toBe(3 * (headBytes + least) + 4096);
  });
});

describe('at the limit', () => {
  test('wait: until the receiver has left a segment', async () => {
    const { sender, receiver } = makeEnds(unbounded);
    fill(sender);
    await expect(sender.send('x', { timeout: 5 })).rejects.toThrow(coded('ETIMEDOUT'));
    const waiting = sender.send('at last');
    for (let i = 0; i < inSegment; i++) receiver.receiveSync();
    receiver.flush();
    await waiting;
    expect(texts(receiver).at(-1)).toBe('at last');
  });

  test('fail, and drop-newest', async () => {
    const failing = makeEnds({ ...unbounded, full: 'fail' });
    fill(failing.sender);
    await expect(failing.sender.send('x')).rejects.toThrow(coded('EAGAIN'));
    const { channel: one, sender, receiver } = makeEnds({ ...unbounded, full: 'drop-newest' });
    for (let i = 0; i < most + 10; i++) sender.sendSync(numberOf(i));
    sender.flush();
    expect(one.statSync()).toMatchObject({ sent: most, dropped: 10, depth: most });
    expect(texts(receiver)).toEqual(Array.from({ length: most }, (_, i) => numberOf(i)));
  });

  test('drop-oldest: the oldest segment at least', () => {
    const { channel: one, sender, receiver } = makeEnds({ ...unbounded, full: 'drop-oldest' });
    for (let i = 0; i <= most; i++) sender.sendSync(numberOf(i));
    sender.flush();
    expect(one.statSync()).toMatchObject({ sent: most + 1, dropped: inSegment });
    sender.sendSync(pattern(sender.maxLength)); // two segments in one piece
    sender.flush();
    const { dropped, depth } = one.statSync();
    expect(dropped).toBeGreaterThan(inSegment);
    const all = texts(receiver);
    expect(all).toHaveLength(depth);
    expect(all[0]).toBe(numberOf(dropped));
    expect(all.at(-1)).toBe(pattern(sender.maxLength).toString());
  });
});
