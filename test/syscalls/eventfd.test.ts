/** eventfd, eventfd_read, eventfd_write: as in C. */

import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE } from 'posix-ipc/syscalls';
import { eventfd, eventfd_read, eventfd_write } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { codeThrownBy } from '../support/outcome';
import { soon } from '../support/wait-until';

const open: number[] = [];

function make(initial: number, flags: number): number {
  const fd = eventfd(initial, flags | EFD_CLOEXEC);
  open.push(fd);
  return fd;
}

afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

test('a counter', () => {
  const fd = make(2, EFD_NONBLOCK);
  eventfd_write(fd, 3n);
  expect(eventfd_read(fd)).toBe(5n);
  expect(codeThrownBy(() => eventfd_read(fd))).toBe('EAGAIN');
  eventfd_write(fd, 2n ** 64n - 2n);
  expect(
    codeThrownBy(() => {
      eventfd_write(fd, 1n);
    }),
  ).toBe('EAGAIN');
  expect(
    codeThrownBy(() => {
      eventfd_write(fd, 2n ** 64n - 1n);
    }),
  ).toBe('EINVAL');
});

test('a semaphore', () => {
  const fd = make(2, EFD_NONBLOCK | EFD_SEMAPHORE);
  expect([eventfd_read(fd), eventfd_read(fd)]).toEqual([1n, 1n]);
  expect(codeThrownBy(() => eventfd_read(fd))).toBe('EAGAIN');
});

test('wrong arguments', () => {
  expect(codeThrownBy(() => eventfd(0, 1 << 30))).toBe('EINVAL');
  expect(codeThrownBy(() => eventfd('0' as never, 0))).toBe('ERR_INVALID_ARG_TYPE');
  expect(codeThrownBy(() => eventfd(2 ** 33, 0))).toBe('ERR_OUT_OF_RANGE');
  expect(codeThrownBy(() => eventfd_read(-1))).toBe('EBADF');
  const fd = make(0, EFD_NONBLOCK);
  expect(
    codeThrownBy(() => {
      eventfd_write(fd, 1 as never);
    }),
  ).toBe('ERR_INVALID_ARG_TYPE');
  expect(
    codeThrownBy(() => {
      eventfd_write(fd, 2n ** 64n);
    }),
  ).toBe('ERR_OUT_OF_RANGE');
  expect(
    codeThrownBy(() => {
      eventfd_write(-1, 1n);
    }),
  ).toBe('EBADF');
});

/** A worker that reads, and tells what it has. */
function reader(fd: number): Worker {
  const program = `
    const { workerData, parentPort } = require('node:worker_threads');
    parentPort.postMessage(require('posix-ipc/syscalls').eventfd_read(workerData));`;
  return new Worker(program, { eval: true, workerData: fd });
}

/** Looks whether the worker's thread is in read(2) of it. */
const reading = (): Promise<void> => untilBlockedIn('read', process.pid);

test('it blocks', async () => {
  const fd = make(0, 0);
  const worker = reader(fd);
  const value = new Promise((resolve) => worker.once('message', resolve));
  await reading();
  eventfd_write(fd, 9n);
  expect(await soon('the value', value)).toBe(9n);
});

test('a blocked worker can be ended', async () => {
  const fd = make(0, 0);
  const worker = reader(fd);
  await reading();
  await soon('its end', worker.terminate());
  eventfd_write(fd, 1n);
  expect(eventfd_read(fd)).toBe(1n);
});
