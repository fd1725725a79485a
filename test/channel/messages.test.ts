/** What goes through a channel, with both ends in one thread. */

import { pattern } from '../support/files';
import { makeEnds } from '../support/channels';

const capacity = 1024;
const most = capacity - 8;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

test.each([0, 1, 7, 8, 9, 16, 31, 32, 33, 63, 64, 127, 128, 129, 512, most])(
  'a message of %d bytes comes as it was, in all forms',
  async (length) => {
    const { sender, receiver } = makeEnds({ capacity });
    const data = pattern(length, length);
    await sender.send(data, { type: 1 });
    expect(await receiver.receive()).toEqual({ type: 1, data });
    sender.sendSync(data, { type: 2 });
    expect(receiver.receiveSync()).toEqual({ type: 2, data });
    expect(sender.trySend(data)).toBe(true);
    expect(receiver.tryReceive()).toEqual({ type: 0, data });
    const into = Buffer.alloc(length + 3, 'x');
    sender.sendSync(data);
    expect(receiver.tryReceiveInto(into)).toEqual({ type: 0, length });
    expect(into).toEqual(Buffer.concat([data, Buffer.from('xxx')]));
    sender.sendSync(data);
    expect(await receiver.receiveInto(into)).toEqual({ type: 0, length });
    sender.sendSync(data);
    expect(receiver.receiveIntoSync(into)).toEqual({ type: 0, length });
    expect(receiver.tryReceive()).toBeUndefined();
  },
);

test('wraps around at every offset, with messages of every length', () => {
  for (let offset = 0; offset < capacity; offset += 8) {
    const { channel, sender, receiver } = makeEnds({ capacity });
    for (let at = 0; at < offset; at += 8) sender.sendSync('');
    sender.flush();
    expect(receiver.forEach(() => undefined)).toBe(offset / 8);
    for (const length of [0, 1, 8, 24, 500, most - 8, most]) {
      const data = pattern(length, offset);
      // Where it does not fit behind the last one, the first attempt only goes to the beginning.
      while (!sender.trySend(data, { type: length })) expect(receiver.tryReceive()).toBeUndefined();
      expect(receiver.tryReceive()).toEqual({ type: length, data });
      expect(receiver.tryReceive()).toBeUndefined();
    }
    channel.close();
  }
});

test('is full, and takes exactly what it can hold', () => {
  const { channel, sender, receiver } = makeEnds({ capacity });
  const count = capacity / 16;
  for (let i = 0; i < count; i++) expect(sender.trySend('12345678', { type: i })).toBe(true);
  expect(sender.trySend('')).toBe(false);
  expect(channel.statSync()).toMatchObject({ bytes: capacity, depth: count, sent: count });
  for (let i = 0; i < count; i++) expect(receiver.receiveSync().type).toBe(i);
  expect(receiver.tryReceive()).toBeUndefined();
  expect(channel.statSync()).toMatchObject({ bytes: 0, depth: 0, received: count });
});

test('memory is as long as it is, whatever it says', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  class Odd extends Uint8Array {
    override get length(): number {
      return 100;
    }
  }
  sender.sendManySync(['12345678', '87654321']);
  const around = Buffer.alloc(32);
  for (const odd of [
    Object.defineProperty(around.subarray(8, 10), 'length', { value: 100 }),
    new Odd(2),
  ]) {
    for (let i = 0; i < 4; i++) {
      expect(() => receiver.tryReceiveInto(odd)).toThrow(coded('EMSGSIZE'));
      expect(() => receiver.receiveIntoSync(odd)).toThrow(coded('EMSGSIZE'));
      await expect(receiver.receiveInto(odd)).rejects.toMatchObject({ code: 'EMSGSIZE' });
    }
  }
  expect(around).toEqual(Buffer.alloc(32));
  const none = Object.create(Uint8Array.prototype) as Uint8Array;
  for (const odd of [none, new Proxy(Buffer.alloc(8), {})]) {
    expect(() => receiver.tryReceiveInto(odd)).toThrow(coded('ERR_INVALID_ARG_TYPE'));
  }
  expect(receiver.tryReceiveInto(around)).toEqual({ type: 0, length: 8 });
});

