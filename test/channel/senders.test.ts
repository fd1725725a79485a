/** Several senders: each has its own ring, and the receiver serves them in turn. */

import { constants } from 'node:buffer';

import { channel, memory } from 'posix-ipc';

import { makeChannel } from '../support/channels';
import { pattern } from '../support/files';
import { collect, fill, texts } from '../support/full-channels';
import { testIf } from '../support/machine';
import { waitUntil } from '../support/wait-until';

const capacity = 1024;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

/** Both senders, and the receiver. */
function three(options?: channel.ChannelOptions): {
  one: channel.Channel;
  a: channel.Sender;
  b: channel.Sender;
  receiver: channel.Receiver;
} {
  const one = makeChannel({ capacity, senders: 2, ...options });
  return { one, a: one.sender(), b: one.sender(), receiver: one.receiver() };
}

test('as many senders at a time as there may be; the next one when one has closed', () => {
  const { one, a, receiver } = three();
  using other = channel.Channel.openSync(one.name);
  expect([one.senders, other.senders, makeChannel().senders]).toEqual([2, 2, 1]);
  expect(() => other.sender()).toThrow(/EBUSY.* sends already, and as many as there may be: 2/);
  a.sendSync('of the first');
  a.close();
  other.sender().sendSync('of the next');
  expect(() => one.sender()).toThrow(coded('EBUSY'));
  expect(texts(receiver)).toEqual(['of the first', 'of the next']);
  expect(() => one.receiver()).toThrow(coded('EBUSY'));
});

testIf(constants.MAX_LENGTH < 2 ** 36, 'buffers may be that long')(
  'more rings than fit into a buffer are refused by the name of the option',
  () => {
    const many = { capacity: 'unbounded', limit: 2 ** 30, senders: 64 } as const;
    expect(() => makeChannel(many)).toThrow(/"options.senders" is out of range.* into a buffer/);
  },
);

test('in a mapping it takes room for each', () => {
  using mapping = memory.mapAnonymousSync({ length: 8192, shared: true });
  const senders = 4;
  const one = channel.Channel.at(mapping, 0, { create: true, senders });
  expect(one.capacity).toBe(1024);
  expect(channel.Channel.at(mapping).senders).toBe(senders);
  for (const options of [{ capacity: 2048, senders }, { senders: 5 }]) {
    expect(() => channel.Channel.at(mapping, 0, { create: true, ...options })).toThrow(
      coded('ERR_OUT_OF_RANGE'),
    );
  }
  const words = mapping.view(Int32Array);
  for (const [value, code] of [
    [5, 'EBADMSG'],
    [65, 'EPROTO'],
    [-1, 'EPROTO'],
  ] as const) {
    words[5] = value;
    expect(() => channel.Channel.at(mapping)).toThrow(coded(code));
  }
});

test.each([{ senders: 0 }, { senders: 65 }, { senders: 2, capacity: 0 }])(
  '%j is refused',
  (given) => {
    expect(() => makeChannel(given)).toThrow(coded('ERR_OUT_OF_RANGE'));
  },
);

test('the receiver takes of each in turn, in all forms; each in its order', async () => {
  const { a, b, receiver } = three();
  const both = async (receive: () => unknown): Promise<void> => {
    for (const [end, type] of [[a, 10] as const, [b, 20] as const]) {
      end.trySendMany(['', ''], { type });
      end.flush();
    }
    const types: unknown[] = [];
    while (types.length < 4) types.push(await receive());
    expect(types.flat()).toEqual([10, 20, 10, 20]);
  };
  const into = Buffer.alloc(8);
  await both(async () => (await receiver.receive()).type);
  await both(() => receiver.receiveSync().type);
  await both(() => receiver.tryReceive()?.type);
  await both(() => receiver.tryReceiveInto(into)?.type);
  await both(() => {
    using borrowed = receiver.tryBorrow();
    return borrowed?.type;
  });
  await both(() => {
    const types: number[] = [];
    receiver.forEach(({ type }) => types.push(type), { limit: 1 });
    return types[0];
  });
});

test('batches, and forEach, take a share of each', async () => {
  const { a, b, receiver } = three();
  const fillBoth = (): void => {
    for (const [end, type] of [[a, 1] as const, [b, 2] as const]) {
      end.trySendMany(Array<string>(20).fill('x'), { type });
      end.flush();
    }
  };
  fillBoth();
  for await (const batch of receiver.batches({ limit: 10 })) {
    expect(batch.map(({ type }) => type).sort()).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    if (receiver.tryReceive() === undefined) break;
    receiver.tryReceive();
    break;
  }
  const left = collect(receiver);
  expect(left.length).toBe(28);
  fillBoth();
  expect(receiver.forEach(() => undefined)).toBe(40);
});

test('what is borrowed, or too long, keeps all others out', () => {
  const { a, b, receiver } = three();
  a.sendSync('long enough');
  b.sendSync('x');
  expect(() => receiver.tryReceiveInto(Buffer.alloc(3))).toThrow(coded('EMSGSIZE'));
  {
    using borrowed = receiver.borrowSync();
    expect(borrowed.data.toString()).toBe('long enough');
    expect(() => receiver.tryReceive()).toThrow(coded('EBUSY'));
  }
  receiver.forEach(() => {
    expect(() => receiver.tryReceive()).toThrow(coded('EBUSY'));
  });
  expect(receiver.tryReceive()).toBeUndefined();
});

test('who is full waits, or drops, alone; stat adds up', async () => {
  const { one, a, b, receiver } = three();
  fill(a);
  const waiting = a.send('waits');
  expect(b.trySend('has room')).toBe(true);
  await waitUntil('it sleeps', () => one.statSync().senderSleeps);
  expect(one.statSync()).toMatchObject({ depth: 65, sent: 65, bytes: 1040, capacity });
  expect(one.statSync().senders.map(({ pid }) => pid)).toEqual([process.pid, process.pid]);
  expect(collect(receiver)).toHaveLength(65);
  await waiting;
  expect(texts(receiver)).toEqual(['waits']);
  const drops = three({ full: 'drop-oldest' });
  for (let i = 0; i < 100; i++) drops.a.sendSync(pattern(8));
  drops.b.sendSync('kept');
  drops.a.flush();
  const { sent, dropped, depth } = drops.one.statSync();
  expect(sent).toBe(dropped + depth);
  const got = texts(drops.receiver);
  expect(got).toHaveLength(depth);
  expect(got).toContain('kept');
});

test('closing gives all roles back', () => {
  const { one, receiver } = three();
  const other = channel.Channel.openSync(one.name);
  one.close();
  expect(receiver.closed).toBe(true);
  expect(other.statSync()).toMatchObject({ senders: [], receiver: undefined });
  other.close();
});
