/** The public names of `lock`. A new one fails here until it is listed, and it is listed when it has tests. */

import { lock, memory } from 'posix-ipc';

import { chainOf, membersOf } from '../support/members';

test('lock exports these names', () => {
  expect(Object.keys(lock).sort()).toEqual([
    'AlreadyRunningError',
    'Barrier',
    'Condition',
    'Event',
    'FileLock',
    'Mutex',
    'Once',
    'PidFile',
    'RwLock',
  ]);
});

test('Mutex and its guard have these members', () => {
  expect(membersOf(lock.Mutex)).toEqual(
    [
      ['at', 'create', 'createSync', 'open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
      ['unlink', 'unlinkSync'],
    ].flat(),
  );
  expect(membersOf(lock.Mutex.prototype)).toEqual(
    [
      ['close', 'closed', 'holder', 'holderSync', 'lock', 'lockSync', 'ref'],
      ['stat', 'statSync', 'tryLock', 'unlink', 'unlinkSync', 'unref', 'use'],
    ].flat(),
  );
  const mapping = memory.mapAnonymousSync({ length: 64 });
  using mutex = lock.Mutex.at(mapping, 0, { create: true });
  using guard = mutex.lockSync();
  expect(membersOf(Object.getPrototypeOf(guard) as object)).toEqual([
    'again',
    'markConsistent',
    'ownerDied',
    'released',
  ]);
});

test('RwLock and its guard have these members', () => {
  expect(membersOf(lock.RwLock)).toEqual(membersOf(lock.Mutex));
  expect(membersOf(lock.RwLock.prototype)).toEqual(
    [
      ['close', 'closed', 'holders', 'holdersSync', 'readLock', 'readLockSync', 'ref'],
      ['stat', 'statSync', 'tryReadLock', 'tryWriteLock', 'unlink', 'unlinkSync', 'unref'],
      ['useRead', 'useWrite', 'writeLock', 'writeLockSync'],
    ].flat(),
  );
  const mapping = memory.mapAnonymousSync({ length: 4096 });
  using rwlock = lock.RwLock.at(mapping, 0, { create: true, slots: 1 });
  using guard = rwlock.readLockSync();
  expect(membersOf(Object.getPrototypeOf(guard) as object)).toEqual(
    [
      ['downgrade', 'markConsistent', 'released', 'shared', 'tryUpgrade', 'upgrade'],
      ['upgradeSync'],
    ].flat(),
  );
});

test('Event has these members', () => {
  expect(membersOf(lock.Event)).toEqual(membersOf(lock.Mutex));
  expect(membersOf(lock.Event.prototype)).toEqual(
    [
      ['close', 'closed', 'isSet', 'ref', 'reset', 'set', 'tryWait', 'unlink', 'unlinkSync'],
      ['unref', 'wait', 'waitSync'],
    ].flat(),
  );
});

test('Barrier has these members', () => {
  expect(membersOf(lock.Barrier)).toEqual(membersOf(lock.Mutex));
  expect(membersOf(lock.Barrier.prototype)).toEqual(
    [
      ['close', 'closed', 'isBroken', 'ref', 'reset', 'tryWait', 'unlink', 'unlinkSync', 'unref'],
      ['wait', 'waitSync', 'waiting'],
    ].flat(),
  );
});

test('Condition has these members', () => {
  expect(membersOf(lock.Condition)).toEqual(membersOf(lock.Mutex));
  expect(membersOf(lock.Condition.prototype)).toEqual(
    [
      ['close', 'closed', 'notify', 'notifyAll', 'ref', 'unlink', 'unlinkSync', 'unref', 'wait'],
      ['waitFor', 'waitForSync', 'waitSync'],
    ].flat(),
  );
});

test('Once has these members', () => {
  expect(membersOf(lock.Once)).toEqual(membersOf(lock.Mutex));
  expect(membersOf(lock.Once.prototype)).toEqual(
    [
      ['close', 'closed', 'isDone', 'ref', 'run', 'runSync', 'tryRun', 'unlink', 'unlinkSync'],
      ['unref'],
    ].flat(),
  );
});

test('FileLock and PidFile have these members', () => {
  const { FileLock, PidFile } = lock;
  expect(membersOf(FileLock)).toEqual(
    [
      ['create', 'createSync', 'fromFd', 'fromFdSync', 'open', 'openOrCreate', 'openOrCreateSync'],
      ['openSync'],
    ].flat(),
  );
  expect(membersOf(FileLock.prototype)).toEqual(
    [
      ['close', 'closed', 'detach', 'fd', 'held', 'holders', 'holdersSync', 'isCurrent', 'lock'],
      ['lockSync', 'ref', 'test', 'testSync', 'tryLock', 'unref', 'use'],
    ].flat(),
  );
  expect(membersOf(PidFile)).toEqual(['create', 'createSync', 'holder', 'holderSync']);
  expect(membersOf(PidFile.prototype)).toEqual(['close', 'closed']);
  for (const { prototype } of [FileLock, PidFile]) {
    expect(new Set(chainOf(prototype).flatMap(Object.getOwnPropertySymbols))).toEqual(
      new Set([Symbol.dispose, Symbol.asyncDispose]),
    );
  }
});
