/** One signal for many waits. */

import { getEventListeners } from 'node:events';

import { event } from 'posix-ipc';

import * as engine from '../../lib/core/engine';
import { listen, stopListening } from '../../lib/core/expiry';
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
  for (const listener of listeners) listen(leaving.signal, listener, () => undefined);
  leaving.abort();
  expect(told).toEqual(['second']);
  expect(reports.mock.calls).toEqual([[thrown]]);
  reports.mockRestore();
  for (const listener of listeners) stopListening(leaving.signal, listener);
  expect(listenersOf(leaving)).toBe(0);
});
