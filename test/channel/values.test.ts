/** Values, as a codec encodes them. */

import { setImmediate as turn } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { makeEnds } from '../support/channels';

const value = { text: 'grüße', list: [1, 2.5, -3], inner: { none: null } };

test.each(['v8', 'json', 'packed', undefined] as const)(
  'codec %s: what was sent comes, in all forms',
  async (codec) => {
    const { sender, receiver } = makeEnds({ codec });
    await sender.sendValue(value, { type: 3 });
    sender.sendValueSync([value]);
    expect(sender.trySendValue('text', { type: 5 })).toBe(true);
    expect(await receiver.receiveValue()).toEqual({ type: 3, value });
    expect(receiver.receiveValueSync()).toEqual({ type: 0, value: [value] });
    expect(receiver.tryReceiveValue()).toEqual({ type: 5, value: 'text' });
    expect(receiver.tryReceiveValue()).toBeUndefined();
    for (let i = 0; i < 3; i++) sender.sendValueSync(i, { type: i });
    for await (const message of receiver.values()) {
      expect(message.value).toBe(message.type);
      if (message.type === 2) break;
    }
    await expect(receiver.receiveValue({ timeout: 1 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
  },
);

test('v8 knows what structuredClone knows', () => {
  const { sender, receiver } = makeEnds();
  const rich = new Map<unknown, unknown>([
    [1n, new Date(0)],
    ['set', new Set([undefined])],
    ['bytes', new Uint16Array([1, 2])],
  ]);
  rich.set('self', rich);
  sender.sendValueSync(rich);
  expect(receiver.receiveValueSync().value).toEqual(rich);
});

test('a codec of the caller', async () => {
  const codec = {
    encode: (number: unknown) => String(number),
    decode: (data: Buffer): unknown => BigInt(data.toString()),
  };
  const { sender, receiver } = makeEnds({ codec });
  const waiting = receiver.receiveValue();
  sender.sendValueSync(2n ** 70n);
  expect(await waiting).toEqual({ type: 0, value: 2n ** 70n });
});

test("what a codec of the caller throws is the call's error", () => {
  const fail = (): never => {
    throw new RangeError('not mine');
  };
  const { sender, receiver } = makeEnds({ codec: { encode: fail, decode: fail } });
  expect(() => sender.trySendValue(1)).toThrow(RangeError);
  sender.sendSync('x');
  expect(() => receiver.tryReceiveValue()).toThrow(RangeError);
});

test('what a codec of the caller gives must be bytes or text: the error names it', async () => {
  const [encode, decode] = [
    (): Promise<string> => Promise.resolve('late'),
    (data: Buffer): Buffer => data,
  ];
  const { sender, receiver } = makeEnds({ codec: { encode, decode } as unknown as channel.Codec });
  await expect(sender.sendValue(1)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
    message: expect.stringMatching(/"options\.codec\.encode\(\)".*Promise/) as string,
  });
  expect(receiver.tryReceive()).toBeUndefined();
});

test.each([undefined, () => 1, Symbol('no')])(
  'JSON cannot say %p: the error is of the value',
  (odd) => {
    const { sender } = makeEnds({ codec: 'json' });
    expect(() => sender.trySendValue(odd)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining('"value" argument must be what JSON can say') as string,
      }) as Error,
    );
  },
);

test.each(['v8', 'json', 'packed'] as const)(
  'codec %s: what throws when it is looked at is refused as all else, with the cause',
  (codec) => {
    const { sender, receiver } = makeEnds({ codec });
    const revocable = Proxy.revocable({}, {});
    revocable.revoke();
    expect(() => sender.trySendValue(revocable.proxy)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_TYPE',
        cause: expect.anything() as unknown,
      }) as Error,
    );
    expect(receiver.tryReceive()).toBeUndefined();
  },
);

test('what cannot be encoded is not sent, and what cannot be decoded is received', async () => {
  const { sender, receiver } = makeEnds({ codec: 'json' });
  expect(() => {
    sender.sendValueSync(undefined);
  }).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }) as Error);
  await expect(sender.sendValue(1n)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
    cause: expect.any(TypeError) as TypeError,
  });
  expect(receiver.tryReceive()).toBeUndefined();
  for (const text of ['{', '{', '{', '4']) sender.sendSync(text);
  const failure = { code: 'EBADMSG', cause: expect.any(SyntaxError) as SyntaxError };
  expect(() => receiver.receiveValueSync()).toThrow(expect.objectContaining(failure) as Error);
  await expect(receiver.receiveValue()).rejects.toMatchObject(failure);
  await expect(receiver.values().next()).rejects.toMatchObject(failure);
  expect(receiver.tryReceiveValue()).toEqual({ type: 0, value: 4 });
});

test.each([
  ['xml', 'ERR_OUT_OF_RANGE'],
  [{}, 'ERR_INVALID_ARG_TYPE'],
  [{ encode: String }, 'ERR_INVALID_ARG_TYPE'],
  [null, 'ERR_INVALID_ARG_TYPE'],
])('codec %j is refused', (codec, code) => {
  expect(() => makeEnds({ codec: codec as never })).toThrow(
    expect.objectContaining({ code }) as Error,
  );
});

describe('a codec of the caller that uses the receiver itself', () => {
  /** Of those who wait for values, the first one's codec does this first. */
  async function valuesOf(
    first: (receiver: channel.Receiver) => void,
  ): Promise<[values: unknown[], receiver: channel.Receiver]> {
    let calls = 0;
    const decode = (data: Buffer): unknown => {
      if (calls++ === 0) first(receiver);
      return Number(data);
    };
    const { sender, receiver } = makeEnds({ codec: { encode: String, decode } });
    const values = receiver.values();
    const waiting = [values.next(), values.next(), values.next()];
    await turn();
    for (let i = 0; i < 6; i++) sender.sendValueSync(i);
    sender.flush();
    const results = await Promise.all(waiting);
    return [results.map((one) => (one.done === true ? 'none' : one.value.value)), receiver];
  }

  test('is given what comes behind those who wait, and takes nothing from them', async () => {
    const nested: unknown[] = [];
    const [values, receiver] = await valuesOf((own) => nested.push(own.tryReceive()?.data));
    expect(values).toEqual([0, 1, 2]);
    expect(nested).toEqual([Buffer.from('3')]);
    expect([receiver.tryReceiveValue(), receiver.tryReceiveValue()]).toMatchObject([
      { value: 4 },
      { value: 5 },
    ]);
  });

  test('what was taken before it closes the receiver is given', async () => {
    const [values] = await valuesOf((own) => {
      own.close();
    });
    expect(values).toEqual([0, 1, 2]);
  });
});
