/** In whose asynchronous context handlers run: that in which they were given, whoever takes the request. */

import { AsyncLocalStorage } from 'node:async_hooks';

import type { channel } from 'posix-ipc';

import { coded, meetBoth } from '../support/directs';
import { makeMutex } from '../support/mutexes';

const context = new AsyncLocalStorage<string>();

/** A blocked thread takes what comes, though it runs no handler. */
function takeBlocked(end: channel.Direct): void {
  expect(() => end.requestSync('never answered', { timeout: 0 })).toThrow(coded('ETIMEDOUT'));
}

test('a handler runs where it was given, not inside of what took its request', async () => {
  const [one, other] = await meetBoth();
  context.run('given', () => {
    other.onRequest(() => String(context.getStore()));
  });
  await Promise.resolve(); // it has looked for those that came before it
  const reply = one.request('where');
  context.run('taken', () => {
    takeBlocked(other);
  });
  expect(String(await reply)).toBe('given');
  expect(String(await context.run('asked', () => one.request('where')))).toBe('given');
});

test('its signal is aborted there, too', async () => {
  const [one, other] = await meetBoth();
  const aborting = new AbortController();
  const aborted = new Promise((resolve) => {
    context.run('given', () => {
      other.onRequest(({ signal }) => {
        signal.addEventListener('abort', () => {
          resolve(context.getStore());
        });
        queueMicrotask(() => {
          aborting.abort(new Error('enough'));
          context.run('taken', () => {
            takeBlocked(other);
          });
        });
        return new Promise(() => undefined);
      });
    });
  });
  await expect(one.request('for ever', { signal: aborting.signal })).rejects.toThrow('enough');
  expect(await aborted).toBe('given');
});

test('a request that comes inside of use() does not lock a recursive mutex again', async () => {
  const [one, other] = await meetBoth();
  const mutex = makeMutex({ recursive: true });
  let inUse = false;
  other.onRequest(() => mutex.use(() => String(inUse)));
  await Promise.resolve(); // it has looked for those that came before it
  const reply = one.request('in use');
  await mutex.use(async () => {
    inUse = true;
    takeBlocked(other);
    await new Promise(setImmediate);
    inUse = false;
  });
  expect(String(await reply)).toBe('false');
});
