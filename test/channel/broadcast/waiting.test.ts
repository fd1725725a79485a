/** A broadcast whose publisher waits for its subscribers, or fails. */

import { channel, memory } from 'posix-ipc';

import { Seeded } from '../../campaigns/seeded';
import { amidBytes, headerBytes, isUntouched, margin, surroundBroadcast } from '../../support/amid';
import { makeBroadcast } from '../../support/broadcasts';
import { collectGarbage } from '../../support/collect-garbage';
import { waitUntil } from '../../support/wait-until';

const capacity = 1024;
const full = 'wait';
/** A message that takes a sixteenth of the ring. */
const part = Buffer.alloc(48, 'x');

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

/** Publishes until there is no room. */
function fill(publisher: channel.Publisher): number {
  let count = 0;
  while (publisher.tryPublish(part)) count++;
  return count;
}

describe('making', () => {
  test('says what it is for', () => {
    const one = makeBroadcast({ capacity, full, subscribers: 3 });
    using other = channel.Broadcast.openSync(one.name);
    expect([other.full, other.subscribers]).toEqual(['wait', 3]);
    const usual = makeBroadcast({ capacity });
    expect([usual.full, usual.subscribers]).toEqual(['drop-oldest', Infinity]);
    expect(makeBroadcast({ full: 'fail' }).subscribers).toBe(8);
    for (const [options, code] of [
      [{ full: 'drop-newest' as 'wait' }, 'ERR_OUT_OF_RANGE'],
      [{ subscribers: 2 }, 'ERR_OUT_OF_RANGE'],
      [{ full, subscribers: 65 } as const, 'ERR_OUT_OF_RANGE'],
    ] as const) {
      expect(() => channel.Broadcast.createSync(undefined, options)).toThrow(coded(code));
    }
  });

  test('of another version, or without room for its slots', () => {
    using mapping = memory.mapAnonymousSync({ length: 4096, shared: true });
    const options = { create: true, full, subscribers: 4, capacity } as const;
    channel.Broadcast.at(mapping, 0, options).close();
    const words = mapping.view(Int32Array);
    for (const [word, value, code] of [
      [3, 3, 'EPROTO'],
      [3, 0, 'EPROTO'],
      [4, 0, 'EPROTO'],
      [4, 65, 'EPROTO'],
      [5, 2, 'EPROTO'],
      [6, 1, 'EPROTO'],
      [4, 64, 'EBADMSG'],
    ] as const) {
      const before = words[word] ?? 0;
      words[word] = value;
      expect(() => channel.Broadcast.at(mapping)).toThrow(coded(code));
      words[word] = before;
    }
    channel.Broadcast.at(mapping).close();
  });
});

