/** A peer that writes anything: typed errors, never a crash, an endless loop, or foreign bytes. */

import { channel, memory } from 'posix-ipc';

import { Seeded } from '../campaigns/seeded';
import {
  amidBytes,
  amidCapacity,
  amidUnbounded,
  foreign,
  headerBytes,
  isUntouched,
  notForeign,
  ringAmid,
  surround,
  wordsAmid,
} from '../support/amid';
import { makeChannel } from '../support/channels';
import { unbounded } from '../support/unbounded';

const capacity = amidCapacity;
const [HEAD, TAIL, RING] = [64, 96, headerBytes / 4];
const policies: channel.WhenFull[] = ['wait', 'drop-newest', 'drop-oldest'];
const badMessage = expect.objectContaining({ code: 'EBADMSG' }) as Error;

function amid(options?: channel.ChannelAtOptions): {
  mapping: memory.Mapping;
  one: channel.Channel;
  words: Int32Array;
} {
  const length = options?.capacity === 'unbounded' ? amidUnbounded : amidBytes;
  const mapping = memory.mapAnonymousSync({ length, shared: true });
  return { mapping, one: surround(mapping, options), words: wordsAmid(mapping, options) };
}

test.each([-2, -(2 ** 31), 2 ** 31 - 1, capacity, capacity - 7, 9, -1])(
  'a record of length %d is EBADMSG, again and again',
  (length) => {
    const { mapping, one, words } = amid();
    const sender = one.sender();
    const receiver = one.receiver();
    sender.sendSync('x');
    words[RING] = length;
    for (const receive of [
      () => receiver.tryReceive(),
      () => receiver.receiveSync(),
      () => receiver.tryReceiveInto(Buffer.alloc(2000)),
      () => receiver.forEach(() => undefined),
      () => receiver.tryBorrow(),
    ]) {
      expect(receive).toThrow(badMessage);
    }
    mapping.close();
  },
);

test.each([4, 8 + capacity, -8, -(2 ** 31), 2 ** 31 - 8])('a head of %d is EBADMSG', (head) => {
  const { mapping, one, words } = amid();
  const receiver = one.receiver();
  words[HEAD] = head;
  expect(() => receiver.tryReceive()).toThrow(badMessage);
  expect(() => one.statSync()).toThrow(badMessage);
  expect(() => one.sender()).toThrow(badMessage);
  mapping.close();
});

test.each([4, -8 - capacity, 2 ** 31 - 8])('a tail of %d is EBADMSG for the sender', (tail) => {
  const { mapping, one, words } = amid();
  const sender = one.sender();
  words[TAIL] = tail;
  expect(() => {
    for (let i = 0; i < 1000; i++) sender.trySend('12345678');
  }).toThrow(badMessage);
  mapping.close();
});

test('a tail that cannot be makes no room: again EBADMSG, and nothing is written over', () => {
  const { mapping, one, words } = amid();
  const sender = one.sender();
  const receiver = one.receiver();
  let sent = 0;
  while (sender.trySend('12345678', { type: sent })) sent++;
  const tail = words[TAIL] ?? 0;
  words[TAIL] = tail + 2 * capacity;
  for (let i = 0; i < 3; i++) expect(() => sender.trySend('87654321')).toThrow(badMessage);
  words[TAIL] = tail;
  expect(sender.trySend('87654321')).toBe(false);
  for (let type = 0; type < sent; type++) {
    expect(receiver.tryReceive()).toEqual({ type, data: Buffer.from('12345678') });
  }
  mapping.close();
});

test.each([{ receivers: 2 }, { full: 'drop-oldest' as const }, { capacity: 0, maxLength: 100 }])(
  'positions within a record are EBADMSG, also where they come later, of %j',
  (options) => {
    const { mapping, one, words } = amid(options);
    const sender = one.sender();
    const receiver = one.receiver();
    sender.trySend('x');
    for (const [head, tail] of [
      [20, 4],
      [34, 2],
    ] as const) {
      [words[HEAD], words[TAIL]] = [head, tail];
      expect(() => receiver.tryReceive()).toThrow(badMessage);
      expect(() => one.statSync()).toThrow(badMessage);
      expect([words[HEAD], words[TAIL]]).toEqual([head, tail]);
    }
    mapping.close();
  },
);

