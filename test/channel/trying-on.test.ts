/** When a promise tries on before it sleeps: while it does, nothing else of its thread runs. */

import { setImmediate as nextTurn } from 'node:timers/promises';

import { Spin } from '../../lib/core/spin';
import { makeEnds } from '../support/channels';
import { soon } from '../support/wait-until';

let ended: jest.SpyInstance<void, [found: boolean, lasted: number]>;

beforeEach(async () => {
  jest.spyOn(Spin.prototype, 'duration', 'get').mockReturnValue(0.05);
  ended = jest.spyOn(Spin.prototype, 'ended');
  await nextTurn();
});

afterEach(() => {
  jest.restoreAllMocks();
});

const inVain = (): number => ended.mock.calls.filter(([found]) => !found).length;

test('who has nothing else to do in the tick tries on at once', () => {
  const { receiver } = makeEnds();
  receiver.receive().catch(() => undefined);
  expect(inVain()).toBe(1);
});

test('what is sent in the same tick comes first, from the second wait on', async () => {
  const { sender, receiver } = makeEnds();
  for (const text of ['one', 'two', 'three', 'four']) {
    const message = receiver.receive();
    queueMicrotask(() => {
      sender.trySend(text);
    });
    expect((await soon('the message', message)).data.toString()).toBe(text);
  }
  expect(inVain()).toBe(1);
});

test('who has had nothing else to do for a while tries on at once again', async () => {
  const { sender, receiver } = makeEnds();
  const send = (): void => {
    sender.trySend('it');
  };
  const first = receiver.receive();
  queueMicrotask(send);
  await soon('the message', first);
  let waits = 0;
  for (let atOnce = false; !atOnce; waits++) {
    ended.mockClear();
    const message = receiver.receive();
    atOnce = inVain() > 0;
    setImmediate(send);
    await soon('the message', message);
  }
  expect(waits).toBeGreaterThan(2);
  expect(waits).toBeLessThan(40);
});

test('calls of one tick are answered in their order', async () => {
  const { sender, receiver } = makeEnds();
  const texts = ['one', 'two', 'three', 'four', 'five', 'six'];
  for (let round = 0; round < 3; round++) {
    const messages = texts.map(() => receiver.receive());
    queueMicrotask(() => {
      for (const text of texts) sender.trySend(text);
    });
    const got = await soon('the messages', Promise.all(messages));
    expect(got.map(({ data }) => data.toString())).toEqual(texts);
  }
});

test('who called first goes on first', async () => {
  const { sender, receiver } = makeEnds();
  const texts = ['one', 'two', 'three', 'four'];
  for (let round = 0; round < 4; round++) {
    const order: string[] = [];
    const consume = async (): Promise<void> => {
      order.push((await receiver.receive()).data.toString());
    };
    const all = [consume(), consume(), consume()];
    queueMicrotask(() => {
      for (const text of texts) sender.trySend(text);
    });
    // The fourth calls while the first ones are being answered.
    process.nextTick(() => {
      queueMicrotask(() => {
        all.push(consume());
      });
    });
    await nextTurn();
    await soon('all of them', Promise.all(all));
    expect(order).toEqual(texts);
  }
});

test('an error shows who awaits the call, and a signal that is aborted in the tick ends it', async () => {
  const { sender, receiver } = makeEnds();
  const first = receiver.receive();
  queueMicrotask(() => {
    sender.trySend('one');
  });
  await soon('the message', first);
  async function whoWaits(): Promise<unknown> {
    return await receiver.receive({ timeout: 20 });
  }
  const error = await soon(
    'the error',
    whoWaits().catch((reason: unknown) => reason as Error),
  );
  expect(error).toMatchObject({ code: 'ETIMEDOUT' });
  expect((error as Error).stack).toContain('whoWaits');

  const leaving = new AbortController();
  const aborted = receiver.receive({ signal: leaving.signal });
  queueMicrotask(() => {
    leaving.abort(new Error('left'));
  });
  await expect(soon('the error', aborted)).rejects.toThrow('left');
});