describe('publishing', () => {
  test('waits for the slowest subscriber, in all forms; nothing is lost', async () => {
    const one = makeBroadcast({ capacity, full, subscribers: 2 });
    const [publisher, slow, quick] = [one.publisher(), one.subscribe(), one.subscribe()];
    const count = fill(publisher);
    expect(count).toBe(15); // a header stays free
    expect(quick.forEach(() => undefined)).toBe(count);
    expect(publisher.tryPublish(part)).toBe(false);
    expect(publisher.tryClaim(48)).toBeUndefined();
    expect(() => {
      publisher.publishSync(part, { timeout: 1 });
    }).toThrow(coded('ETIMEDOUT'));
    expect(() => publisher.claimSync(48, { timeout: 1 })).toThrow(coded('ETIMEDOUT'));
    await expect(publisher.publish(part, { timeout: 1 })).rejects.toThrow(coded('ETIMEDOUT'));
    const reason = new Error('enough');
    const leaving = new AbortController();
    const aborted = publisher.publish(part, { signal: leaving.signal });
    leaving.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    const waiting = publisher.publish(Buffer.alloc(48, 'w'));
    await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
    expect(slow.forEach(() => undefined, { limit: 2 })).toBe(2);
    await waiting;
    let last = '';
    expect(slow.forEach((message) => (last = message.view().toString()))).toBe(count - 1);
    expect([last, slow.lost]).toEqual(['w'.repeat(48), 0]);
  });

  test('publishMany tells how many there was room for before it ended', async () => {
    const one = makeBroadcast({ capacity, full });
    const [publisher, subscriber] = [one.publisher(), one.subscribe()];
    expect(await publisher.publishMany(Array<Buffer>(40).fill(part), { timeout: 1 })).toBe(15);
    expect(subscriber.forEach(() => undefined)).toBe(15);
  });

  test('so do publishManySync and tryPublishMany', () => {
    const one = makeBroadcast({ capacity, full });
    const [publisher, subscriber] = [one.publisher(), one.subscribe()];
    const many = Array<Buffer>(40).fill(part);
    expect(publisher.publishManySync(many, { type: 1, timeout: 1 })).toBe(15);
    expect(publisher.tryPublishMany(many)).toBe(0);
    expect(() => publisher.publishManySync(many, { timeout: 1 })).toThrow(coded('ETIMEDOUT'));
    subscriber.receiveSync();
    const types = new Set<number>();
    expect(subscriber.forEach(({ type }) => types.add(type))).toBe(14);
    expect(publisher.tryPublishMany(many, { type: 2 })).toBe(15);
    expect(subscriber.forEach(({ type }) => types.add(type))).toBe(15);
    expect([...types]).toEqual([1, 2]);
  });

  test('fails where it was made so', async () => {
    const one = makeBroadcast({ capacity, full: 'fail' });
    const [publisher, subscriber] = [one.publisher(), one.subscribe()];
    expect(fill(publisher)).toBe(15);
    await expect(publisher.publish(part)).rejects.toThrow(coded('EAGAIN'));
    expect(() => {
      publisher.publishSync(part);
    }).toThrow(coded('EAGAIN'));
    subscriber.receiveSync();
    publisher.publishSync(part);
  });

  test('nobody subscribes: the oldest make room, and what is kept is there for who comes', () => {
    const one = makeBroadcast({ capacity, full });
    const publisher = one.publisher();
    for (let i = 0; i < 100; i++) publisher.publishSync(part, { type: i });
    const late = one.subscribe({ from: 'oldest' });
    const first = late.tryReceive();
    expect(first).toMatchObject({ type: 100 - one.statSync().kept, lost: 0 });
    expect(fill(publisher)).toBeLessThan(3);
  });

  test.each([1, 47, 48, 480, 992])('messages of %d bytes, many times round', (length) => {
    const one = makeBroadcast({ capacity, full });
    const publisher = one.publisher();
    const subscribers = [one.subscribe(), one.subscribe(), one.subscribe()];
    let [sent, got] = [0, 0];
    while (sent < 500) {
      while (publisher.tryPublish(Buffer.alloc(length, sent % 251), { type: sent })) sent++;
      for (const subscriber of subscribers) {
        let next = got;
        subscriber.forEach((message) => {
          expect([message.type, message.lost]).toEqual([next, 0]);
          expect(message.view().every((byte) => byte === next % 251)).toBe(true);
          next++;
        });
        expect(next).toBe(sent);
      }
      got = sent;
    }
  });
});

describe('slots', () => {
  test('there are so many; who leaves frees one, and lets the publisher go on', async () => {
    const one = makeBroadcast({ capacity, full, subscribers: 2 });
    const [publisher, first] = [one.publisher(), one.subscribe()];
    one.subscribe();
    expect(() => one.subscribe()).toThrow(coded('EBUSY'));
    const count = fill(publisher);
    const { pid } = process;
    expect(one.statSync().subscribers).toMatchObject([
      { pid, bytes: count * 64 },
      { pid, bytes: count * 64 },
    ]);
    first.close();
    one.subscribe().forEach(() => undefined);
    expect(publisher.tryPublish(part)).toBe(false);
    const waiting = publisher.publish(part);
    await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
    one.close();
    await expect(waiting).rejects.toThrow(coded('ERR_CLOSED'));
    expect(() => one.statSync()).toThrow(coded('ERR_CLOSED'));
  });

  test('closing the subscriber ends the wait for it', async () => {
    const one = makeBroadcast({ capacity, full });
    const [publisher, subscriber] = [one.publisher(), one.subscribe()];
    fill(publisher);
    const waiting = publisher.publish(part);
    await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
    subscriber.close();
    await waiting;
    expect(one.statSync().subscribers).toEqual([]);
  });

  test('who takes a slot is waited for from where it begins, not from where the last one was', () => {
    const one = makeBroadcast({ capacity, full, subscribers: 1 });
    const [publisher, first] = [one.publisher(), one.subscribe()];
    publisher.publishSync(part, { type: 7 });
    expect(first.tryReceive()).toMatchObject({ type: 7 });
    expect(first.tryReceive()).toBeUndefined(); // tells how far it is
    first.close();
    const second = one.subscribe({ from: 'oldest' });
    expect(fill(publisher)).toBe(14);
    expect(second.tryReceive()).toMatchObject({ type: 7, lost: 0 });
    expect(second.forEach(() => undefined)).toBe(14);
  });

  test('a subscriber that is collected has no slot any more', async () => {
    const one = makeBroadcast({ capacity, full });
    one.subscribe();
    const forget = (): void => {
      const other = channel.Broadcast.openSync(one.name);
      other.subscribe();
    };
    forget();
    expect(one.statSync().subscribers).toHaveLength(2);
    await waitUntil('it is collected', () => {
      collectGarbage();
      return one.statSync().subscribers.length < 2;
    });
    expect(one.statSync().subscribers).toHaveLength(1);
  });
});

