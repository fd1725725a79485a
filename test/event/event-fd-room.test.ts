/** Writes of more than fits, where 1 would fit: poll(2) then says all the time that there is room. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { event } from 'posix-ipc';

import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy } from '../support/outcome';
import { fewestTurnsIn } from '../support/turns';
import { soon } from '../support/wait-until';

const open: event.EventFd[] = [];

/** There is room for 1 in it. */
function nearlyFull(semaphore = false): event.EventFd {
  const made = event.EventFd.createSync({ semaphore });
  open.push(made);
  made.writeSync(2n ** 64n - 3n);
  return made;
}

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** Milliseconds of CPU that the process has used for it; the least of a few times: it may have collected garbage, too. */
function leastCpuOf(run: () => void): number {
  const times = [1, 2, 3].map(() => {
    const began = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

describe('a promise', () => {
  test('sleeps until something is taken', async () => {
    const one = nearlyFull();
    const write = one.write(2);
    const turns = await fewestTurnsIn(100);
    expect(turns).toBeLessThan(20); // a loop that spins has thousands
    expect(one.tryRead()).toBe(2n ** 64n - 3n);
    await soon('the write', write);
    expect(one.value).toBe(2n);
  });

  test('looks again each time that something is taken', async () => {
    const one = nearlyFull(true);
    const write = one.write(3);
    expect(one.tryRead()).toBe(1n);
    await sleep(5);
    expect(one.value).toBe(2n ** 64n - 4n);
    expect(one.tryRead()).toBe(1n);
    await soon('the write', write);
    expect(one.value).toBe(2n ** 64n - 2n);
  });

  test('and a read of the same object are both served', async () => {
    const one = event.EventFd.createSync();
    open.push(one);
    one.writeSync(2n ** 64n - 3n);
    const write = one.write(2);
    await sleep(5);
    expect(await one.read()).toBe(2n ** 64n - 3n);
    await soon('the write', write);
    expect(await one.read()).toBe(2n);
    const read = one.read();
    await sleep(5);
    one.writeSync(5);
    expect(await soon('the read', read)).toBe(5n);
  });

  test('whose time is over leaves nothing behind', async () => {
    const one = nearlyFull();
    expect(await codeOfRejection(one.write(2, { timeout: 5 }))).toBe('ETIMEDOUT');
    const write = one.write(2, { timeout: 5 });
    expect(await codeOfRejection(write)).toBe('ETIMEDOUT');
    const last = one.write(2);
    expect(one.tryRead()).toBe(2n ** 64n - 3n);
    await soon('the write', last);
    expect(await fewestTurnsIn(20)).toBeLessThan(10);
    expect(one.value).toBe(2n);
  });
});

describe('Sync', () => {
  test('uses no CPU while it waits', () => {
    const one = nearlyFull();
    const cpu = leastCpuOf(() => {
      expect(
        codeThrownBy(() => {
          one.writeSync(2, { timeout: 400 });
        }),
      ).toBe('ETIMEDOUT');
    });
    expect(cpu).toBeLessThan(50);
    expect(one.value).toBe(2n ** 64n - 3n);
  });

  test('nor while it serves a promise that came first', async () => {
    const one = nearlyFull();
    const write = one.write(2);
    const cpu = leastCpuOf(() => {
      expect(
        codeThrownBy(() => {
          one.writeSync(1, { timeout: 400 });
        }),
      ).toBe('ETIMEDOUT');
    });
    expect(cpu).toBeLessThan(50);
    expect(one.tryRead()).toBe(2n ** 64n - 3n);
    await soon('the write', write);
    one.writeSync();
    expect(one.value).toBe(3n);
  });

  test('looks again each time that something is taken', async () => {
    const one = nearlyFull(true);
    const text = `
      const { event } = require('posix-ipc');
      const { workerData: fd } = require('node:worker_threads');
      const one = event.EventFd.fromFdSync(fd, { own: false });
      const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      for (let i = 0; i < 3; i++) {
        pause();
        one.tryRead();
      }`;
    const worker = new Worker(text, { eval: true, workerData: one.fd });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await new Promise((resolve) => worker.once('online', resolve));
    one.writeSync(4);
    expect(await soon('the end of the worker', ended)).toBe(0);
    expect(one.value).toBe(2n ** 64n - 2n);
  });

  test('closes what it has opened for that', () => {
    const opened = descriptorsSince();
    const one = nearlyFull();
    for (let i = 0; i < 3; i++) {
      expect(
        codeThrownBy(() => {
          one.writeSync(2, { timeout: 1 });
        }),
      ).toBe('ETIMEDOUT');
    }
    expect(opened().length).toBeLessThanOrEqual(2);
    one.close();
    expect(opened()).toEqual([]);
  });
});
