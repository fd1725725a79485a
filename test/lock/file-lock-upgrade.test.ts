/** From shared to exclusive and back, and what becomes of the lock meanwhile. */

import { type lock } from 'posix-ipc';

import {
  fileLock,
  kinds,
  Outsider,
  untilWaiting,
  waiters,
  withOutsider,
} from '../support/file-locks';
import { soon } from '../support/wait-until';

const shared = { shared: true };

describe.each(kinds)('%s', (kind) => {
  test('each form upgrades what nobody shares, without a gap', async () => {
    const [file, outsider] = await withOutsider(kind);
    const upgrades: ((guard: lock.FileLockGuard) => unknown)[] = [
      (guard) => guard.upgrade(),
      (guard) => {
        guard.upgradeSync();
      },
      (guard) => guard.tryUpgrade(),
    ];
    for (const upgrade of upgrades) {
      const guard = file.lockSync(shared);
      await upgrade(guard);
      expect([guard.shared, guard.unbroken, guard.released]).toEqual([false, true, false]);
      expect(await outsider.ask('try', 'r 0 0')).toBe('EAGAIN');
      await upgrade(guard); // it is exclusive already
      guard.release();
    }
  });

  test('downgrade lets readers in, and not writers', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = file.lockSync();
    const own = file.lock(shared);
    guard.downgrade();
    guard.downgrade();
    expect(guard.shared).toBe(true);
    expect(await outsider.ask('try', 'r 0 0')).toBe('done');
    await outsider.unlock();
    (await soon('a reader of the same object', own)).release();
    expect(await outsider.ask('try')).toBe('EAGAIN');
    expect(guard.tryUpgrade()).toBe(true);
    guard.release();
  });

  test('a pending upgrade waits for readers, and keeps new ones of its object out', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('r 0 0');
    const guard = file.lockSync(shared);
    const upgrading = guard.upgrade();
    await untilWaiting(file.path ?? '');
    const later = file.lock(shared);
    expect(file.tryLock(shared)).toBeUndefined();
    await outsider.unlock();
    await soon('the upgrade', upgrading);
    expect([guard.shared, guard.unbroken]).toEqual([false, kind !== 'flock']);
    expect(await outsider.ask('try', 'r 0 0')).toBe('EAGAIN');
    guard.release();
    (await soon('the reader', later)).release();
  });

  test('a reader of the same object is waited for, and the kernel is not asked', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = file.lockSync(shared);
    const reader = file.lockSync(shared);
    expect(guard.tryUpgrade()).toBe(false);
    expect(() => {
      guard.upgradeSync();
    }).toThrow(expect.objectContaining({ code: 'EDEADLK' }) as Error);
    const upgrading = guard.upgrade();
    expect(guard.unbroken).toBe(true);
    await expect(reader.upgrade()).rejects.toMatchObject({ code: 'EDEADLK' });
    expect(reader.tryUpgrade()).toBe(false);
    await expect(guard.upgrade()).rejects.toMatchObject({ code: 'EDEADLK' });
    reader.release();
    await soon('the upgrade', upgrading);
    expect([guard.shared, guard.unbroken]).toEqual([false, true]);
    guard.release();
    expect(await outsider.ask('try')).toBe('done');
  });

  test('an upgrade goes before requests that wait for its guard', async () => {
    const file = fileLock(kind);
    const guard = file.lockSync(shared);
    const writer = file.lock();
    const reader = file.lock(shared);
    await soon('the upgrade', guard.upgrade());
    expect(guard.shared).toBe(false);
    guard.release();
    (await soon('the writer', writer)).release();
    (await soon('the reader', reader)).release();
  });

  test('release ends a pending upgrade', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('r 0 0');
    const guard = file.lockSync(shared);
    const upgrading = guard.upgrade();
    await untilWaiting(file.path ?? '');
    guard.release();
    expect(waiters(file.path ?? '')).toBe(0);
    await expect(upgrading).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await outsider.ask('try')).toBe('done');
    await expect(guard.upgrade()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    for (const call of ['upgradeSync', 'tryUpgrade', 'downgrade'] as const) {
      expect(() => guard[call]()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }) as Error);
    }
  });

  test('close ends a pending upgrade', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('r 0 0');
    const guard = file.lockSync(shared);
    const upgrading = guard.upgrade();
    await untilWaiting(file.path ?? '');
    file.close();
    await expect(upgrading).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(guard.released).toBe(true);
    expect(await outsider.ask('try')).toBe('done');
  });

  test('after a failure the lock is shared as before', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('r 0 0');
    const guard = file.lockSync(shared);
    const abort = new AbortController();
    const failures: (() => Promise<unknown>)[] = [
      () => guard.upgrade({ timeout: 0 }),
      () => guard.upgrade({ timeout: 10 }),
      () =>
        Promise.resolve().then(() => {
          guard.upgradeSync({ timeout: 10 });
        }),
      async () => {
        const upgrading = guard.upgrade({ signal: abort.signal });
        await untilWaiting(file.path ?? '');
        abort.abort(Object.assign(new Error('enough'), { code: 'ETIMEDOUT' }));
        await upgrading;
      },
    ];
    expect(guard.tryUpgrade()).toBe(false);
    for (const failure of failures) {
      await expect(failure()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      expect([guard.shared, guard.lost, guard.released]).toEqual([true, false, false]);
      expect(file.held).toEqual([{ kind, shared: true, start: 0n, length: 0n }]);
      expect(guard.unbroken).toBe(kind !== 'flock');
    }
    await outsider.unlock();
    expect(await outsider.ask('try')).toBe('EAGAIN');
    expect(guard.tryUpgrade()).toBe(true);
  });
});

test('POSIX locks: two that upgrade for each other are told, EDEADLK', async () => {
  const [file, outsider] = await withOutsider('posix');
  await outsider.hold('r 0 0');
  const guard = file.lockSync(shared);
  const upgrading = guard.upgrade();
  await untilWaiting(file.path ?? '');
  expect(await outsider.ask('lock')).toBe('EDEADLK');
  await outsider.unlock();
  await soon('the upgrade', upgrading);

  guard.downgrade();
  await outsider.hold('r 0 0');
  const other = outsider.ask('lock');
  await untilWaiting(file.path ?? '');
  await expect(guard.upgrade()).rejects.toMatchObject({
    code: 'EDEADLK',
    syscall: 'fcntl',
    path: file.path,
  });
  expect(() => {
    guard.upgradeSync();
  }).toThrow(expect.objectContaining({ code: 'EDEADLK' }) as Error);
  guard.release();
  expect(await soon('the other', other)).toBe('done');
});

test('flock: a shared lock that an upgrade gave up can be lost', async () => {
  const [file, outsider] = await withOutsider('flock');
  const third = await Outsider.of(file);
  await outsider.hold('r 0 0');
  const guard = file.lockSync(shared);
  const leaving = new AbortController(); // no timeout: nobody knows how long the other one takes
  const upgrading = guard.upgrade({ signal: leaving.signal });
  await untilWaiting(file.path ?? '');
  expect(await outsider.ask('lock')).toBe('done'); // the shared lock is not in its way any more
  leaving.abort('enough');
  await expect(upgrading).rejects.toBe('enough');
  expect([guard.lost, guard.released, guard.unbroken]).toEqual([true, true, false]);
  guard.release();
  await expect(guard.upgrade()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  await outsider.unlock();
  expect(await third.ask('try')).toBe('done');
});
