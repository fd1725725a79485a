/** Calls behind a claim or a borrow that had to wait; who sleeps; memory of the caller that changes. */

import { setImmediate as turn } from 'node:timers/promises';

import { makeEnds } from '../support/channels';

const SMALL = { capacity: 1024 };
const busy = expect.objectContaining({ code: 'EBUSY' }) as Error;
/** What Promise.allSettled answers. */
const refused = [{ status: 'rejected', reason: busy }];

describe('while a borrow() waits', () => {
  const others = {
    receive: (ends) => ends.receiver.receive(),
    receiveInto: (ends) => ends.receiver.receiveInto(Buffer.alloc(100)),
    borrow: (ends) => ends.receiver.borrow(),
    next: (ends) => ends.receiver.messages().next(),
    'next batch': (ends) => ends.receiver.batches().next(),
  } satisfies Record<string, (ends: ReturnType<typeof makeEnds>) => Promise<unknown>>;

  test.each(Object.entries(others))('%s() behind it is EBUSY', async (_name, other) => {
    const ends = makeEnds(SMALL);
    const { sender, receiver } = ends;
    const borrowing = receiver.borrow();
    const behind = Promise.allSettled([other(ends)]);
    await turn();
    sender.trySendMany(['A', 'BBBBBBBBBBBB', 'C']);
    const borrowed = await borrowing;
    expect(await behind).toEqual(refused);
    expect(borrowed.data.toString()).toBe('A');
    borrowed.release();
    expect(receiver.tryReceive()?.data.toString()).toBe('BBBBBBBBBBBB');
    expect(receiver.tryReceive()?.data.toString()).toBe('C');
  });

  const immediate = {
    tryReceive: ({ receiver }) => receiver.tryReceive(),
    tryReceiveInto: ({ receiver }) => receiver.tryReceiveInto(Buffer.alloc(100)),
    tryBorrow: ({ receiver }) => receiver.tryBorrow(),
    receiveSync: ({ receiver }) => receiver.receiveSync({ timeout: 0 }),
    receiveIntoSync: ({ receiver }) => receiver.receiveIntoSync(Buffer.alloc(100), { timeout: 0 }),
    borrowSync: ({ receiver }) => receiver.borrowSync({ timeout: 0 }),
    forEach: ({ receiver }) => receiver.forEach(() => undefined),
  } satisfies Record<string, (ends: ReturnType<typeof makeEnds>) => unknown>;

  test.each(Object.entries(immediate))('%s() serves it first, and is EBUSY', async (_n, other) => {
    const ends = makeEnds(SMALL);
    const borrowing = ends.receiver.borrow();
    await turn();
    ends.sender.trySendMany(['A', 'B']);
    expect(() => other(ends)).toThrow(busy);
    const borrowed = await borrowing;
    expect(borrowed.data.toString()).toBe('A');
    borrowed.release();
    expect(ends.receiver.tryReceive()?.data.toString()).toBe('B');
  });
});

describe('while a claim() waits', () => {
  const FILL = 'F'.repeat(56);

  function fill(sender: { trySend: (data: string) => boolean }): number {
    let count = 0;
    while (sender.trySend(FILL)) count++;
    return count;
  }

  const others = {
    send: ({ sender }) => sender.send('second'),
    sendMany: ({ sender }) => sender.sendMany(['second', 'third']),
    claim: ({ sender }) => sender.claim(4),
    trySend: ({ sender }) => Promise.resolve().then(() => sender.trySend('second')),
    trySendMany: ({ sender }) => Promise.resolve().then(() => sender.trySendMany(['second'])),
  } satisfies Record<string, (ends: ReturnType<typeof makeEnds>) => Promise<unknown>>;

  test.each(Object.entries(others))('%s() behind it is EBUSY', async (name, other) => {
    const ends = makeEnds(SMALL);
    const { sender, receiver } = ends;
    const count = fill(sender);
    const claiming = sender.claim(8);
    const early = name.startsWith('try') ? undefined : Promise.allSettled([other(ends)]);
    await turn();
    for (let i = 0; i < count; i++) expect(receiver.tryReceive()?.data.toString()).toBe(FILL);
    receiver.flush();
    expect(await (early ?? Promise.allSettled([other(ends)]))).toEqual(refused);
    (await claiming).fill('1');
    sender.commit();
    sender.trySend('last');
    expect(receiver.tryReceive()?.data.toString()).toBe('11111111');
    expect(receiver.tryReceive()?.data.toString()).toBe('last');
    expect(receiver.tryReceive()).toBeUndefined();
  });
});

test('a cursor of a closed channel shows nothing', () => {
  const { channel, sender, receiver } = makeEnds(SMALL);
  sender.trySend('1');
  const closed = expect.objectContaining({ code: 'ERR_CLOSED' }) as Error;
  receiver.forEach((message) => {
    channel.close();
    expect(() => message.view()).toThrow(closed);
    expect(() => message.copy()).toThrow(closed);
  });
});

describe('nobody is said to sleep', () => {
  test('after a wait was aborted', async () => {
    const { channel, receiver } = makeEnds(SMALL);
    const controller = new AbortController();
    const waiting = receiver.receive({ signal: controller.signal });
    await turn();
    expect(channel.statSync().receiverSleeps).toBe(true);
    controller.abort();
    await expect(waiting).rejects.toThrow(controller.signal.reason as Error);
    expect(channel.statSync().receiverSleeps).toBe(false);
  });

  test('after the end was closed', async () => {
    const { channel, receiver } = makeEnds(SMALL);
    const waiting = receiver.receive();
    await turn();
    expect(channel.statSync().receiverSleeps).toBe(true);
    receiver.close();
    expect(channel.statSync().receiverSleeps).toBe(false);
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('memory of the caller', () => {
  test.each([
    [8, 32],
    [64, 32],
  ])('that was resized from %d to %d bytes is sent as it is', (before, after) => {
    const { sender, receiver } = makeEnds(SMALL);
    const buffer = new ArrayBuffer(before, { maxByteLength: 1024 });
    const bytes = new Uint8Array(buffer);
    sender.trySend(bytes);
    buffer.resize(after);
    bytes.fill(7);
    sender.trySend(bytes);
    expect(receiver.tryReceive()?.data).toHaveLength(before);
    expect(receiver.tryReceive()?.data).toEqual(Buffer.alloc(after, 7));
  });

  test('that has grown is received into', () => {
    const { sender, receiver } = makeEnds(SMALL);
    const buffer = new ArrayBuffer(8, { maxByteLength: 1024 });
    const bytes = new Uint8Array(buffer);
    sender.trySend(Buffer.alloc(8, 1));
    receiver.tryReceiveInto(bytes);
    buffer.resize(32);
    sender.trySend(Buffer.alloc(32, 7));
    expect(receiver.tryReceiveInto(bytes)).toEqual({ type: 0, length: 32 });
    expect(Buffer.from(bytes)).toEqual(Buffer.alloc(32, 7));
  });

  test('that a getter of an option detaches is refused', () => {
    const { sender, receiver } = makeEnds(SMALL);
    const bytes = new Uint8Array(8);
    const options = {
      get type(): number {
        structuredClone(bytes, { transfer: [bytes.buffer] });
        return 1;
      },
    };
    const detached = expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }) as Error;
    expect(() => sender.trySend(bytes, options)).toThrow(detached);
    expect(() => receiver.tryReceiveInto(bytes)).toThrow(detached);
    expect(receiver.tryReceive()).toBeUndefined();
  });
});
