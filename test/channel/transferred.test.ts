/** Somebody transfers the ArrayBuffer of a view: every call is a typed error, and nothing is uncaught. */

import { setImmediate } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { makeBroadcast } from '../support/broadcasts';
import { makeEnds } from '../support/channels';
import { detach, emptiesMarked } from '../support/detach';
import { testIf } from '../support/machine';

const capacity = 1024;
const fault = expect.objectContaining({ code: 'EFAULT' }) as Error;

type Ends = ReturnType<typeof makeEnds>;

function take({ sender, receiver }: Ends): void {
  sender.sendSync('x');
  sender.flush();
  const borrowed = receiver.borrowSync();
  borrowed.release();
  detach(borrowed.data.buffer);
}

function calls({ channel: one, sender, receiver }: Ends): (() => unknown)[] {
  return [
    () => sender.trySend('x'),
    () => {
      sender.sendSync('x');
    },
    () => sender.trySendMany(['x', 'y']),
    () => sender.tryClaim(1),
    () => {
      sender.commit();
    },
    () => receiver.tryReceive(),
    () => receiver.receiveSync(),
    () => receiver.tryReceiveInto(Buffer.alloc(100)),
    () => receiver.forEach(() => undefined),
    () => receiver.tryBorrow(),
    () => one.statSync(),
  ];
}

test('all calls fail, and all can be closed', async () => {
  const ends = makeEnds({ capacity });
  take(ends);
  for (const call of calls(ends)) expect(call).toThrow(fault);
  const { sender, receiver } = ends;
  for (const waiting of [sender.send('x'), sender.claim(1), receiver.receive(), receiver.borrow()])
    await expect(waiting).rejects.toEqual(fault);
  expect(() => receiver.messages()).toThrow(fault);
  sender.close();
  expect(() => ends.channel.sender()).toThrow(fault);
  ends.channel.close();
});

test('what was to be published at the end of the tick is not, and nothing is uncaught', async () => {
  const ends = makeEnds({ capacity });
  const { sender } = ends;
  for (let i = 0; i < 10; i++) sender.sendSync('x'); // all but the first are put off
  take(ends);
  await setImmediate();
  for (const call of calls(ends)) expect(call).toThrow(fault);
});

test('a forEach ends when its callback takes the memory away', () => {
  const { sender, receiver } = makeEnds({ capacity });
  for (let i = 0; i < 10; i++) sender.sendSync('x');
  sender.flush();
  let shown = 0;
  const look = (message: channel.Cursor): void => {
    if (++shown === 3) detach(message.ring.buffer);
    if (shown === 3) expect(() => message.copy()).toThrow(fault);
  };
  expect(() => receiver.forEach(look)).toThrow(fault);
  expect(shown).toBe(3);
});

test.each([
  { full: 'drop-oldest', capacity },
  { receivers: 2, capacity },
  { senders: 2, receivers: 2, capacity },
] as const)('also of a receiver that copies first: %j', (options) => {
  const { sender, receiver } = makeEnds(options);
  for (let i = 0; i < 10; i++) sender.sendSync('x');
  const { buffer } = sender.claimSync(1);
  sender.abort();
  sender.flush();
  const look = jest.fn(() => {
    detach(buffer);
  });
  expect(() => receiver.forEach(look)).toThrow(fault);
  expect(look).toHaveBeenCalledTimes(1);
});

test('also of a subscriber, which shows what it has copied before', () => {
  const one = makeBroadcast({ capacity: 1 << 18 });
  const [publisher, subscriber] = [one.publisher(), one.subscribe()];
  const count = 1 << 13; // 32 bytes each: more than it copies at a time
  for (let i = 0; i < count - 2; i++) publisher.publishSync('x');
  const { buffer } = publisher.claimSync(1);
  publisher.abort();
  publisher.flush();
  let shown = 0;
  const look = (): void => {
    if (++shown === 1) detach(buffer);
  };
  expect(() => subscriber.forEach(look)).toThrow(fault);
  expect(shown).toBeGreaterThan(1);
});