test('what stands in line to be sent is its bytes, whatever its class makes of a part', async () => {
  const { sender, receiver } = makeEnds({ capacity });
  class Odd extends Uint8Array {
    override subarray(): Uint8Array<ArrayBuffer> {
      return new Uint8Array(5000);
    }
  }
  while (sender.trySend('12345678'));
  const first = sender.send('first');
  while (receiver.tryReceive() !== undefined);
  sender.sendSync(new Odd([1, 2]), { timeout: 100 });
  await first;
  expect(receiver.tryReceive()?.data).toEqual(Buffer.from('first'));
  expect(receiver.tryReceive()?.data).toEqual(Buffer.from([1, 2]));
});

test('text goes as UTF-8, and any view as its bytes, aligned or not', () => {
  const { sender, receiver } = makeEnds();
  const bytes = pattern(64);
  const sent = [
    'grüße',
    new Uint16Array([1, 2, 515]),
    new DataView(bytes.buffer, bytes.byteOffset + 1, 11),
    bytes.subarray(3, 60),
    new Uint8Array([9]).buffer,
  ];
  for (const data of sent) sender.sendSync(data);
  const received = sent.map(() => receiver.receiveSync().data);
  expect(received).toEqual([
    Buffer.from('grüße'),
    Buffer.from([1, 0, 2, 0, 3, 2]),
    bytes.subarray(1, 12),
    bytes.subarray(3, 60),
    Buffer.from([9]),
  ]);
});

test('what is received is a copy, which later messages do not touch', () => {
  const { sender, receiver } = makeEnds({ capacity });
  const kept: Buffer[] = [];
  for (let i = 0; i < 300; i++) {
    sender.sendSync(pattern(100, i));
    kept.push(receiver.receiveSync().data);
  }
  kept.forEach((data, i) => {
    expect(data).toEqual(pattern(100, i));
  });
});

