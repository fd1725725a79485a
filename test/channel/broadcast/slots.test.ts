/** Slots that are taken, left and damaged in the worst instant. */

import { channel, lock, memory } from 'posix-ipc';

import { makeBroadcast } from '../../support/broadcasts';
import { waitUntil } from '../../support/wait-until';

const capacity = 1024;
const full = 'wait';
/** A message that takes a sixteenth of the ring. */
const part = Buffer.alloc(48, 'x');

const bell = 640 / 4;
const slotBytes = 256;
const firstSlot = 768 + capacity;
const mappings: memory.Mapping[] = [];

afterEach(() => {
  jest.restoreAllMocks();
  for (const mapping of mappings) mapping.close();
  mappings.length = 0;
});

function inMapping(): { one: channel.Broadcast; mapping: memory.Mapping; words: Int32Array } {
  const mapping = memory.mapAnonymousSync({ length: 4096, shared: true });
  mappings.push(mapping);
  const options = { create: true, full, subscribers: 2, capacity, waiting: 'block' } as const;
  const one = channel.Broadcast.at(mapping, 0, options);
  return { one, mapping, words: mapping.view(Int32Array) };
}

function fill(publisher: channel.Publisher): void {
  while (publisher.tryPublish(part));
}

test('a slot that becomes free while it is asked who has it is the one of the subscriber', () => {
  const one = makeBroadcast({ capacity, full, subscribers: 1 });
  const publisher = one.publisher();
  jest.spyOn(lock.Mutex.prototype, 'tryLock').mockReturnValueOnce(undefined); // somebody has it
  const subscriber = one.subscribe(); // by now nobody has
  fill(publisher);
  expect(one.statSync().subscribers).toMatchObject([{ bytes: 15 * 64 }]);
  expect(subscriber.forEach(() => undefined)).toBe(15);
  subscriber.close();
  expect(one.statSync().subscribers).toEqual([]);
});

test('a publisher does not sleep for who has come just now, and whose death it would not learn', async () => {
  const { one, mapping, words } = inMapping();
  const [publisher, first] = [one.publisher(), one.subscribe()];
  one.subscribe().close(); // the position there is before all that is published from here on
  fill(publisher);

  const role = firstSlot + slotBytes;
  const other = lock.Mutex.at(mapping, role);
  let guard: lock.MutexGuard | undefined;
  let looks = 0;
  const { store: realStore, load: realLoad } = Atomics;
  // It is about to sleep: the subscriber receives all.
  jest.spyOn(Atomics, 'store').mockImplementation(((array: Int32Array, at: number, to: number) => {
    if (guard === undefined && at === bell && to === 1) while (first.tryReceive() !== undefined);
    return realStore(array, at, to);
  }) as typeof Atomics.store);
  // It has looked at both slots, which of them to watch: now the second is taken.
  jest.spyOn(Atomics, 'load').mockImplementation(((array: Int32Array, at: number) => {
    const isRole = at === 0 && array.byteLength === slotBytes;
    if (isRole && words[bell] === 1 && ++looks === 3) guard = other.tryLock();
    return realLoad(array, at);
  }) as typeof Atomics.load);

  const waiting = publisher.publish(part);
  jest.restoreAllMocks();
  expect(guard).toBeDefined();
  await waitUntil('the role is watched', () => (words[role / 4] ?? 0) < 0); // FUTEX_WAITERS
  guard?.release();
  await waiting;
});

test('a position amid a record lets the publisher sleep', async () => {
  const { one, words } = inMapping();
  const [publisher] = [one.publisher(), one.subscribe()];
  fill(publisher);
  words[(firstSlot + 128) / 4] = 3; // a record has four steps
  const looks = jest.spyOn(Atomics, 'load');
  const waiting = publisher.publish(part, { timeout: 400 });
  await expect(waiting).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(looks.mock.calls.length).toBeLessThan(100); // who does not sleep looks in each turn of the loop
});

test('what a killed publisher left in its bell says of nobody that it sleeps', () => {
  const { one, words } = inMapping();
  words[bell] = 1;
  expect(one.statSync().publisherSleeps).toBe(false);
  one.publisher();
  expect(one.statSync().publisherSleeps).toBe(false);
});