test('a promise that waits is rejected when the head is overwritten', async () => {
  const { mapping, one, words } = amid();
  const receiver = one.receiver();
  const sender = one.sender();
  const waiting = receiver.receive();
  sender.sendSync('x');
  Atomics.store(words, HEAD, 12);
  await expect(waiting).rejects.toMatchObject({ code: 'EBADMSG' });
  mapping.close();
});

test('a role that was overwritten is not given back, and can be closed', () => {
  const { mapping, one, words } = amid();
  const sender = one.sender();
  words[16] = 1;
  sender.close();
  expect(() => one.sender()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
  mapping.close();
  expect(one.closed).toBe(true);
});

/** What a program may do; what it throws must have a code. Answers whether it saw foreign bytes. */
function use(sender: channel.Sender, receiver: channel.Receiver, random: Seeded): boolean {
  const into = Buffer.alloc(sender.maxLength);
  let seen = false;
  const look = (bytes: Buffer | undefined): void => {
    if (bytes?.includes(foreign) === true) seen = true;
  };
  const ways = [
    () => sender.trySend(Buffer.alloc(random.below(200))),
    () => {
      const view = sender.tryClaim(random.below(200));
      look(view);
      if (view !== undefined) sender.commit();
    },
    () => {
      look(receiver.tryReceive()?.data);
    },
    () => {
      receiver.tryReceiveInto(into);
      look(into);
    },
    () => {
      receiver.forEach((message) => {
        look(message.view());
      });
    },
    () => {
      const borrowed = receiver.tryBorrow();
      look(borrowed?.data);
      borrowed?.release();
    },
    () => {
      sender.flush();
    },
  ];
  try {
    random.oneOf(ways)();
  } catch (error) {
    expect((error as { code: string }).code).toBe('EBADMSG');
  }
  return seen;
}

const kinds = [{}, unbounded] as const;

test.each(
  Array.from({ length: 6 }, (_, seed) => kinds.map((kind) => [seed, kind] as const)).flat(),
)('random bytes in header, positions, tables and records, seed %d, %j', (seed, kind) => {
  const random = new Seeded(seed);
  const isGrowing = kind === unbounded;
  const ring = ringAmid(kind);
  for (let round = 0; round < 25; round++) {
    const receivers = random.oneOf([1, 2]);
    const options = { ...kind, full: random.oneOf(policies), receivers };
    const { mapping, one, words } = amid(options);
    const sender = one.sender();
    const ends = Array.from({ length: receivers }, () => one.receiver());
    for (let step = 0; step < 60; step++) {
      const record = ring.at / 4 + random.below(ring.bytes / 4);
      const at = random.oneOf([
        HEAD,
        TAIL,
        record,
        128,
        160,
        0,
        isGrowing ? 256 + random.below(4) : 2,
      ]);
      const anything = random.below(2 ** 32) & notForeign;
      if (random.chance(0.3)) {
        words[at] = random.oneOf([anything, random.below(ring.bytes) & ~7, -1, 0]);
      }
      expect(use(sender, random.oneOf(ends), random)).toBe(false);
    }
    expect(isUntouched(mapping, options)).toBe(true);
    mapping.close();
  }
});

test.each([{}, { receivers: 2 }, { senders: 2 }])(
  'what is whole in front of a damaged record is received, of %j',
  async (options) => {
    const one = makeChannel({ capacity, ...options });
    const [sender, receiver] = [one.sender(), one.receiver()];
    for (let i = 0; i < 4; i++) sender.sendSync('12345678');
    sender.flush();
    using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
    mapping.view(Int32Array)[RING + (3 * 16) / 4] = -2;
    const batches = receiver.batches();
    expect((await batches.next()).value).toHaveLength(3);
    await expect(batches.next()).rejects.toEqual(badMessage);
  },
);

test('a capacity that somebody has changed: the roles are not where they were', () => {
  const one = makeChannel({ capacity: 4096, receivers: 2 });
  using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
  mapping.view(Int32Array)[2] = 1024;
  expect(() => channel.Channel.openSync(one.name)).toThrow(badMessage);
});

test('too little memory is told of the memory', () => {
  const mapping = memory.mapAnonymousSync({ length: 4096, shared: true });
  const options = { create: true, receivers: 64 };
  expect(() => channel.Channel.at(mapping, 0, options)).toThrow(/mapping\.length/);
  mapping.close();
});