/** Why a wait fails; asked for now, so that it is not unhandled. */
function failureOf(wait: Promise<unknown>): Promise<unknown> {
  return wait.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('what waits is told when it is woken', async () => {
  const { sender, receiver } = makeEnds({ capacity, waiting: 'block' });
  const failure = failureOf(receiver.receive());
  detach(sender.claimSync(1).buffer);
  sender.close(); // whoever sleeps watches the sender's role, and is woken
  expect(await failure).toEqual(fault);
});

test('and what is never woken ends by its limits, or with its object', async () => {
  const { channel: one, sender, receiver } = makeEnds({ capacity, waiting: 'block' });
  const aborted = new AbortController();
  const first = failureOf(receiver.receive());
  const second = failureOf(receiver.receive({ signal: aborted.signal }));
  detach(sender.claimSync(1).buffer);
  aborted.abort('enough');
  expect(await second).toBe('enough');
  one.close();
  expect(await first).toMatchObject({ code: 'ERR_CLOSED' });
});

const itGoes: Parameters<typeof testIf> = [emptiesMarked(), 'nothing takes marked memory here'];

describe.each([
  { receivers: 2, capacity },
  { full: 'drop-oldest', capacity },
  { senders: 2, receivers: 2, capacity },
] as const)('a receiver that copies first: %j', (options) => {
  function filled(): Ends {
    const ends = makeEnds(options);
    for (const text of ['one', 'two', 'three']) ends.sender.sendSync(text);
    ends.sender.flush();
    return ends;
  }

  test('who sends a view of what is borrowed to another thread takes nothing away', () => {
    const { receiver } = filled();
    const borrowed = receiver.borrowSync();
    try {
      structuredClone(borrowed.data, { transfer: [borrowed.data.buffer as ArrayBuffer] });
    } catch (error) {
      expect(error).toMatchObject({ name: 'DataCloneError' }); // of newer Node
    }
    borrowed.release();
    expect(receiver.tryReceive()?.data.toString()).toBe('two');
  });

  testIf(...itGoes)(
    'its memory is gone: every call says so, and no message is taken for it',
    async () => {
      const { channel: one, receiver } = filled();
      const borrowed = receiver.borrowSync();
      borrowed.release();
      detach(borrowed.data.buffer);
      const { received } = one.statSync();
      for (const call of [
        () => receiver.tryReceive(),
        () => receiver.receiveSync({ timeout: 1000 }),
        () => receiver.tryReceiveInto(Buffer.alloc(100)),
        () => receiver.forEach(() => undefined),
        () => receiver.tryBorrow(),
      ])
        expect(call).toThrow(fault);
      await expect(receiver.receive({ timeout: 1000 })).rejects.toEqual(fault);
      expect(one.statSync().received).toBe(received);
      receiver.close();
      expect(one.receiver().tryReceive()?.data.toString()).toBe('two');
    },
  );
});

testIf(...itGoes)('without capacity: the same', async () => {
  const { sender, receiver } = makeEnds({ capacity: 0 });
  const taking = receiver.borrow();
  await sender.send('x');
  const borrowed = await taking;
  borrowed.release();
  detach(borrowed.data.buffer);
  await expect(receiver.receive({ timeout: 1000 })).rejects.toEqual(fault);
  expect(() => receiver.forEach(() => undefined)).toThrow(fault);
});

testIf(...itGoes)('a subscriber whose copy is gone says so', () => {
  const one = makeBroadcast({ capacity });
  const [publisher, subscriber] = [one.publisher(), one.subscribe()];
  publisher.publishSync('one');
  publisher.flush();
  subscriber.forEach((message) => {
    detach(message.view().buffer);
  });
  publisher.publishSync('two');
  publisher.flush();
  for (let i = 0; i < 2; i++) expect(() => subscriber.tryReceive()).toThrow(fault);
});
