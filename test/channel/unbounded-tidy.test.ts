/** What no message needs of a channel that grows, where nobody sends any more: who receives gives it back. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { memory, type channel } from 'posix-ipc';

import { OWNER, SENDER_ROLE } from '../../lib/channel/layout';
import { makeChannel, makeEnds } from '../support/channels';
import { collect, fill, numberOf, texts } from '../support/full-channels';
import { startNode, type Peer } from '../support/processes';
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
/** Words: who gives memory back; where the second receiver copies; the sender's role. */
const [tidies, secondGuard, senderRole] = [284 / 4, 768 / 4 + 1, SENDER_ROLE / 4];

afterEach(() => {
  jest.restoreAllMocks();
});

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

describe('who comes to send meanwhile', () => {
  /** Its words, and the sender's role in them. */
  function wordsOf(one: channel.Channel): Int32Array {
    return memory.mapSync(`/dev/shm${one.name}`, { access: 'write' }).view(Int32Array);
  }

  test('waits, but not for ever', () => {
    const one = makeChannel(unbounded);
    const words = wordsOf(one);
    const sender = one.sender();
    words[tidies] = (words[senderRole] ?? 0) & OWNER; // as if it did nothing else
    const begin = performance.now();
    expect(() => one.sender()).toThrow(busy());
    expect(performance.now() - begin).toBeGreaterThanOrEqual(900);
    sender.close();
    one.sender(); // at once: who has left it there was killed
    expect(words[tidies]).toBe(0);
  });

  test('is told soon of a sender, whoever was killed before it could give memory back', () => {
    const one = makeChannel({ ...unbounded, senders: 2 });
    const words = wordsOf(one);
    const senders = [one.sender(), one.sender()];
    const wait = jest.spyOn(Atomics, 'wait');
    expect(() => one.sender()).toThrow(busy());
    expect(wait).toHaveBeenCalledTimes(0);
    words[tidies] = 1;
    expect(() => one.sender()).toThrow(busy());
    expect(wait).toHaveBeenCalledTimes(20);
    senders[0]?.close();
    one.sender();
    expect(wait).toHaveBeenCalledTimes(20);
    expect(words[tidies]).toBe(0);
  });

  test('goes on when that one is killed', async () => {
    const { one, peer } = await begun('after', 2, 'SIGSTOP');
    await waitUntil('it has stopped', () => stateOf(peer.pid) === 'T');
    let tries = 0;
    const wait = jest.spyOn(Atomics, 'wait').mockImplementation(() => {
      if (++tries === 25) {
        peer.kill('SIGKILL');
        while (!'ZX'.includes(stateOf(peer.pid)));
      }
      return 'timed-out';
    });
    using sender = one.sender();
    expect(wait).toHaveBeenCalledTimes(25);
    wait.mockRestore();
    expect(sender.closed).toBe(false);
    await peer.ended;
  });

  test.each([
    ['marked', 'after', 1],
    ['with the role', 'before', 2],
    ['about to look', 'after', 2],
    ['about to give memory back', 'after', 3],
    ['having given it back', 'after', 4],
    ['without the role', 'before', 5],
  ] as const)('finds all as it was, though that one was killed: %s', async (_what, when, which) => {
    const { one, peer } = await begun(when, which);
    expect(await peer.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    const words = wordsOf(one);
    const wait = jest.spyOn(Atomics, 'wait');
    const sender = one.sender();
    expect(wait).toHaveBeenCalledTimes(0);
    expect(words[tidies]).toBe(0);
    expect(memoryOf(one)).toBe(headBytes + least);
    for (let i = 0; i < most; i++) expect(sender.trySend(numberOf(i))).toBe(true);
    sender.flush();
    expect(texts(one.receiver())).toEqual(Array.from({ length: most }, (_, i) => numberOf(i)));
    sender.close();
    expect(one.statSync()).toMatchObject({ allocated: least, senders: [] });
  });

  /** A channel whose memory somebody is going to give back. */
  async function begun(
    when: 'before' | 'after',
    which: number,
    signal: NodeJS.Signals = 'SIGKILL',
  ): Promise<{ one: channel.Channel; peer: Peer }> {
    const one = makeChannel(unbounded);
    const sender = one.sender();
    fill(sender);
    sender.close();
    expect(memoryOf(one)).toBe(headBytes + limit);
    const peer = startNode('killed-tidying', [one.name, when, String(which), signal]);
    expect(await peer.line()).toBe('received');
    return { one, peer };
  }
});

/** Of a process, as in /proc: T, stopped; Z, a zombie. */
function stateOf(pid: number): string {
  return /\) (.)/.exec(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))?.[1] ?? '';
}
