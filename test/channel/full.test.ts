/** What becomes of messages for which there is no room: `full`. */

import { channel, memory } from 'posix-ipc';

import { Seeded } from '../campaigns/seeded';
import { makeChannel, makeEnds } from '../support/channels';
import { pattern } from '../support/files';
import { oddByte } from '../support/odd-data';
import { collect, fill, numberOf, texts } from '../support/full-channels';

const capacity = 1024;
/** Messages of 8 bytes that it holds. */
const most = capacity / 16;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

test('it is a property of the channel, which every opener sees', () => {
  for (const full of ['wait', 'fail', 'drop-newest', 'drop-oldest'] as const) {
    const one = makeChannel({ capacity, full });
    using other = channel.Channel.openOrCreateSync(one.name, { full: 'fail' });
    expect([one.full, other.full]).toEqual([full, full]);
    using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
    channel.Channel.at(mapping, 64, { create: true, full });
    expect(channel.Channel.at(mapping, 64).full).toBe(full);
  }
  expect(makeChannel().full).toBe('wait');
  expect(() => makeChannel({ full: 'burst' as 'wait' })).toThrow(coded('ERR_OUT_OF_RANGE'));
});

test('what has to wait goes as its bytes, whatever it says that its value is', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  while (sender.trySend('x'));
  const sending: Promise<unknown>[] = [sender.send(oddByte(1)), sender.sendMany([oddByte(2)])];
  const got: number[] = [];
  for (let i = 0; i < most + 2; i++) got.push((await receiver.receive()).data[0] ?? NaN);
  await Promise.all(sending);
  expect(got.slice(most)).toEqual([1, 2]);
});

test('who does not know what a channel was made for cannot open it', () => {
  using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
  channel.Channel.at(mapping, 0, { create: true, full: 'fail' }).close();
  const words = mapping.view(Int32Array);
  expect([words[1], words[3]]).toEqual([2, 1]);
  for (const unknown of [4, -1]) {
    words[3] = unknown;
    expect(() => channel.Channel.at(mapping)).toThrow(coded('EPROTO'));
  }
  words[3] = 3;
  words[15] = 1; // an option of another version
  expect(() => channel.Channel.at(mapping)).toThrow(coded('EPROTO'));
  words[15] = 0;
  expect(channel.Channel.at(mapping).full).toBe('drop-oldest');
});

describe('fail', () => {
  test('a send without room is EAGAIN at once, in all forms that wait', async () => {
    const { sender, receiver } = makeEnds({ capacity, full: 'fail' });
    fill(sender);
    await expect(sender.send('12345678')).rejects.toThrow(coded('EAGAIN'));
    await expect(sender.sendMany(['12345678'])).rejects.toThrow(coded('EAGAIN'));
    await expect(sender.claim(8)).rejects.toThrow(coded('EAGAIN'));
    expect(() => sender.sendManySync(['12345678'])).toThrow(coded('EAGAIN'));
    expect(() => sender.claimSync(8)).toThrow(coded('EAGAIN'));
    expect(() => {
      sender.sendSync('12345678');
    }).toThrow(coded('EAGAIN'));
    expect(sender.trySend('12345678')).toBe(false);
    expect(sender.tryClaim(8)).toBeUndefined();
    receiver.receiveSync();
    receiver.flush();
    expect(await sender.sendMany(['12345678', '12345678'])).toBe(1);
    receiver.receiveSync();
    receiver.flush();
    expect(sender.sendManySync(['12345678', '12345678'])).toBe(1);
  });

  test('many at once are sent while there is room, however many turns it takes', async () => {
    const { sender, receiver } = makeEnds({ full: 'fail' });
    await Promise.all(Array.from({ length: 1000 }, (_, type) => sender.send('x', { type })));
    expect(collect(receiver)).toHaveLength(1000);
  });
});

describe('drop-newest', () => {
  test('a message without room is dropped and counted, in all forms', async () => {
    const { channel: one, sender, receiver } = makeEnds({ capacity, full: 'drop-newest' });
    for (let i = 0; i < most; i++) sender.sendSync(numberOf(i));
    await sender.send('dropped');
    sender.sendSync('dropped');
    expect(sender.trySend('dropped')).toBe(true);
    expect(await sender.sendMany(['dropped', 'dropped'])).toBe(2);
    expect(sender.sendManySync(['dropped'])).toBe(1);
    expect(sender.trySendMany(['dropped'])).toBe(1);
    (await sender.claim(16)).fill('d');
    sender.commit();
    sender.claimSync(16).fill('d');
    sender.abort();
    expect(one.statSync()).toMatchObject({ sent: most, dropped: 8, depth: most, bytes: capacity });
    expect(texts(receiver)).toEqual(Array.from({ length: most }, (_, i) => numberOf(i)));
    sender.sendSync('again');
    sender.flush();
    expect(texts(receiver)).toEqual(['again']);
  });
});