describe('who writes anything', () => {
  const slots = 2 * 256;
  const slotWord = (headerBytes + capacity) / 4;
  const POSITION = slotWord + 32;

  function amid(): { mapping: memory.Mapping; one: channel.Broadcast; words: Int32Array } {
    const mapping = memory.mapAnonymousSync({ length: amidBytes, shared: true });
    const one = surroundBroadcast(mapping, { full, subscribers: 2 });
    const words = mapping.view(Int32Array, margin, (headerBytes + capacity + slots) / 4);
    return { mapping, one, words };
  }

  test.each([
    ['beyond head', 0, 10_000],
    ['beyond 2^53', 1, 2 ** 21],
    ['below -(2^53)', 1, -(2 ** 31)],
  ])('a position of a subscriber that cannot be, %s, is EBADMSG for the publisher', (_, at, to) => {
    const { mapping, one, words } = amid();
    const [publisher] = [one.publisher(), one.subscribe()];
    fill(publisher);
    words[POSITION + at] = to;
    expect(() => publisher.tryPublish(part)).toThrow(coded('EBADMSG'));
    expect(() => {
      publisher.publishSync(part);
    }).toThrow(coded('EBADMSG'));
    mapping.close();
  });

  test('a promise that waits is rejected', async () => {
    const { mapping, one, words } = amid();
    const [publisher] = [one.publisher(), one.subscribe()];
    fill(publisher);
    const waiting = publisher.publish(part);
    await waitUntil('the publisher sleeps', () => one.statSync().publisherSleeps);
    words[POSITION] = 10_000;
    one.subscribe(); // rings
    await expect(waiting).rejects.toThrow(coded('EBADMSG'));
    mapping.close();
  });

  test.each(Array.from({ length: 6 }, (_, seed) => [seed]))('random bytes, seed %d', (seed) => {
    const random = new Seeded(seed);
    for (let round = 0; round < 25; round++) {
      const { mapping, one, words } = amid();
      const [publisher, subscriber] = [one.publisher(), one.subscribe()];
      for (let step = 0; step < 60; step++) {
        const at = random.oneOf([64, 65, 96, 97, 98, 99, 160, POSITION, POSITION + 1, slotWord]);
        if (random.chance(0.2)) {
          words[at] = random.oneOf([random.below(2 ** 32), random.below(capacity / 16), -1, 0]);
        }
        const ways = [
          () => publisher.tryPublish(Buffer.alloc(random.below(200))),
          () => subscriber.tryReceive(),
          () => subscriber.forEach(() => undefined),
          () => one.statSync(),
          () => {
            one.subscribe({ from: 'oldest' }).close();
          },
        ];
        try {
          random.oneOf(ways)();
        } catch (error) {
          expect(['EBADMSG', 'EBUSY', 'ENOTRECOVERABLE']).toContain(
            (error as { code: string }).code,
          );
        }
      }
      expect(isUntouched(mapping, {}, slots)).toBe(true);
      mapping.close();
    }
  });
});
