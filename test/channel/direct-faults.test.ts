/** What a direct channel does when its memory is overwritten, or what it is given is faulty. */

import { channel, posix } from 'posix-ipc';

import { coded, directName, isNamed, meetBoth } from '../support/directs';
import { soon } from '../support/wait-until';

const capacity = 1024;

/** Byte offsets: docs/direct.md. */
const callsFromFirst = 64 + 2 * (768 + capacity);
const head = 256;

test('a position that cannot be ends all, at once: nothing waits for ever', async () => {
  const [one, other] = await meetBoth({ capacity });
  other.onRequest(() => 'x');
  const pending = other.request('pending');
  const ended = other.ended();
  using object = posix.SharedMemory.openSync(one.name);
  const words = object.mapping.view(Int32Array);
  void one.request('wakes the other').catch(() => undefined);
  words[(callsFromFirst + head) / 4] = 0x7fff_fff1;
  await expect(soon('the request', pending)).rejects.toThrow(coded('EBADMSG'));
  await soon('the end', ended);
  expect(other.tryEnded()).toBe(true);
  await expect(other.request('again')).rejects.toThrow(coded('EBADMSG'));
});

test('who comes to memory that is overwritten holds nothing afterwards', async () => {
  const name = directName();
  const aborting = new AbortController();
  const waiting = channel.direct(name, { capacity, signal: aborting.signal });
  using object = posix.SharedMemory.openSync(name);
  const words = object.attachSync({ access: 'write' }).view(Int32Array);
  words[(callsFromFirst + head) / 4] = 4;
  await expect(channel.direct(name)).rejects.toThrow(coded('EBADMSG'));
  const seat = callsFromFirst + 768 + capacity + 64;
  expect((words[seat / 4] ?? 0) & 0x3fff_ffff).toBe(0);
  expect(isNamed(name)).toBe(false);
  words[(callsFromFirst + head) / 4] = 0;
  aborting.abort();
  await expect(waiting).rejects.toThrow('aborted');
});

test('a signal that fails when it is listened to fails what it was given to, and nothing else', async () => {
  const [one, other] = await meetBoth();
  other.onRequest(({ data }) => data);
  const fails = {
    aborted: false,
    reason: undefined,
    throwIfAborted: () => undefined,
    addEventListener: () => {
      throw new Error('mine');
    },
    removeEventListener: () => undefined,
  } as unknown as AbortSignal;
  await expect(one.request('q', { signal: fails })).rejects.toThrow('mine');
  await expect(one.ended({ signal: fails })).rejects.toThrow('mine');
  expect((await one.request('still')).toString()).toBe('still');
});

test('after an error nothing is received that nobody has sent', () => {
  using one = channel.Channel.createSync(undefined, { capacity });
  const [sender, receiver] = [one.sender(), one.receiver()];
  for (let i = 0; i < 3; i++) sender.trySend(`secret ${String(i)}`);
  while (receiver.tryReceive() !== undefined);
  receiver.flush();
  using object = posix.SharedMemory.openSync(one.name);
  object.mapping.view(Int32Array)[head / 4] = 0x7fff_fff0;
  for (let i = 0; i < 3; i++) expect(() => receiver.tryReceive()).toThrow(coded('EBADMSG'));
  one.unlinkSync();
});

test('a batch keeps the messages of one sender where another one has overwritten its ring', async () => {
  using one = channel.Channel.createSync(undefined, { capacity, senders: 2 });
  const [honest, , receiver] = [one.sender(), one.sender(), one.receiver()];
  for (let i = 0; i < 5; i++) honest.trySend('honest');
  honest.flush();
  using object = posix.SharedMemory.openSync(one.name);
  object.mapping.view(Int32Array)[(768 + capacity + head) / 4] = 0x7fff_fff1;
  const batches = receiver.batches();
  const first = await batches.next();
  expect(first.value).toHaveLength(5);
  await expect(batches.next()).rejects.toThrow(coded('EBADMSG'));
  one.unlinkSync();
});

test.each([{}, { receivers: 2 }])(
  'of several senders one that has overwritten its ring keeps none from the others, %j',
  (options) => {
    using one = channel.Channel.createSync(undefined, { capacity, senders: 3, ...options });
    const senders = [one.sender(), one.sender(), one.sender()];
    const receiver = one.receiver();
    for (let i = 0; i < 6; i++) {
      for (const [at, sender] of senders.entries()) sender.sendSync(`${String(at)} ${String(i)}`);
    }
    for (const sender of senders) sender.flush();
    using object = posix.SharedMemory.openSync(one.name);
    object.mapping.view(Int32Array)[(768 + capacity + 768) / 4] = -2;
    const got = Array.from({ length: 18 }, () => {
      try {
        return receiver.tryReceive()?.data.toString();
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    for (const at of [0, 2]) {
      const theirs = got.filter((text) => text?.startsWith(String(at)) === true);
      expect(theirs).toEqual(Array.from({ length: 6 }, (_, i) => `${String(at)} ${String(i)}`));
    }
    expect(got.filter((text) => text === 'EBADMSG')).toHaveLength(6);
    one.unlinkSync();
  },
);
