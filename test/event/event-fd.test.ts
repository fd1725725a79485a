/** event.EventFd: a counter; and with it, what all objects on a descriptor do. */

import { closeSync, fstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { ClosedError, event, SystemError } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { collectGarbage } from '../support/collect-garbage';
import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { fewestTurnsIn } from '../support/turns';
import { soon, waitUntil } from '../support/wait-until';

const open: event.EventFd[] = [];

function counter(options?: event.EventFdOptions): event.EventFd {
  const made = event.EventFd.createSync(options);
  open.push(made);
  return made;
}

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

const forms = [
  ['read', (one: event.EventFd) => one.read()],
  ['readSync', (one: event.EventFd) => Promise.resolve().then(() => one.readSync())],
  ['tryRead', (one: event.EventFd) => Promise.resolve().then(() => one.tryRead())],
] as const;

const writes = [
  ['write', (one: event.EventFd, value?: number | bigint) => one.write(value)],
  [
    'writeSync',
    (one: event.EventFd, value?: number | bigint) =>
      Promise.resolve().then(() => {
        one.writeSync(value);
      }),
  ],
  [
    'tryWrite',
    (one: event.EventFd, value?: number | bigint) =>
      Promise.resolve().then(() => {
        expect(one.tryWrite(value)).toBe(true);
      }),
  ],
] as const;

describe.each(forms)('%s', (_name, read) => {
  test('takes all', async () => {
    const one = counter({ initial: 5 });
    one.writeSync(2);
    expect(await read(one)).toBe(7n);
    expect(one.value).toBe(0n);
  });

  test('takes 1 of a semaphore', async () => {
    const one = counter({ initial: 2, semaphore: true });
    expect([await read(one), await read(one), one.tryRead()]).toEqual([1n, 1n, undefined]);
  });

  test('after close', async () => {
    const one = counter({ initial: 1 });
    one.close();
    expect(await codeOfRejection(read(one))).toBe('ERR_CLOSED');
  });
});

describe.each(writes)('%s', (_name, write) => {
  test('adds', async () => {
    const one = counter();
    await write(one);
    await write(one, 2);
    await write(one, 2n ** 63n);
    expect(one.value).toBe(2n ** 63n + 3n);
    await write(one, 0);
    expect(one.tryRead()).toBe(2n ** 63n + 3n);
  });

  test.each([-1, 0.5, 2 ** 53, -1n, 2n ** 64n - 1n])('%p is no amount', async (value) => {
    expect(await codeOfRejection(write(counter(), value))).toBe('ERR_OUT_OF_RANGE');
  });

  test('other types', async () => {
    expect(await codeOfRejection(write(counter(), '1' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('after close', async () => {
    const one = counter();
    one.close();
    expect(await codeOfRejection(write(one))).toBe('ERR_CLOSED');
  });
});

describe('waiting', () => {
  test('a read waits for a write', async () => {
    const one = counter();
    const read = one.read();
    expect(one.tryRead()).toBeUndefined();
    await untilBlockedIn('epoll', process.pid);
    one.writeSync(3);
    expect(await soon('the read', read)).toBe(3n);
  });

  test('reads are answered in the order in which they were made', async () => {
    const one = counter({ semaphore: true });
    const order: number[] = [];
    const reads = Array.from({ length: 100 }, (_, i) => one.read().then(() => order.push(i)));
    await one.write(100);
    await soon('the reads', Promise.all(reads));
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('tryRead leaves it to the promise that came first', async () => {
    const one = counter({ semaphore: true });
    const reads = [one.read(), one.read()];
    one.writeSync(1);
    expect(one.tryRead()).toBeUndefined();
    one.writeSync(2);
    expect(one.tryRead()).toBe(1n);
    expect(await soon('the reads', Promise.all(reads))).toEqual([1n, 1n]);
  });

  test('readSync serves promises first', async () => {
    const one = counter({ semaphore: true, initial: 0 });
    const read = one.read();
    one.writeSync(2);
    expect(one.readSync()).toBe(1n);
    expect(one.value).toBe(0n);
    expect(await read).toBe(1n);
  });

  test('a write waits for room, while a read waits on another object', async () => {
    const one = counter();
    one.writeSync(2n ** 64n - 2n);
    expect(one.tryWrite()).toBe(false);
    const write = one.write(9);
    expect(
      codeThrownBy(() => {
        one.writeSync(9, { timeout: 10 });
      }),
    ).toBe('ETIMEDOUT');
    expect(one.readSync()).toBe(2n ** 64n - 2n);
    await soon('the write', write);
    expect(one.tryRead()).toBe(9n);
  });

  test('both directions of one descriptor wait at once', async () => {
    const one = counter();
    const read = one.read({ timeout: 20 });
    expect(await codeOfRejection(read)).toBe('ETIMEDOUT');
    one.writeSync(2n ** 64n - 2n);
    const write = one.write(1);
    const later = one.read();
    expect(await soon('the read', later)).toBe(2n ** 64n - 2n);
    await soon('the write', write);
    expect(one.tryRead()).toBe(1n);
  });

  test.each([0, 0.5, 30])('a timeout of %d ms', async (timeout) => {
    const one = counter();
    for (const wait of [
      (): Promise<unknown> => one.read({ timeout }),
      (): Promise<unknown> => Promise.resolve().then(() => one.readSync({ timeout })),
    ]) {
      const began = performance.now();
      const error = await rejectionOf(wait());
      expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
      expect(error).toBeInstanceOf(SystemError);
      expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'read eventfd' });
    }
  });

  test('an abort ends a wait, and nothing is taken', async () => {
    const one = counter();
    const [before, during] = [new AbortController(), new AbortController()];
    before.abort('early');
    expect(await rejectionOf(one.read({ signal: before.signal }))).toBe('early');
    const first = one.read({ signal: during.signal });
    const second = one.read();
    during.abort('late');
    expect(await rejectionOf(first)).toBe('late');
    one.writeSync(4);
    expect(await soon('the other', second)).toBe(4n);
  });

  test('what nobody waits for any more wakes nobody', async () => {
    const one = counter();
    expect(await codeOfRejection(one.read({ timeout: 1 }))).toBe('ETIMEDOUT');
    one.writeSync(1);
    const turns = await fewestTurnsIn(100);
    expect(turns).toBeLessThan(20); // a loop that spins has thousands
    expect(one.tryRead()).toBe(1n);
  });

  test('errors show the line that waited', async () => {
    const one = counter();
    const error = await rejectionOf(one.read({ timeout: 1 }));
    expect(error.stack).toContain('event-fd.test.ts');
    expect(error.message).toBe('ETIMEDOUT: timed out, read eventfd');
  });

  test('a thousand objects at once', async () => {
    const many = Array.from({ length: 1000 }, () => counter());
    const reads = many.map((one) => one.read());
    for (const [i, one] of [...many].reverse().entries()) one.writeSync(1000 - i);
    const expected = many.map((_, i) => BigInt(i + 1));
    expect(await soon('the reads', Promise.all(reads))).toEqual(expected);
  });
});

describe('life', () => {
  test('close ends waits in both directions, and closes the descriptor once', async () => {
    const one = counter();
    const { fd } = one;
    const reads = [one.read(), one.read()];
    one.close();
    one.close();
    for (const error of await Promise.all(reads.map(rejectionOf))) {
      expect(error).toBeInstanceOf(ClosedError);
    }
    expect(isOpen(fd)).toBe(false);
    expect(codeThrownBy(() => one.fd)).toBe('ERR_CLOSED');
    expect(codeThrownBy(() => one.value)).toBe('ERR_CLOSED');
  });

  test('detach gives the descriptor to the caller', async () => {
    const one = counter({ initial: 3 });
    await one.read();
    const read = one.read();
    const fd = one.detach();
    expect(await codeOfRejection(read)).toBe('ERR_CLOSED');
    expect([one.closed, isOpen(fd)]).toEqual([true, true]);
    using other = event.EventFd.fromFdSync(fd);
    other.writeSync(1);
    expect(await other.read()).toBe(1n);
  });

  test('fromFd with own: false has a copy', async () => {
    const one = counter();
    {
      using copy = await event.EventFd.fromFd(one.fd, { own: false });
      const read = copy.read();
      one.writeSync(1);
      expect(await soon('the read', read)).toBe(1n);
    }
    one.writeSync(2);
    expect(one.tryRead()).toBe(2n);
  });

  test('fromFd of what is no eventfd', () => {
    const other = thrownBy(() => event.EventFd.fromFdSync(0));
    expect(other.message).toBe('EINVAL: invalid argument, fcntl fd 0 (it is no eventfd)');
    expect(thrownBy(() => event.EventFd.fromFdSync(2 ** 31 - 1))).toMatchObject({
      ...{ code: 'EBADF', syscall: 'fcntl', fd: 2 ** 31 - 1 },
    });
    expect(codeThrownBy(() => event.EventFd.fromFdSync(-1))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => event.EventFd.fromFdSync('3' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test.each([-1, 2 ** 32, 0.5])('initial %p', (initial) => {
    expect(codeThrownBy(() => event.EventFd.createSync({ initial }))).toBe('ERR_OUT_OF_RANGE');
  });

  test('other options', () => {
    expect(codeThrownBy(() => event.EventFd.createSync({ semaphore: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    expect(codeThrownBy(() => event.EventFd.createSync(null as never))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });

  test('the greatest initial value', async () => {
    using one = await event.EventFd.create({ initial: 2 ** 32 - 1 });
    expect(one.value).toBe(2n ** 32n - 1n);
  });

  test('a forgotten one is closed', async () => {
    const opened = descriptorsSince();
    for (let i = 0; i < 50; i++) event.EventFd.createSync();
    await waitUntil('they are closed', () => {
      collectGarbage();
      return opened().length === 0;
    });
    expect(opened()).toEqual([]);
  });

  test('one that is waited for is not forgotten', async () => {
    const fd = event.EventFd.createSync().detach();
    const read = event.EventFd.fromFdSync(fd).read();
    for (let i = 0; i < 5; i++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    using copy = event.EventFd.fromFdSync(fd, { own: false });
    copy.writeSync(6);
    expect(await soon('the read', read)).toBe(6n);
  });

  test('a worker that ends closes its own, and ends its waits', async () => {
    const opened = descriptorsSince();
    const text = `
      const { event } = require('posix-ipc');
      const many = Array.from({ length: 20 }, () => event.EventFd.createSync());
      for (const one of many) one.read();
      require('node:worker_threads').parentPort.postMessage('waiting');`;
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(text, { eval: true });
      await soon('the worker', new Promise((resolve) => worker.once('message', resolve)));
      await soon('its end', worker.terminate());
    }
    await waitUntil('they are closed', () => opened().length === 0);
    expect(opened()).toEqual([]);
  });

  test('a descriptor that was closed behind its back', async () => {
    const one = counter();
    closeSync(one.fd);
    expect(codeThrownBy(() => one.tryRead())).toBe('EBADF');
    expect(thrownBy(() => one.readSync())).toMatchObject({ code: 'EBADF' });
    expect(await codeOfRejection(one.write())).toBe('EBADF');
  });
});
