/** Signals need not be AbortSignals; what they do when a wait ends runs in the middle of it. */

import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

import type { sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';

/** Calls back when the wait that it belongs to has ended. */
function signalThat(whenEnded: () => void): AbortSignal {
  const alike = {
    aborted: false,
    addEventListener: (): void => undefined,
    removeEventListener: whenEnded,
  };
  return alike as unknown as AbortSignal;
}

/** Blocks this thread, so that the event loop hears of several ends at once. */
function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

async function textOf(promise: Promise<sysv.Message>): Promise<string> {
  return (await soon('the receive', promise)).data.toString();
}

test('a signal that uses another queue: what has arrived there is given once', async () => {
  const [one, other] = [temporaryQueue(), temporaryQueue()];
  const tried: unknown[] = [];
  const first = one.receive({ signal: signalThat(() => tried.push(other.tryReceive())) });
  const [second, third] = [other.receive(), other.receive()];
  for (const { id } of [one, other]) await untilBlockedIn('msgrcv', process.pid, id);
  for (const queue of [one, other]) {
    queue.sendSync(''); // its waiting thread takes it
    blockFor(50);
  }
  expect(other.statSync().messages).toBe(0);
  await turn();
  other.sendSync('x');
  expect(await textOf(first)).toBe('');
  expect(await textOf(second)).toBe('');
  expect(await textOf(third)).toBe('x');
  expect(tried).toEqual([undefined]);
});

test('a signal that throws loses no message, holds up nobody, and is reported', async () => {
  const queue = temporaryQueue();
  const peer = startNode('throwing-signal', [String(queue.id)]);
  expect(await peer.json()).toEqual(['1', '2', 'a signal that throws']);
});

test.each([
  [
    'calls back at once',
    (abort: () => void): void => {
      abort();
    },
    'r',
  ],
  [
    'throws',
    (): never => {
      throw new Error('thrown');
    },
    'thrown',
  ],
])(
  'a signal that %s when it is listened to: the wait has taken nothing',
  async (_how, add, message) => {
    const queue = temporaryQueue();
    const signal = {
      aborted: false,
      reason: new Error('r'),
      addEventListener: (_type: string, listener: () => void) => {
        add(listener);
      },
      removeEventListener: () => undefined,
    } as unknown as AbortSignal;
    await expect(queue.receive({ signal })).rejects.toThrow(message);
    queue.trySend('kept');
    await pause(100); // a wait that went on would take it meanwhile
    expect(queue.tryReceive()?.data.toString()).toBe('kept');
  },
);
