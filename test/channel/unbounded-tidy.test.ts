/** What no message needs of a channel that grows, where nobody sends any more: who receives gives it back. */

import { setTimeout as sleep } from 'node:timers/promises';

import { memory } from 'posix-ipc';

import { makeChannel, makeEnds } from '../support/channels';
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
/** Words: what a receiver stores while it gives memory back; where the second one copies. */
const [tidies, secondGuard] = [284 / 4, 768 / 4 + 1];

function busy(): Error {
  return expect.objectContaining({ code: 'EBUSY' }) as Error;
}

test('a receiver that finds nothing more gives it back', async () => {
  const { channel: one, sender, receiver } = makeEnds(unbounded);
  fill(sender);
  sender.close();
  expect(memoryOf(one)).toBe(headBytes + limit);
  expect(collect(receiver)).toHaveLength(most);
  await waitUntil('the memory comes back', () => memoryOf(one) === headBytes + least);
  expect(one.statSync()).toMatchObject({ allocated: least, senders: [] });
  using next = one.sender();
  for (let i = 0; i < most; i++) expect(next.trySend(numberOf(i))).toBe(true);
  next.flush();
  expect(texts(receiver)).toEqual(Array.from({ length: most }, (_, i) => numberOf(i)));
});

test('one that waits, too, in each of the rings', async () => {
  const one = makeChannel({ ...unbounded, senders: 2 });
  const senders = [one.sender(), one.sender()];
  for (const sender of senders) fill(sender);
  const receiver = one.receiver();
  for (const sender of senders) sender.close();
  const waiting = (async () => {
    for (let i = 0; i < 2 * most; i++) await receiver.receive();
    return receiver.receive();
  })();
  await waitUntil('the memory comes back', () => memoryOf(one) === 2 * (headBytes + least));
  one.sender().sendSync('the last one');
  expect((await waiting).data.toString()).toBe('the last one');
});

test('one that closes, at once, but for what waits', () => {
  const { channel: one, sender, receiver } = makeEnds(unbounded);
  for (let i = 0; i < most; i++) sender.trySend(numberOf(i));
  sender.close();
  for (let i = 0; i < inSegment; i++) receiver.receiveSync();
  receiver.close();
  expect(one.statSync()).toMatchObject({ allocated: 3 * segment, depth: most - inSegment });
  expect(memoryOf(one)).toBe(headBytes + 3 * segment);
  expect(texts(one.receiver())).toEqual(
    Array.from({ length: most - inSegment }, (_, i) => numberOf(inSegment + i)),
  );
});

test('not what another receiver copies: later', async () => {
  const one = makeChannel({ ...unbounded, receivers: 2 });
  const [sender, first, second] = [one.sender(), one.receiver(), one.receiver()];
  using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
  const words = mapping.view(Int32Array);
  const before = memoryOf(one) - least;
  fill(sender);
  sender.close();
  words[secondGuard] = 1; // as if it were about to copy what is at 0
  expect(collect(first)).toHaveLength(most);
  await sleep(250);
  expect(memoryOf(one)).toBe(before + limit);
  second.close(); // its guard is nobody's
  expect(first.tryReceive()).toBeUndefined();
  await waitUntil('the memory comes back', () => memoryOf(one) === before + least);
});

test('not while somebody sends', async () => {
  const { channel: one, sender, receiver } = makeEnds(unbounded);
  fill(sender);
  collect(receiver);
  receiver.close();
  expect(memoryOf(one)).toBe(headBytes + limit); // the sender will
  await waitUntil('the memory comes back', () => memoryOf(one) === headBytes + least);
});

test('who comes to send meanwhile waits, but not for ever', () => {
  const one = makeChannel(unbounded);
  using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
  const words = mapping.view(Int32Array);
  const sender = one.sender();
  words[tidies] = 1; // as if it did nothing else
  const begin = performance.now();
  expect(() => one.sender()).toThrow(busy());
  expect(performance.now() - begin).toBeGreaterThanOrEqual(900);
  sender.close();
  one.sender(); // at once: who has left it there was killed
  expect(words[tidies]).toBe(0);
});