describe('sendMany', () => {
  test('sends in order, and waits for room', async () => {
    const { sender, receiver } = makeEnds({ capacity });
    const messages = Array.from({ length: 500 }, (_, i) => pattern(i % 60, i));
    const sending = sender.sendMany(messages, { type: 3 });
    const received: Buffer[] = [];
    for await (const { type, data } of receiver) {
      expect(type).toBe(3);
      received.push(data);
      if (received.length === messages.length) break;
    }
    expect(received).toEqual(messages);
    expect(await sending).toBe(messages.length);
  });

  test('trySendMany sends what there is room for', () => {
    const { sender, receiver } = makeEnds({ capacity });
    const messages = Array<string>(100).fill('12345678');
    expect(sender.trySendMany(messages)).toBe(64);
    expect(receiver.forEach(() => undefined)).toBe(64);
    expect(sender.sendManySync(messages, { timeout: 5 })).toBe(64);
  });

  test('a generator may fill the same memory again', async () => {
    const { sender, receiver } = makeEnds({ capacity });
    const memory = Buffer.alloc(1);
    const messages = function* (): Generator<Buffer> {
      for (let i = 1; i <= 3; i++) yield memory.fill(i);
    };
    expect(await sender.sendMany(messages())).toBe(3);
    expect(sender.sendManySync(messages())).toBe(3);
    expect(sender.trySendMany(messages())).toBe(3);
    for (const byte of [1, 2, 3, 1, 2, 3, 1, 2, 3]) {
      expect(receiver.tryReceive()).toEqual({ type: 0, data: Buffer.from([byte]) });
    }
  });

  test('ends early with what was sent', async () => {
    const { sender, receiver } = makeEnds({ capacity });
    const messages = Array<string>(100).fill('12345678');
    expect(await sender.sendMany(messages, { timeout: 5 })).toBe(64);
    await expect(sender.sendMany(messages, { timeout: 5 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
    expect(receiver.forEach(() => undefined)).toBe(64);
  });
});

describe('in place', () => {
  test('a claimed message is sent by commit, not by abort', () => {
    const { sender, receiver } = makeEnds({ capacity });
    const view = sender.tryClaim(16, { type: 4 });
    view?.fill('a');
    expect(receiver.tryReceive()).toBeUndefined();
    expect(() => sender.trySend('x')).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
    sender.abort();
    sender.claimSync(16, { type: 5 }).fill('b');
    sender.commit(3);
    expect(receiver.tryReceive()).toEqual({ type: 5, data: Buffer.from('bbb') });
    for (const end of ['commit', 'abort'] as const) {
      expect(() => {
        sender[end]();
      }).toThrow(expect.objectContaining({ code: 'EINVAL' }) as Error);
    }
  });

  test('claim waits for room', async () => {
    const { sender, receiver } = makeEnds({ capacity });
    sender.sendSync(Buffer.alloc(most));
    expect(sender.tryClaim(1)).toBeUndefined();
    const claiming = sender.claim(5);
    receiver.receiveSync();
    (await claiming).write('hello');
    sender.commit();
    expect((await receiver.receive()).data.toString()).toBe('hello');
  });

  test('a borrowed message keeps others out, and its room, until it is released', async () => {
    const { sender, receiver } = makeEnds({ capacity });
    sender.sendSync(Buffer.alloc(most, 'z'), { type: 6 });
    const borrowed = await receiver.borrow();
    expect(borrowed).toMatchObject({ type: 6, data: Buffer.alloc(most, 'z') });
    expect(() => receiver.tryReceive()).toThrow(
      expect.objectContaining({ code: 'EBUSY' }) as Error,
    );
    expect(sender.trySend('')).toBe(false);
    borrowed.release();
    borrowed.release();
    expect(receiver.tryBorrow()).toBeUndefined();
    expect(sender.trySend('')).toBe(true);
    {
      using last = receiver.borrowSync();
      expect(last.data).toHaveLength(0);
    }
    expect(receiver.tryReceive()).toBeUndefined();
  });

  test('forEach shows each message that is there, up to a limit', () => {
    const { sender, receiver } = makeEnds();
    for (let i = 0; i < 10; i++) sender.sendSync(pattern(i * 9, i), { type: i });
    sender.flush();
    const seen: [number, Buffer][] = [];
    const count = receiver.forEach(
      (message) => {
        expect(message.view()).toEqual(message.copy());
        expect(message.ring.subarray(message.offset)).toHaveLength(1024 * 1024 - message.offset);
        seen.push([message.type, message.copy()]);
      },
      { limit: 7 },
    );
    expect(count).toBe(7);
    expect(seen).toEqual(Array.from({ length: 7 }, (_, i) => [i, pattern(i * 9, i)]));
    expect(receiver.forEach(() => undefined)).toBe(3);
    expect(receiver.forEach(() => undefined)).toBe(0);
  });

  test('what the callback of forEach throws ends it; its message is received', () => {
    const { sender, receiver } = makeEnds();
    for (const text of ['a', 'b', 'c']) sender.sendSync(text);
    sender.flush();
    expect(() =>
      receiver.forEach((message) => {
        if (message.copy().toString() === 'b') throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(receiver.receiveSync().data.toString()).toBe('c');
  });

  test('a receiver cannot be used from its own forEach, but be closed', () => {
    const { channel, sender, receiver } = makeEnds();
    for (const text of ['a', 'b', 'c']) sender.sendSync(text);
    sender.flush();
    receiver.forEach(
      () => {
        expect(() => receiver.tryReceive()).toThrow(
          expect.objectContaining({ code: 'EBUSY' }) as Error,
        );
      },
      { limit: 1 },
    );
    expect(
      receiver.forEach(() => {
        receiver.close();
      }),
    ).toBe(1);
    expect(channel.receiver().receiveSync().data.toString()).toBe('c');
  });
});

test('batches come in order, as many as are there', async () => {
  const { sender, receiver } = makeEnds();
  for (let i = 0; i < 10; i++) sender.sendSync('', { type: i });
  sender.flush();
  const types: number[][] = [];
  for await (const batch of receiver.batches({ limit: 4 })) {
    types.push(batch.map(({ type }) => type));
    if (types.flat().length === 10) break;
  }
  expect(types).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
});

describe('arguments', () => {
  test('a message that is too long is EMSGSIZE, and so is memory that is too short', () => {
    const { sender, receiver } = makeEnds({ capacity });
    const tooLong = expect.objectContaining({ code: 'EMSGSIZE' }) as Error;
    expect(sender.maxLength).toBe(most);
    expect(() => sender.trySend(Buffer.alloc(most + 1))).toThrow(tooLong);
    expect(() => sender.tryClaim(most + 1)).toThrow(tooLong);
    expect(() => sender.trySendMany([Buffer.alloc(most + 1)])).toThrow(tooLong);
    sender.sendSync('1234');
    expect(() => receiver.tryReceiveInto(Buffer.alloc(3))).toThrow(tooLong);
    expect(receiver.tryReceiveInto(Buffer.alloc(4))).toEqual({ type: 0, length: 4 });
  });

  test.each([-1, 2 ** 31, 0.5])('type %d is out of range', (type) => {
    const { sender } = makeEnds();
    expect(() => sender.trySend('', { type })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }) as Error,
    );
  });
});
