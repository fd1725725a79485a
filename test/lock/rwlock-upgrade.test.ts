import { lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { makeRwLock } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { soon } from '../support/wait-until';

test('a guard that is alone reads, writes, reads', async () => {
  const rwlock = makeRwLock();
  const guard = rwlock.readLockSync();
  for (const way of ['promise', 'sync', 'try']) {
    if (way === 'promise') await guard.upgrade();
    else if (way === 'sync') guard.upgradeSync({ timeout: 1000 });
    else guard.tryUpgrade();
    expect([guard.shared, rwlock.statSync().state]).toEqual([false, 'writing']);
    expect(guard.tryUpgrade()).toBe(true);
    await guard.upgrade();
    guard.upgradeSync();
    guard.downgrade();
    expect([guard.shared, rwlock.statSync().state]).toEqual([true, 'reading']);
    guard.downgrade();
    rwlock.readLockSync().release();
  }
  await guard.upgrade();
  guard.release();
  expect(rwlock.statSync()).toMatchObject({ state: 'free', readers: 0, writes: 4 });
});

test('an upgrade waits for the other readers, and reads until then', async () => {
  const rwlock = makeRwLock();
  using other = lock.RwLock.openSync(rwlock.name);
  const reader = other.readLockSync();
  using guard = rwlock.readLockSync();
  expect(guard.tryUpgrade()).toBe(false);
  expect(await codeOfRejection(guard.upgrade({ timeout: 5 }))).toBe('ETIMEDOUT');
  expect(await codeOfRejection(guard.upgrade({ timeout: 0 }))).toBe('ETIMEDOUT');
  const signal = AbortSignal.abort(new Error('no'));
  expect(await rejectionOf(guard.upgrade({ signal }))).toMatchObject({ message: 'no' });
  expect(
    thrownBy(() => {
      guard.upgradeSync();
    }).message,
  ).toMatch(/^EDEADLK: .*guard of this thread/);
  expect(await codeOfRejection(guard.upgrade({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
  expect(rwlock.statSync()).toMatchObject({ state: 'reading', readers: 2 });
  const upgrading = guard.upgrade();
  await untilBlockedIn('futex', process.pid);
  expect(guard.shared).toBe(true);
  reader.release();
  await soon('the upgrade', upgrading);
  expect(guard.shared).toBe(false);
});

test('of two that upgrade one is told to release', async () => {
  const rwlock = makeRwLock();
  const [one, two] = [rwlock.readLockSync(), rwlock.readLockSync()];
  const upgrading = one.upgrade();
  await untilBlockedIn('futex', process.pid);
  expect((await rejectionOf(two.upgrade())).message).toMatch(/^EDEADLK: .*another guard/);
  expect(
    codeThrownBy(() => {
      two.upgradeSync();
    }),
  ).toBe('EDEADLK');
  expect(codeThrownBy(() => two.tryUpgrade())).toBe('EDEADLK');
  expect(await codeOfRejection(one.upgrade())).toBe('EDEADLK');
  two.release();
  await soon('the upgrade', upgrading);
  one.release();
  expect(rwlock.statSync()).toMatchObject({ state: 'free', writes: 1 });
});

test('an upgrade goes before writers that wait', async () => {
  const rwlock = makeRwLock();
  const guard = rwlock.readLockSync();
  const order: string[] = [];
  const writing = rwlock.useWrite(() => order.push('writer'));
  await untilBlockedIn('futex', process.pid);
  await soon('the upgrade', guard.upgrade());
  order.push('upgraded');
  guard.release();
  await soon('the writer', writing);
  expect(order).toEqual(['upgraded', 'writer']);
});

test('a release ends the upgrade that waits', async () => {
  const rwlock = makeRwLock();
  const [one, two] = [rwlock.readLockSync(), rwlock.readLockSync()];
  const upgrading = codeOfRejection(one.upgrade());
  await untilBlockedIn('futex', process.pid);
  one.release();
  expect(await soon('the end', upgrading)).toBe('ERR_CLOSED');
  expect(rwlock.statSync()).toMatchObject({ state: 'reading', readers: 1 });
  await soon('the other upgrade', two.upgrade());
  two.release();
  expect(rwlock.statSync().state).toBe('free');
});

test('close ends the upgrade that waits, and keeps none from beginning without a wait', async () => {
  const rwlock = makeRwLock();
  using other = lock.RwLock.openSync(rwlock.name);
  const reader = other.readLockSync();
  const guard = rwlock.readLockSync();
  const outcome = codeOfRejection(soon('the end', guard.upgrade()));
  await untilBlockedIn('futex', process.pid);
  rwlock.close();
  expect(await outcome).toBe('ERR_CLOSED');
  expect(await codeOfRejection(guard.upgrade())).toBe('ERR_CLOSED');
  expect([guard.shared, guard.released]).toEqual([true, false]);
  other.readLockSync().release(); // nothing of either is left in the way
  reader.release();
  await guard.upgrade();
  guard.release();
  other.writeLockSync({ timeout: 10_000 }).release();
  expect(other.statSync()).toMatchObject({ state: 'free', readers: 0 });
});

test('Sync forms of the thread go before its upgrade', async () => {
  const rwlock = makeRwLock({ preferWriters: true });
  const [one, two] = [rwlock.readLockSync(), rwlock.readLockSync()];
  const upgrading = one.upgrade();
  await untilBlockedIn('futex', process.pid);
  rwlock.readLockSync({ timeout: 60_000 }).release();
  expect(codeThrownBy(() => rwlock.writeLockSync({ timeout: 60_000 }))).toBe('EDEADLK');
  two.release();
  await soon('the upgrade', upgrading);
  one.release();
});

test('there must be a slot to downgrade to', () => {
  const rwlock = makeRwLock({ slots: 1 });
  using guard = rwlock.writeLockSync();
  guard.downgrade();
  expect(codeThrownBy(() => rwlock.readLockSync())).toBe('EAGAIN');
  guard.upgradeSync();
  expect(guard.shared).toBe(false);
});
