/** One signal for many waits. */

import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { channel, event } from 'posix-ipc';

import * as engine from '../../lib/core/engine';
import { listen } from '../../lib/core/expiry';
import { Keeper } from '../../lib/core/keeper';
import { codeOfRejection } from '../support/outcome';
import { closing } from '../support/sockets';
import { soon } from '../support/wait-until';

function listenersOf({ signal }: AbortController): number {
  return getEventListeners(signal, 'abort').length;
}

test('a signal of many waits has one listener, of which Node does not warn, and ends them all', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): number => warnings.push(warning);
  process.on('warning', note);
  const leaving = new AbortController();
  const { signal } = leaving;
  const bells = Array.from({ length: 20 }, () => closing(event.EventFd.createSync()));
  const waits = bells.flatMap((bell) => [bell.read({ signal }), bell.read({ signal })]);
  const ends = Promise.allSettled(waits);
  expect(listenersOf(leaving)).toBe(1);
  leaving.abort('over');
  for (const end of await soon('all', ends)) {
    expect(end).toEqual({ status: 'rejected', reason: 'over' });
  }
  process.off('warning', note);
  expect([listenersOf(leaving), warnings]).toEqual([0, []]);
});

test('a wait that ends leaves the others their signal', async () => {
  const leaving = new AbortController();
  const { signal } = leaving;
  const [one, other] = [closing(event.EventFd.createSync()), closing(event.EventFd.createSync())];
  const [first, second] = [one.read({ signal }), other.read({ signal })];
  one.writeSync(3);
  expect(await soon('the first', first)).toBe(3n);
  expect(listenersOf(leaving)).toBe(1);
  expect(await codeOfRejection(one.read({ signal, timeout: 1 }))).toBe('ETIMEDOUT');
  other.writeSync(4);
  expect(await soon('the second', second)).toBe(4n);
  expect(listenersOf(leaving)).toBe(0);
  const third = one.read({ signal });
  leaving.abort('over');
  await expect(soon('the third', third)).rejects.toBe('over');
});

test('a listener of somebody else that stops the event does not keep waits from ending', async () => {
  const leaving = new AbortController();
  const { signal } = leaving;
  signal.addEventListener('abort', (abort) => {
    abort.stopImmediatePropagation();
  });
  const bell = closing(event.EventFd.createSync());
  const wait = bell.read({ signal });
  expect(listenersOf(leaving)).toBe(2);
  leaving.abort('over');
  await expect(soon('the wait', wait)).rejects.toBe('over');
});

test('a listener that throws is reported, and keeps no other from being told', () => {
  const reports = jest.spyOn(engine, 'reportLater').mockImplementation(() => undefined);
  const leaving = new AbortController();
  const thrown = new Error('of a listener');
  const told: string[] = [];
  const listeners = [
    (): void => {
      throw thrown;
    },
    (): void => {
      told.push('second');
    },
  ];
  const undo = listeners.map((listener) => listen(leaving.signal, listener, () => undefined));
  leaving.abort();
  expect(told).toEqual(['second']);
  expect(reports.mock.calls).toEqual([[thrown]]);
  reports.mockRestore();
  for (const one of undo) one();
  expect(listenersOf(leaving)).toBe(0);
});

test('who is undone while others are told is not told', () => {
  const leaving = new AbortController();
  const told: string[] = [];
  listen(
    leaving.signal,
    () => {
      told.push('first');
      undoSecond();
    },
    () => undefined,
  );
  const undoSecond = listen(
    leaving.signal,
    () => told.push('second'),
    () => undefined,
  );
  leaving.abort();
  expect(told).toEqual(['first']);
});

test('a signal that is aborted already, or fails, is listened to no longer', () => {
  const leaving = new AbortController();
  leaving.abort();
  const told: unknown[] = [];
  listen(
    leaving.signal,
    () => told.push('aborted'),
    () => undefined,
  );
  expect([told, listenersOf(leaving)]).toEqual([['aborted'], 0]);
  const broken = {
    aborted: false,
    addEventListener: () => {
      throw new Error('broken');
    },
  } as unknown as AbortSignal;
  for (let i = 0; i < 2; i++)
    listen(
      broken,
      () => undefined,
      (error) => told.push(error),
    );
  expect(told.slice(1)).toEqual([new Error('broken'), new Error('broken')]);
});

test('what looks like a signal may call back at once, and its listener is told once', () => {
  const told: string[] = [];
  const hasty = {
    aborted: true,
    addEventListener: (_type: string, callback: () => void) => {
      callback();
    },
    removeEventListener: () => undefined,
  } as unknown as AbortSignal;
  for (const name of ['one', 'other']) {
    listen(
      hasty,
      () => told.push(name),
      () => undefined,
    );
  }
  expect(told).toEqual(['one', 'other']);
});

test('a wait that the end of another one has answered is not ended by their signal, too', async () => {
  const changes = jest.spyOn(Keeper.prototype, 'change');
  using one = channel.Channel.createSync(undefined, { waiting: 'spin' });
  const [sender, receiver] = [one.sender(), one.receiver()];
  const leaving = new AbortController();
  const waits = [receiver.receive(leaving), receiver.receive(leaving)];
  const ends = Promise.allSettled(waits);
  await nextTurn();
  sender.trySend('it');
  sender.flush();
  leaving.abort('over');
  expect((await soon('both', ends)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(changes.mock.calls.reduce((sum, [change]) => sum + change, 0)).toBe(0);
  one.unlinkSync();
});
