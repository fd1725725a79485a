import { lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { block } from '../support/block';
import { makeRwLock, someMemory } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

test('many read, one writes', async () => {
  const rwlock = makeRwLock();
  const first = await rwlock.readLock();
  const second = rwlock.readLockSync();
  const third = rwlock.tryReadLock();
  expect([first.shared, second.shared, third?.shared]).toEqual([true, true, true]);
  expect(rwlock.statSync()).toMatchObject({ state: 'reading', readers: 3 });
  expect(rwlock.tryWriteLock()).toBeUndefined();
  for (const guard of [first, second, third]) guard?.release();
  const writer = await rwlock.writeLock();
  expect(writer).toMatchObject({ shared: false, ownerDied: false, released: false });
  expect([rwlock.tryReadLock(), rwlock.tryWriteLock()]).toEqual([undefined, undefined]);
  expect(rwlock.statSync().state).toBe('writing');
  writer.release();
  rwlock.writeLockSync().release();
  rwlock.tryWriteLock()?.release();
  expect(rwlock.statSync()).toMatchObject({
    state: 'free',
    slots: 64,
    preferWriters: false,
    readers: 0,
    writes: 3,
    deaths: 0,
  });
});

test('a writer waits for readers, and readers for it', async () => {
  const rwlock = makeRwLock();
  using other = lock.RwLock.openSync(rwlock.name);
  const readers = [rwlock.readLockSync(), other.readLockSync()];
  const order: string[] = [];
  const writing = other.useWrite(() => order.push('write'));
  await untilBlockedIn('futex', process.pid);
  for (const guard of readers) {
    order.push('leave');
    guard.release();
  }
  await soon('the writer', writing);
  const writer = rwlock.writeLockSync();
  const reading = Promise.all([1, 2, 3].map(() => other.useRead(() => order.push('read'))));
  await untilBlockedIn('futex_waitv', process.pid);
  order.push('leave');
  writer.release();
  await soon('the readers', reading);
  expect(order).toEqual(['leave', 'leave', 'write', 'leave', 'read', 'read', 'read']);
  expect(rwlock.statSync()).toMatchObject({ state: 'free', readers: 0 });
});

test.each([false, true])('a writer that waits keeps new readers out: %s', async (preferWriters) => {
  const rwlock = makeRwLock({ preferWriters });
  const reader = rwlock.readLockSync();
  const writing = rwlock.writeLock();
  await untilBlockedIn('futex', process.pid);
  const another = rwlock.tryReadLock();
  expect(another === undefined).toBe(preferWriters);
  another?.release();
  reader.release();
  (await soon('the writer', writing)).release();
  expect(rwlock.statSync()).toMatchObject({ state: 'free', preferWriters });
});

test('a second release is an error that says so; the end of a block is not', async () => {
  const rwlock = makeRwLock();
  for (const guard of [rwlock.readLockSync(), rwlock.writeLockSync.bind(rwlock)]) {
    using held = typeof guard === 'function' ? guard() : guard;
    held.release();
    expect(() => {
      held.release();
    }).toThrow(/^EPERM: .* \(this guard was released already\)$/);
    for (const call of ['markConsistent', 'downgrade', 'upgradeSync', 'tryUpgrade'] as const) {
      expect(codeThrownBy(() => held[call]())).toBe('EPERM');
    }
  }
  {
    await using guard = await rwlock.readLock();
    expect(
      codeThrownBy(() => {
        guard.markConsistent();
      }),
    ).toBe('EINVAL');
  }
  expect(rwlock.statSync().state).toBe('free');
});

test.each(['useRead', 'useWrite'] as const)('%s tells a release that fails, too', async (use) => {
  using memory = someMemory();
  using rwlock = lock.RwLock.at(memory, 0, { create: true, slots: 2 });
  const words = memory.view(Uint32Array);
  const inside = new Error('inside');
  const both = await rejectionOf(
    rwlock[use](() => {
      for (const owner of [16, 48, 64]) words[owner] = 0; // of the gate, and of the slots
      throw inside;
    }),
  );
  const { errors } = both as AggregateError;
  expect(errors).toEqual([inside, expect.objectContaining({ code: 'EPERM' })]);
});

test('use releases, well or not', async () => {
  const rwlock = makeRwLock();
  expect(await rwlock.useRead(({ shared }) => shared)).toBe(true);
  expect(await rwlock.useWrite(({ shared }) => shared)).toBe(false);
  const error = new Error('no');
  expect(await rejectionOf(rwlock.useWrite(() => Promise.reject(error)))).toBe(error);
  expect(await codeOfRejection(rwlock.useRead('no' as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOfRejection(rwlock.useWrite('no' as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(rwlock.statSync().state).toBe('free');
});

test('who waits for slots that are about to be left can give up', async () => {
  const memory = someMemory();
  using rwlock = lock.RwLock.at(memory, 0, { create: true, slots: 2 });
  using closing = lock.RwLock.at(memory);
  const words = memory.view(Uint32Array);
  const setSlots = (thread: number): void => {
    for (const slot of [0, 1]) words[48 + 16 * slot] = thread;
  };
  setSlots(1); // as of a thread that has locked both, and does not read
  expect(rwlock.tryReadLock()).toBeUndefined();
  expect(await codeOfRejection(rwlock.readLock({ timeout: 20 }))).toBe('ETIMEDOUT');
  const reason = new Error('no more');
  const leaving = new AbortController();
  const aborted = rejectionOf(rwlock.readLock({ signal: leaving.signal }));
  const ended = codeOfRejection(closing.readLock());
  const reading = rwlock.readLock();
  setTimeout(() => {
    leaving.abort(reason);
    closing.close();
  }, 20);
  expect(await soon('the abort', aborted)).toBe(reason);
  expect(await soon('the end', ended)).toBe('ERR_CLOSED');
  setSlots(0);
  (await soon('the reader', reading)).release();
  rwlock.writeLockSync().release(); // nobody has kept the gate
  expect(rwlock.statSync()).toMatchObject({ state: 'free', readers: 0 });
});

test('as many read as there are slots', async () => {
  const rwlock = makeRwLock({ slots: 2 });
  const guards = [rwlock.readLockSync(), rwlock.readLockSync()];
  expect(() => rwlock.readLockSync()).toThrow(/^EAGAIN: .*slots/);
  expect(codeThrownBy(() => rwlock.tryReadLock())).toBe('EAGAIN');
  expect(await codeOfRejection(rwlock.readLock())).toBe('EAGAIN');
  guards[0]?.release();
  rwlock.readLockSync().release();
  guards[1]?.release();
  rwlock.writeLockSync().release();
});

test('what this thread has in its own way is EDEADLK', () => {
  const rwlock = makeRwLock();
  using other = lock.RwLock.openSync(rwlock.name);
  {
    using guard = rwlock.writeLockSync();
    expect(codeThrownBy(() => other.readLockSync())).toBe('EDEADLK');
    expect(codeThrownBy(() => rwlock.writeLockSync({ timeout: 1000 }))).toBe('EDEADLK');
    expect(guard.released).toBe(false);
  }
  using guard = rwlock.readLockSync();
  expect(() => other.writeLockSync()).toThrow(/^EDEADLK: .*guard of this thread/);
  expect(rwlock.statSync()).toMatchObject({ state: 'reading', readers: 1 });
  other.readLockSync().release();
  expect(guard.released).toBe(false);
});

test('timeout, signal and close end a wait, and leave nothing', async () => {
  const rwlock = makeRwLock();
  using other = lock.RwLock.openSync(rwlock.name);
  const signal = AbortSignal.abort(new Error('no'));
  for (const taken of ['readLockSync', 'writeLockSync'] as const) {
    const guard = rwlock[taken]();
    const wanted =
      taken === 'readLockSync' ? (['writeLock'] as const) : (['readLock', 'writeLock'] as const);
    for (const want of wanted) {
      expect(await codeOfRejection(rwlock[want]({ timeout: 5 }))).toBe('ETIMEDOUT');
      expect(await codeOfRejection(rwlock[want]({ timeout: 0 }))).toBe('ETIMEDOUT');
      expect(await rejectionOf(rwlock[want]({ signal }))).toMatchObject({ message: 'no' });
      const controller = new AbortController();
      const aborted = rejectionOf(rwlock[want]({ signal: controller.signal }));
      const third = lock.RwLock.openSync(rwlock.name);
      const closed = codeOfRejection(third[want]());
      await untilBlockedIn(
        want === 'writeLock' && taken === 'readLockSync' ? 'futex' : 'futex_waitv',
        process.pid,
      );
      controller.abort(new Error('later'));
      third.close();
      expect(await soon('the abort', aborted)).toMatchObject({ message: 'later' });
      expect(await soon('the close', closed)).toBe('ERR_CLOSED');
    }
    guard.release();
    other.writeLockSync({ timeout: 10_000 }).release();
  }
  other.close();
  for (const call of ['readLockSync', 'tryReadLock', 'writeLockSync', 'tryWriteLock'] as const) {
    expect(codeThrownBy(() => other[call]())).toBe('ERR_CLOSED');
  }
  expect(codeThrownBy(() => other.statSync())).toBe('ERR_CLOSED');
  expect(codeThrownBy(() => other.holdersSync())).toBe('ERR_CLOSED');
  expect(await codeOfRejection(rwlock.readLock({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
});

test('Sync forms go before promises, which could not release meanwhile', async () => {
  const rwlock = makeRwLock();
  using other = lock.RwLock.openSync(rwlock.name);
  for (let i = 0; i < 16; i++) {
    const [holds, waits, goes] = [
      i % 2 === 0 ? 'readLockSync' : 'writeLockSync',
      i % 4 === 1 ? 'readLock' : 'writeLock', // a second reader would have it at once
      i % 8 < 4 ? 'writeLockSync' : 'readLockSync',
    ] as const;
    const first = rwlock[holds]();
    const waiting = other[waits]();
    if (i % 3 === 0) await new Promise(setImmediate);
    first.release();
    if (i % 3 < 2) block(2); // its thread has taken it, perhaps
    rwlock[goes]({ timeout: 20_000 }).release();
    (await soon('the promise', waiting)).release();
  }
  expect(rwlock.statSync()).toMatchObject({ state: 'free', readers: 0 });
});

test('holders tells who reads and who writes', async () => {
  const rwlock = makeRwLock();
  expect(await rwlock.holders()).toEqual({ writer: undefined, readers: [] });
  const me = { pid: process.pid, thread: process.pid };
  const before = Date.now();
  const readers = [rwlock.readLockSync(), rwlock.readLockSync()];
  const seen = rwlock.holdersSync();
  expect(seen).toMatchObject({ writer: undefined, readers: [me, me] });
  expect(seen.readers[0]?.since.getTime()).toBeGreaterThanOrEqual(before - 100);
  for (const reader of readers) reader.release();
  using writer = rwlock.writeLockSync();
  expect(rwlock.holdersSync()).toMatchObject({ writer: me, readers: [] });
  expect((await rwlock.stat()).state).toBe('writing');
  expect(writer.shared).toBe(false);
});

test('a guard works after its lock was closed', () => {
  const rwlock = makeRwLock();
  const reader = rwlock.readLockSync();
  rwlock.close();
  using other = lock.RwLock.openSync(rwlock.name);
  expect(other.statSync().readers).toBe(1);
  expect(reader.tryUpgrade()).toBe(true);
  expect(other.statSync().state).toBe('writing');
  reader.release();
  expect(other.statSync().state).toBe('free');
});

/** It may fail, and no more. */
function ignore(call: () => unknown): void {
  try {
    call();
  } catch {
    // so be it
  }
}

function letGo(outcome: unknown): void {
  if (outcome instanceof Error) return;
  ignore(() => {
    (outcome as lock.RwLockGuard).release();
  });
}

describe('in a mapping', () => {
  test('at an offset, closed and opened', () => {
    const mapping = someMemory();
    expect(codeThrownBy(() => lock.RwLock.at(mapping, 128))).toBe('EINVAL');
    const rwlock = lock.RwLock.at(mapping, 128, { create: true, slots: 3, preferWriters: true });
    const guard = rwlock.readLockSync();
    expect(lock.RwLock.at(mapping, 128).tryWriteLock()).toBeUndefined();
    expect(
      codeThrownBy(() => {
        mapping.resizeSync(8192);
      }),
    ).toBe('EBUSY');
    mapping.close();
    guard.release();
    expect(rwlock.statSync()).toMatchObject({ state: 'free', slots: 3, preferWriters: true });
    expect(rwlock.name).toBe('');
    rwlock.close();
  });

  test('what can be none is refused', () => {
    const mapping = someMemory();
    for (const offset of [32, -64, 4096, 0.5, 4096 - 192]) {
      expect(codeThrownBy(() => lock.RwLock.at(mapping, offset, { create: true }))).toBe(
        'ERR_OUT_OF_RANGE',
      );
    }
    for (const slots of [0, 4097, 1.5]) {
      expect(codeThrownBy(() => lock.RwLock.createSync(undefined, { slots }))).toBe(
        'ERR_OUT_OF_RANGE',
      );
    }
    for (const options of [{ preferWriters: 1 }, { recover: 1 }, { create: 1 }]) {
      expect(codeThrownBy(() => lock.RwLock.at(mapping, 0, options as never))).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    }
  });

  test('another layout is EPROTO; more slots than there is memory, EINVAL', () => {
    const mapping = someMemory();
    lock.RwLock.at(mapping, 0, { create: true, slots: 4 }).close();
    mapping.view(Uint16Array)[6] = 2;
    expect(codeThrownBy(() => lock.RwLock.at(mapping))).toBe('EPROTO');
    mapping.view(Uint16Array)[6] = 1;
    for (const slots of [0, 62, 0xffff_ffff]) {
      mapping.view(Uint32Array)[1] = slots;
      expect(codeThrownBy(() => lock.RwLock.at(mapping))).toBe('EINVAL');
    }
    mapping.view(Uint32Array)[1] = 61;
    lock.RwLock.at(mapping).close();
  });

  test('whatever others write makes calls fail, at most', async () => {
    const mapping = someMemory();
    const words = mapping.view(Uint32Array);
    const options = { create: true, slots: 4 };
    for (const value of [0, 1, 2, 3, 7, 0x3fff_ffff, 0x4000_0000, 0x8000_0000, 0xffff_ffff, 1]) {
      for (let word = 0; word < (192 + 4 * 64) / 4; word++) {
        using rwlock = lock.RwLock.at(mapping, 0, options);
        const guard = word % 2 === 0 ? rwlock.readLockSync() : rwlock.writeLockSync();
        words[word] = value;
        const calls = [
          () => rwlock.tryReadLock()?.release(),
          () => rwlock.tryWriteLock()?.release(),
          () => rwlock.statSync(),
          () => rwlock.holdersSync(),
          () => guard.tryUpgrade(),
          () => {
            guard.downgrade();
          },
          () => {
            guard.release();
          },
        ];
        for (const call of calls) ignore(call);
        if (word % 16 === 0) {
          await rwlock.readLock({ timeout: 0 }).then(letGo, letGo);
          await rwlock.writeLock({ timeout: 0 }).then(letGo, letGo);
        }
      }
    }
    lock.RwLock.at(mapping, 0, options).writeLockSync().release();
    expect(lock.RwLock.at(mapping).statSync()).toMatchObject({ state: 'free', writes: 1 });
  });
});

describe('by name', () => {
  test('create, open, openOrCreate, unlink', async () => {
    const rwlock = await lock.RwLock.create(undefined, { slots: 1 });
    expect(await codeOfRejection(lock.RwLock.create(rwlock.name))).toBe('EEXIST');
    const same = await lock.RwLock.open(rwlock.name);
    const third = await lock.RwLock.openOrCreate(rwlock.name);
    expect(third.statSync().slots).toBe(1);
    const guard = third.writeLockSync();
    expect([rwlock.tryReadLock(), same.tryWriteLock()]).toEqual([undefined, undefined]);
    guard.release();
    await rwlock.unlink();
    expect(await codeOfRejection(lock.RwLock.open(rwlock.name))).toBe('ENOENT');
    expect(await codeOfRejection(lock.RwLock.unlink(rwlock.name))).toBe('ENOENT');
    const anew = lock.RwLock.openOrCreateSync(rwlock.name);
    expect(anew.statSync().slots).toBe(64);
    anew.unlinkSync();
    for (const one of [rwlock, same, third, anew]) one.close();
  });

  test('what is none is EINVAL', () => {
    const mutex = lock.Mutex.createSync();
    expect(() => lock.RwLock.openSync(mutex.name)).toThrow(/^EINVAL: .*no readers-writer lock/);
    mutex.unlinkSync();
    mutex.close();
  });
});
