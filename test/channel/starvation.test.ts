/** However fast the other end is, the event loop goes round. Counted in messages, not in time. */

import type { channel } from 'posix-ipc';

import { makeEnds } from '../support/channels';

/** As docs/channel.md says. */
const mostPerTurn = 1024;
const leastPerTurn = 64;
const total = 3000;

type Ends = ReturnType<typeof makeEnds>;

/** The most messages between two turns of the event loop, while `pass` passes some again and again. */
async function mostInATurn(pass: () => Promise<number>): Promise<number> {
  let [most, now, ended] = [0, 0, false];
  const turn = (): void => {
    now = 0;
    if (!ended) setImmediate(turn);
  };
  setImmediate(turn);
  for (let passed = 0; passed < total;) {
    const count = await pass();
    passed += count;
    now += count;
    most = Math.max(most, now);
  }
  ended = true;
  return most;
}

function fill(sender: channel.Sender): void {
  while (sender.trySend('12345678'));
  sender.flush();
}

const receiving: [string, (ends: Ends) => () => Promise<number>, batch?: number][] = [
  [
    'receive',
    ({ receiver }) =>
      async () => {
        await receiver.receive();
        return 1;
      },
  ],
  [
    'for await',
    ({ receiver }) => {
      const messages = receiver.messages();
      return async () => {
        await messages.next();
        return 1;
      };
    },
  ],
  [
    'borrow',
    ({ receiver }) =>
      async () => {
        (await receiver.borrow()).release();
        return 1;
      },
  ],
  [
    'batches',
    ({ receiver }) => {
      const batches = receiver.batches({ limit: 50 });
      return async () => ((await batches.next()).value as channel.Message[]).length;
    },
    50,
  ],
];

test.each(receiving)('a receiver that is flooded, by %s', async (_name, way, batch = 1) => {
  const ends = makeEnds({ capacity: 4096 });
  const receive = way(ends);
  const most = await mostInATurn(() => {
    fill(ends.sender);
    return receive();
  });
  expect(most).toBeLessThan(mostPerTurn + batch + 1);
  expect(most).toBeGreaterThanOrEqual(leastPerTurn); // it was answered inline
});

const sending: [string, (sender: channel.Sender) => Promise<number>, batch?: number][] = [
  ['send', (sender) => sender.send('x').then(() => 1)],
  ['sendMany', (sender) => sender.sendMany(Array<string>(20).fill('x')), 20],
  [
    'claim',
    async (sender) => {
      await sender.claim(1);
      sender.commit();
      return 1;
    },
  ],
];

test.each(sending)('a sender that never has to wait, by %s', async (_name, send, batch = 1) => {
  const { sender, receiver } = makeEnds({ capacity: 4096 });
  const most = await mostInATurn(async () => {
    const sent = await send(sender);
    while (receiver.tryReceive() !== undefined);
    return sent;
  });
  expect(most).toBeLessThan(mostPerTurn + batch + 1);
  expect(most).toBeGreaterThanOrEqual(leastPerTurn);
});

test('forEach ends, though its callback makes the sender go on', () => {
  const { sender, receiver } = makeEnds({ capacity: 4096 });
  sender.sendMany(['x', 'y']).catch(() => undefined);
  sender.flush();
  const count = receiver.forEach(() => {
    sender.sendSync('z');
    sender.flush();
  });
  expect(count).toBe(2);
  expect(receiver.forEach(() => undefined)).toBe(2);
});
