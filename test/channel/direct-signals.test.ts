/** Waits for messages of a Direct end by the signal that they were given, or with the other end. */

import { channel } from 'posix-ipc';

import { collectGarbage } from '../support/collect-garbage';
import { coded, meetBoth } from '../support/directs';

/** Milliseconds: so that who waits for a signal that never comes fails, and does not hang. */
const timeout = 10_000;

/** What looks like a signal. Counts who listens. */
class Lookalike extends EventTarget {
  aborted = false;
  reason: unknown;
  listening = 0;

  override addEventListener(...listener: Parameters<EventTarget['addEventListener']>): void {
    this.listening++;
    super.addEventListener(...listener);
  }

  override removeEventListener(...listener: Parameters<EventTarget['removeEventListener']>): void {
    this.listening--;
    super.removeEventListener(...listener);
  }

  abort(reason: unknown): void {
    this.aborted = true;
    this.reason = reason;
    this.dispatchEvent(new Event('abort'));
  }
}

function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => error);
}

function lookalike(): Lookalike & AbortSignal {
  return new Lookalike() as unknown as Lookalike & AbortSignal;
}

test('what looks like a signal ends a wait, and nobody listens to it afterwards', async () => {
  const [one, other] = await meetBoth();
  const signal = lookalike();
  const first = one.receive({ signal });
  other.sendSync('a');
  expect((await first).data.toString()).toBe('a');
  expect(signal.listening).toBe(0);
  const second = outcomeOf(one.receive({ signal, timeout }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(signal.listening).toBe(1);
  signal.abort(new Error('enough'));
  expect(await second).toEqual(new Error('enough'));
  const next = lookalike();
  const last = outcomeOf(one.receive({ signal: next, timeout }));
  other.close();
  expect(await last).toEqual(coded('EPIPE'));
  expect(next.listening).toBe(0);
});

test.each(['direct', 'receiver'] as const)(
  'it ends a loop over the messages of a %s',
  async (of) => {
    const [one] = await meetBoth();
    const signal = lookalike();
    const messages = (of === 'direct' ? one : one.receiver).messages({ signal, timeout });
    const next = outcomeOf(messages.next());
    signal.abort(new Error('enough'));
    expect(await next).toEqual(new Error('enough'));
  },
);

test('it ends a meeting with a process that never comes', async () => {
  const signal = lookalike();
  const meeting = outcomeOf(channel.direct(process.ppid, { signal, timeout }));
  await new Promise((resolve) => setImmediate(resolve));
  signal.abort(new Error('enough'));
  expect(await meeting).toEqual(new Error('enough'));
});

test('one that fails when it is listened to fails what it was given to, and nothing else', async () => {
  const [one, other] = await meetBoth();
  const fails = lookalike();
  fails.addEventListener = () => {
    throw new Error('mine');
  };
  await expect(one.receive({ signal: fails, timeout })).rejects.toThrow('mine');
  const waiting = one.receive();
  other.sendSync('a');
  expect((await waiting).data.toString()).toBe('a');
});

test('a signal of its own for each message is not remembered', async () => {
  const [one, other] = await meetBoth();
  const exchange = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await one.send('a', { signal: new AbortController().signal });
      await other.receive({ signal: new AbortController().signal });
    }
  };
  await exchange(1000);
  collectGarbage();
  const { heapUsed } = process.memoryUsage();
  await exchange(10_000);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - heapUsed).toBeLessThan(600_000);
});