describe('drop-oldest', () => {
  test('the oldest make room, an eighth of the ring at least, and are counted', () => {
    const { channel: one, sender, receiver } = makeEnds({ capacity, full: 'drop-oldest' });
    for (let i = 0; i < most; i++) sender.sendSync(numberOf(i));
    sender.flush();
    expect(one.statSync()).toMatchObject({ dropped: 0, depth: most });
    sender.sendSync(numberOf(most));
    sender.flush();
    expect(one.statSync()).toMatchObject({
      sent: most + 1,
      received: 0,
      dropped: most / 8,
      depth: most + 1 - most / 8,
    });
    const left = Array.from({ length: most + 1 - most / 8 }, (_, i) => numberOf(i + most / 8));
    expect(texts(receiver)).toEqual(left);
    expect(one.statSync()).toMatchObject({ depth: 0, bytes: 0, received: left.length });
  });

  test('messages of every length, at every offset, while others lie before them', () => {
    for (let offset = 0; offset < capacity; offset += 8) {
      const { channel: one, sender, receiver } = makeEnds({ capacity, full: 'drop-oldest' });
      for (let at = 0; at < offset; at += 8) sender.sendSync('');
      for (const length of [0, 1, 24, 500, 1008, 1016]) {
        const data = pattern(length, offset);
        sender.sendSync(data, { type: length });
        sender.flush();
        const all = collect(receiver);
        expect(all.at(-1)).toEqual({ type: length, data });
        sender.sendSync('behind it');
      }
      one.close();
    }
  });

  test('what a receiver holds is its own, whatever is sent meanwhile', async () => {
    const { channel: one, sender, receiver } = makeEnds({ capacity, full: 'drop-oldest' });
    const flood = (): void => {
      for (let i = 0; i < 3 * most; i++) sender.sendSync('xxxxxxxx');
      sender.flush();
    };
    sender.sendSync('the first', { type: 9 });
    using borrowed = await receiver.borrow();
    flood();
    expect(borrowed).toMatchObject({ type: 9, data: Buffer.from('the first') });
    borrowed.release();
    expect(receiver.forEach(() => undefined)).toBeGreaterThan(0);
    sender.sendSync('the second');
    sender.flush();
    receiver.forEach((message) => {
      flood();
      expect(message.view().toString()).toBe('the second');
      expect(message.copy().toString()).toBe('the second');
    });
    collect(receiver);
    sender.sendSync('longer than that');
    sender.flush();
    expect(() => receiver.tryReceiveInto(Buffer.alloc(3))).toThrow(coded('EMSGSIZE'));
    flood();
    expect(receiver.forEach(() => undefined, { limit: 1 })).toBe(1);
    const { sent, received, dropped, depth } = one.statSync();
    expect(sent).toBe(received + dropped + depth);
  });

  test('what a receiver that is closed had borrowed is lost', () => {
    const { channel: one, sender, receiver } = makeEnds({ capacity, full: 'drop-oldest' });
    sender.trySendMany(['a', 'b']);
    sender.flush();
    receiver.borrowSync();
    receiver.close();
    expect(texts(one.receiver())).toEqual(['b']);
  });

  test.each([1, 2, 3])('random steps: in order, none twice, and all are counted: %d', (seed) => {
    const random = new Seeded(seed);
    const { channel: one, sender, receiver } = makeEnds({ capacity, full: 'drop-oldest' });
    let [next, last] = [1, 0];
    const check = (type: number, data: Buffer): void => {
      expect(type).toBeGreaterThan(last);
      expect(data).toEqual(pattern(data.length, type & 255));
      last = type;
    };
    const receive = (): void => {
      const message = receiver.tryReceive();
      if (message !== undefined) check(message.type, message.data);
    };
    const ways = [
      receive,
      () => {
        receiver.forEach(
          (message) => {
            check(message.type, message.copy());
          },
          { limit: 1 + random.below(5) },
        );
      },
    ];
    for (let step = 0; step < 3000; step++) {
      if (random.chance(0.7)) {
        const length = random.chance(0.1) ? random.below(1017) : random.below(60);
        sender.sendSync(pattern(length, next & 255), { type: next });
        next++;
      } else {
        random.oneOf(ways)();
      }
    }
    sender.flush();
    const before = one.statSync();
    expect(before.sent).toBe(before.received + before.dropped + before.depth);
    expect(before.dropped).toBeGreaterThan(0);
    for (const { type, data } of collect(receiver)) check(type, data);
    expect(last).toBe(next - 1);
    const after = one.statSync();
    expect(after).toMatchObject({ depth: 0, received: after.sent - after.dropped });
  });
});

test.each(['drop-newest', 'drop-oldest'] as const)(
  'no Node stream where messages are dropped: %s',
  (full) => {
    const { sender } = makeEnds({ capacity, full });
    expect(() => sender.writable()).toThrow(coded('EOPNOTSUPP'));
  },
);
