/** What a descriptor leaves that was closed by its number, while a copy keeps its file open. */

import { closeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

import { event } from 'posix-ipc';

import { codeOfRejection } from '../support/outcome';
import { soon, waitUntil } from '../support/wait-until';

/** Whether the event loop mostly sleeps. One that spins never does, one that is kept from its CPU not always. */
async function isIdle(): Promise<boolean> {
  const before = performance.eventLoopUtilization();
  await pause(200);
  const { idle, active } = performance.eventLoopUtilization(before);
  return idle > active;
}

test('its waits are told, the event loop sleeps, and other waits go on', async () => {
  const counter = event.EventFd.createSync();
  const copy = event.EventFd.fromFdSync(counter.fd, { own: false });
  const other = event.EventFd.createSync();
  const reading = codeOfRejection(counter.read());
  const waiting = other.read();
  closeSync(counter.fd);
  copy.writeSync(1n); // it stays ready from now on
  expect(await soon('the read', reading)).toBe('EBADF');
  await waitUntil('the event loop sleeps', isIdle);
  counter.detach();

  other.writeSync(5n);
  expect(await soon('the other read', waiting)).toBe(5n);
  const again = copy.read();
  expect(await soon('a read of the copy', again)).toBe(1n);
  for (const one of [copy, other]) one.close();
});

test('so it is where the object was let go of before anything came', async () => {
  const counter = event.EventFd.createSync();
  const copy = event.EventFd.fromFdSync(counter.fd, { own: false });
  const reading = codeOfRejection(counter.read());
  closeSync(counter.fd);
  counter.detach();
  expect(await reading).toBe('ERR_CLOSED');
  copy.writeSync(1n);
  const other = event.EventFd.createSync();
  const waiting = other.read();
  await waitUntil('the event loop sleeps', isIdle);
  other.writeSync(1n);
  expect(await soon('the other read', waiting)).toBe(1n);
  for (const one of [copy, other]) one.close();
});
