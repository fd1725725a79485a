import { closeSync, constants, openSync } from 'node:fs';

import { lock } from 'posix-ipc';

import {
  adopt,
  fileLock,
  kinds,
  Outsider,
  untilWaiting,
  waiters,
  withOutsider,
} from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { soon } from '../support/wait-until';

const { FileLock } = lock;

describe.each(kinds)('%s', (kind) => {
  test('an exclusive lock keeps others out until it is released', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = file.lockSync();
    expect(guard).toMatchObject({ shared: false, start: 0n, length: 0n, released: false });
    expect([guard.unbroken, guard.lost]).toEqual([true, false]);
    expect(await outsider.ask('try')).toBe('EAGAIN');
    guard.release();
    expect(guard.released).toBe(true);
    guard.release();
    expect(await outsider.ask('try')).toBe('done');
  });

  test('shared locks go together, and keep exclusive ones out', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = await file.lock({ shared: true });
    expect(guard.shared).toBe(true);
    expect(await outsider.ask('try', 'r 0 0')).toBe('done');
    await outsider.unlock();
    expect(await outsider.ask('try')).toBe('EAGAIN');
    guard.release();
    expect(await outsider.ask('try')).toBe('done');
  });

  test('each form takes what is free, and answers for itself what is not', async () => {
    const [file, outsider] = await withOutsider(kind);
    (await file.lock()).release();
    file.lockSync().release();
    file.tryLock()?.release();
    await outsider.hold();
    expect(file.tryLock()).toBeUndefined();
    expect(file.tryLock({ shared: true })).toBeUndefined();
    expect(() => file.lockSync({ timeout: 0 })).toThrow(
      expect.objectContaining({ code: 'ETIMEDOUT', path: file.path }) as Error,
    );
    const begin = performance.now();
    expect(() => file.lockSync({ timeout: 30 })).toThrow(
      expect.objectContaining({ code: 'ETIMEDOUT' }) as Error,
    );
    expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
    await expect(file.lock({ timeout: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(file.lock({ timeout: 5 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      syscall: kind === 'flock' ? 'flock' : 'fcntl',
      path: file.path,
    });
    await outsider.unlock();
    file.lockSync({ timeout: 0 }).release();
    (await file.lock({ timeout: 0 })).release();
  });

  test('a promise waits for others, on a thread', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold();
    const waiting = file.lock();
    await untilWaiting(file.path ?? '');
    await outsider.unlock();
    const guard = await soon('the lock', waiting);
    expect(await outsider.ask('try')).toBe('EAGAIN');
    guard.release();
  });

  test('many calls for the same wait on one thread, and all come to it', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold();
    let together = 0;
    let most = 0;
    const order: number[] = [];
    const work = async (i: number): Promise<void> => {
      using guard = await file.lock({ shared: i < 500 });
      most = Math.max(most, ++together);
      order.push(i);
      expect(guard.shared).toBe(i < 500);
      await Promise.resolve();
      together--;
    };
    const all = Array.from({ length: 600 }, (_, i) => work(i));
    await untilWaiting(file.path ?? '');
    expect(waiters(file.path ?? '')).toBe(1);
    await outsider.unlock();
    await soon('all', Promise.all(all));
    expect(most).toBeGreaterThan(1); // those that share
    expect(order).toEqual(Array.from({ length: 600 }, (_, i) => i));
    expect(await outsider.ask('try')).toBe('done');
  });

  test('guards of one object exclude each other', async () => {
    const file = fileLock(kind);
    const guard = await file.lock();
    expect(file.tryLock()).toBeUndefined();
    expect(file.tryLock({ shared: true })).toBeUndefined();
    expect(() => file.lockSync()).toThrow(expect.objectContaining({ code: 'EDEADLK' }) as Error);
    await expect(file.lock({ timeout: 5 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const abort = new AbortController();
    const aborted = file.lock({ signal: abort.signal });
    const second = file.lock();
    const third = file.lock();
    abort.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    guard.release();
    const own = await second;
    let came = false;
    void third.then(() => (came = true));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(came).toBe(false);
    own.release();
    (await third).release();
    file.tryLock()?.release();
  });

  test('lockSync does not overtake a call that waits', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold();
    const waiting = file.lock();
    expect(() => file.lockSync()).toThrow(expect.objectContaining({ code: 'EDEADLK' }) as Error);
    expect(file.tryLock()).toBeUndefined();
    await outsider.unlock();
    (await waiting).release();
  });

  test('shared guards of one object: the last one releases', async () => {
    const [file, outsider] = await withOutsider(kind);
    const one = file.lockSync({ shared: true });
    const other = file.lockSync({ shared: true });
    one.release();
    expect(await outsider.ask('try')).toBe('EAGAIN');
    other.release();
    expect(await outsider.ask('try')).toBe('done');
  });

  test('use holds it as long as the function runs, and releases it when that fails', async () => {
    const [file, outsider] = await withOutsider(kind);
    const answer = await file.use(async (guard) => {
      expect(guard.released).toBe(false);
      return await outsider.ask('try');
    });
    expect(answer).toBe('EAGAIN');
    await expect(file.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await outsider.ask('try')).toBe('done');
    await expect(file.use(undefined as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });

  test('using releases', async () => {
    const [file, outsider] = await withOutsider(kind);
    {
      using guard = file.lockSync();
      expect(guard.released).toBe(false);
    }
    {
      await using guard = await file.lock();
      expect(guard.released).toBe(false);
    }
    expect(await outsider.ask('try')).toBe('done');
  });
});

test('two objects of one process exclude each other by OFD and flock locks', async () => {
  for (const kind of ['ofd', 'flock'] as const) {
    const one = fileLock(kind);
    const other = fileLock(kind, one.path);
    const guard = one.lockSync();
    expect(other.tryLock()).toBeUndefined();
    const waiting = other.lock();
    await untilWaiting(one.path ?? '');
    guard.release();
    (await soon('the lock', waiting)).release();
  }
});

test('a POSIX lock is the process’s: two objects both have it, and a close loses it', async () => {
  const one = fileLock('posix');
  const outsider = await Outsider.of(one);
  const other = fileLock('posix', one.path);
  const guard = one.lockSync();
  other.lockSync().release(); // and it takes the other's lock with it
  expect(one.held).toEqual([]);
  expect(guard.released).toBe(false); // the guard does not know
  guard.release();
  const again = one.lockSync();
  closeSync(openSync(one.path ?? '', 'r'));
  expect(await outsider.ask('try')).toBe('done');
  expect(again.released).toBe(false);
});

test('a read-only descriptor has shared record locks only, a write-only one exclusive ones', () => {
  const path = temporaryFile('');
  for (const kind of ['ofd', 'posix'] as const) {
    const reader = adopt(FileLock.openSync(path, { kind, access: 'read' }));
    reader.lockSync({ shared: true }).release();
    expect(() => reader.lockSync()).toThrow(
      expect.objectContaining({
        code: 'EBADF',
        path,
        message: expect.stringContaining('can be written') as string,
      }) as Error,
    );
    const writer = adopt(FileLock.fromFdSync(openSync(path, constants.O_WRONLY), { kind }));
    writer.lockSync().release();
    expect(() => writer.tryLock({ shared: true })).toThrow(
      expect.objectContaining({ code: 'EBADF' }) as Error,
    );
  }
  adopt(FileLock.openSync(path, { kind: 'flock', access: 'read' }))
    .lockSync()
    .release();
});
