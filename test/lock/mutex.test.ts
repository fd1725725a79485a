import { setTimeout as sleep } from 'node:timers/promises';

import { lock } from 'posix-ipc';

import { block } from '../support/block';
import { untilBlockedIn } from '../support/blocked';
import { makeMutex, someMemory } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import { soon } from '../support/wait-until';

test('lock, lockSync and tryLock give a guard that owns the mutex', async () => {
  const mutex = makeMutex();
  const guard = await mutex.lock();
  expect(guard).toMatchObject({ released: false, ownerDied: false });
  expect(mutex.tryLock()).toBeUndefined();
  guard.release();
  expect(guard.released).toBe(true);
  mutex.lockSync().release();
  const third = mutex.tryLock();
  expect(third?.released).toBe(false);
  third?.release();
  expect(mutex.statSync()).toEqual({
    state: 'free',
    fair: false,
    acquisitions: 3,
    contentions: 0,
    deaths: 0,
  });
});

test('a second release is an error that says so; the end of a block is not', () => {
  const mutex = makeMutex();
  {
    using guard = mutex.lockSync();
    guard.release();
    expect(() => {
      guard.release();
    }).toThrow(/^EPERM: .* \(this guard was released already\)$/);
    expect(
      codeThrownBy(() => {
        guard.markConsistent();
      }),
    ).toBe('EPERM');
  }
  expect(mutex.statSync().state).toBe('free');
});

test('using and await using release', async () => {
  const mutex = makeMutex();
  {
    using guard = mutex.lockSync();
    expect([guard.released, mutex.statSync().state]).toEqual([false, 'held']);
  }
  {
    await using guard = await mutex.lock();
    expect([guard.released, mutex.statSync().state]).toEqual([false, 'held']);
  }
  expect(mutex.statSync().state).toBe('free');
});

test('use runs a function and releases, well or not', async () => {
  const mutex = makeMutex();
  expect(await mutex.use((guard) => [guard.ownerDied, mutex.statSync().state])).toEqual([
    false,
    'held',
  ]);
  const error = new Error('no');
  expect(await rejectionOf(mutex.use(() => Promise.reject(error)))).toBe(error);
  expect(mutex.statSync().state).toBe('free');
  expect(await codeOfRejection(mutex.use('no' as never))).toBe('ERR_INVALID_ARG_TYPE');
});

test('guards of one thread wait for each other', async () => {
  const mutex = makeMutex();
  const order: number[] = [];
  await soon(
    'all of them',
    Promise.all(
      [1, 2, 3, 4, 5].map((number) =>
        mutex.use(async () => {
          order.push(number);
          await sleep(2);
        }),
      ),
    ),
  );
  expect(order).toEqual([1, 2, 3, 4, 5]);
});

test('two objects of one mutex wait for each other', async () => {
  const mutex = makeMutex();
  using other = lock.Mutex.openSync(mutex.name);
  const guard = mutex.lockSync();
  expect(other.tryLock()).toBeUndefined();
  const waiting = other.lock();
  await untilBlockedIn('futex_waitv', process.pid);
  guard.release();
  (await soon('the other', waiting)).release();
  expect(mutex.statSync()).toMatchObject({ state: 'free', contentions: 1 });
});

test('lockSync of a thread that holds it is EDEADLK and names the holder', () => {
  const mutex = makeMutex();
  using other = lock.Mutex.openSync(mutex.name);
  using guard = mutex.lockSync();
  const expected = new RegExp(`^EDEADLK: .*process ${String(process.pid)}, by a guard`);
  expect(() => mutex.lockSync()).toThrow(expected);
  expect(() => other.lockSync({ timeout: 1000 })).toThrow(expected);
  expect(guard.released).toBe(false);
});

test('lockSync goes before promises, which could not release meanwhile', async () => {
  const mutex = makeMutex();
  using other = lock.Mutex.openSync(mutex.name);
  for (const waiter of [mutex, other]) {
    for (let i = 0; i < 20; i++) {
      const first = mutex.lockSync();
      const waiting = waiter.lock();
      if (i % 2 === 0) await untilBlockedIn('futex_waitv', process.pid);
      first.release();
      if (i % 4 < 2) block(1); // its thread has taken it, perhaps
      mutex.lockSync({ timeout: 10_000 }).release();
      (await soon('the promise', waiting)).release();
    }
  }
  expect(mutex.statSync().state).toBe('free');
});

test('an abort is not lost while lockSync goes before', async () => {
  const mutex = makeMutex();
  const first = mutex.lockSync();
  const controller = new AbortController();
  const waiting = rejectionOf(mutex.lock({ signal: controller.signal }));
  const next = mutex.lock();
  await untilBlockedIn('futex_waitv', process.pid);
  controller.abort(new Error('no'));
  expect(codeThrownBy(() => mutex.lockSync({ timeout: 1 }))).toBe('EDEADLK');
  expect(await soon('the abort', waiting)).toMatchObject({ message: 'no' });
  first.release();
  (await soon('the next', next)).release();
});

test('timeout, signal and close end a wait', async () => {
  const mutex = makeMutex();
  using other = lock.Mutex.openSync(mutex.name);
  const guard = mutex.lockSync();
  expect(await codeOfRejection(mutex.lock({ timeout: 5 }))).toBe('ETIMEDOUT');
  expect(await codeOfRejection(mutex.lock({ timeout: 0 }))).toBe('ETIMEDOUT');
  const signal = AbortSignal.abort(new Error('no'));
  expect(await rejectionOf(mutex.lock({ signal }))).toMatchObject({ message: 'no' });
  const waiting = codeOfRejection(other.lock());
  other.close();
  expect(await waiting).toBe('ERR_CLOSED');
  expect(await codeOfRejection(other.lock())).toBe('ERR_CLOSED');
  for (const call of ['lockSync', 'tryLock', 'statSync', 'holderSync'] as const) {
    expect(codeThrownBy(() => other[call]())).toBe('ERR_CLOSED');
  }
  guard.release();
  expect(await codeOfRejection(mutex.lock({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
});

test('what a promise was given in the instant of a close is not lost', async () => {
  const mutex = makeMutex();
  const other = lock.Mutex.openSync(mutex.name);
  const guard = mutex.lockSync();
  const waiting = other.lock();
  await untilBlockedIn('futex_waitv', process.pid);
  guard.release();
  block(20); // its thread has taken it
  other.close();
  const given = await soon('the guard', waiting);
  expect(mutex.statSync().state).toBe('held');
  given.release();
  mutex.lockSync({ timeout: 10_000 }).release();
});

test('a guard works after its mutex was closed', () => {
  const mutex = makeMutex();
  const guard = mutex.lockSync();
  mutex.close();
  using other = lock.Mutex.openSync(mutex.name);
  expect(other.statSync().state).toBe('held');
  guard.release();
  expect(other.statSync().state).toBe('free');
});

test('holder tells the process, the thread and since when', async () => {
  const mutex = makeMutex();
  expect(await mutex.holder()).toBeUndefined();
  const before = Date.now();
  using guard = mutex.lockSync();
  const holder = await mutex.holder();
  expect(holder).toMatchObject({ pid: process.pid, thread: process.pid });
  expect(holder?.since.getTime()).toBeGreaterThanOrEqual(before - 100);
  expect((await mutex.stat()).state).toBe('held');
  expect(guard.ownerDied).toBe(false);
});

test('markConsistent without a death is EINVAL, and says why, of both locks', () => {
  const rwlock = lock.RwLock.createSync();
  rwlock.unlinkSync();
  const makers = [
    () => makeMutex().lockSync(),
    () => rwlock.readLockSync(),
    () => rwlock.writeLockSync(),
  ];
  for (const make of makers) {
    using guard = make();
    const error = thrownBy(() => {
      guard.markConsistent();
    });
    expect(error).toMatchObject({ code: 'EINVAL' });
    expect(error.message).toContain('(no owner has died, or it is consistent again already)');
  }
});

/** Whoever was woken, and has not taken it yet, may have died: so only for a while. */
test.each([true, false])(
  'who comes lets those go first who are on their way, fair: %s',
  async (fair) => {
    const mapping = someMemory();
    using mutex = lock.Mutex.at(mapping, 0, { create: true, fair });
    const word = mapping.view(Uint32Array);
    const waited: number[] = [];
    const forms = [() => mutex.lockSync(), () => mutex.lock(), () => mutex.tryLock()];
    for (const take of forms) {
      word[0] = 0x8000_0000; // FUTEX_WAITERS: free, and somebody was woken
      const { contentions } = mutex.statSync();
      const begin = performance.now();
      const guard = await take();
      if (mutex.statSync().contentions > contentions) waited.push(performance.now() - begin);
      guard?.release();
      expect([guard?.released, word[0]]).toEqual([true, 0]);
    }
    expect(waited).toHaveLength(fair ? 2 : 0); // tryLock() overtakes
    for (const milliseconds of waited) expect(milliseconds).toBeGreaterThan(0.9);
  },
);

describe('in a mapping', () => {
  test('at an offset, closed and opened, in two mappings', () => {
    const mapping = someMemory();
    expect(codeThrownBy(() => lock.Mutex.at(mapping, 128))).toBe('EINVAL');
    const mutex = lock.Mutex.at(mapping, 128, { create: true, fair: true });
    expect(mutex.name).toBe('');
    const guard = mutex.lockSync();
    expect(lock.Mutex.at(mapping, 128).tryLock()).toBeUndefined();
    expect(
      codeThrownBy(() => {
        mapping.resizeSync(8192);
      }),
    ).toBe('EBUSY');
    mapping.close();
    guard.release();
    expect(mutex.statSync()).toMatchObject({ state: 'free', fair: true, acquisitions: 1 });
    mutex.close();
  });

  test('another layout is EPROTO', () => {
    const mapping = someMemory();
    lock.Mutex.at(mapping, 0, { create: true }).close();
    mapping.view(Uint16Array)[6] = 2;
    expect(codeThrownBy(() => lock.Mutex.at(mapping))).toBe('EPROTO');
  });

  test('what can be none is refused', () => {
    const mapping = someMemory();
    for (const offset of [32, -64, 4096, 0.5]) {
      expect(codeThrownBy(() => lock.Mutex.at(mapping, offset, { create: true }))).toBe(
        'ERR_OUT_OF_RANGE',
      );
    }
    expect(codeThrownBy(() => lock.Mutex.at({} as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeThrownBy(() => lock.Mutex.at(mapping, 0, { create: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    expect(codeThrownBy(() => lock.Mutex.at(mapping, 0, { recover: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });

  // In a process of its own: guards that other tests have forgotten count, too.
  test('a thread can hold 2000 and is told so', async () => {
    const lines = (await startNode('mutex-many', []).success()).split('\n');
    expect(lines[0]).toMatch(/ENOLCK: .*2000/);
    expect(lines[1]).toMatch(/ENOLCK: /);
    expect(lines[2]).toBe('locked');
  });

  test('links that others overwrite lead nowhere', () => {
    const mapping = someMemory();
    const words = mapping.view(BigUint64Array);
    const mutexes = [0, 64, 128].map((offset) => lock.Mutex.at(mapping, offset, { create: true }));
    const guards = mutexes.map((mutex) => mutex.lockSync());
    for (const index of [3, 4, 11, 12, 19, 20]) words[index] = 0xdead_beef_dead_beefn;
    for (const guard of [guards[1], guards[0], guards[2]]) guard?.release();
    for (const mutex of mutexes) {
      expect(mutex.statSync().state).toBe('free');
      mutex.close();
    }
  });

  test('a word that others overwrite is told at the release', () => {
    const mapping = someMemory();
    const mutex = lock.Mutex.at(mapping, 0, { create: true });
    const guard = mutex.lockSync();
    Atomics.store(mapping.view(Int32Array), 0, 0);
    expect(() => {
      guard.release();
    }).toThrow(/^EPERM: .*overwritten/);
    mutex.lockSync().release();
    mutex.close();
  });

  test('use tells it beside the error of the function', async () => {
    const mapping = someMemory();
    const mutex = lock.Mutex.at(mapping, 0, { create: true });
    const inside = new Error('inside');
    const both = await rejectionOf(
      mutex.use(() => {
        Atomics.store(mapping.view(Int32Array), 0, 0);
        throw inside;
      }),
    );
    const { errors } = both as AggregateError;
    expect(errors).toEqual([inside, expect.objectContaining({ code: 'EPERM' })]);
    mutex.close();
  });
});

describe('by name', () => {
  test('create, open, openOrCreate, unlink', async () => {
    const mutex = await lock.Mutex.create(undefined, { fair: true });
    expect(await codeOfRejection(lock.Mutex.create(mutex.name))).toBe('EEXIST');
    const same = await lock.Mutex.open(mutex.name);
    const third = await lock.Mutex.openOrCreate(mutex.name);
    expect(third.statSync().fair).toBe(true);
    const guard = third.lockSync();
    expect([mutex.tryLock(), same.tryLock()]).toEqual([undefined, undefined]);
    guard.release();
    await mutex.unlink();
    expect(await codeOfRejection(lock.Mutex.open(mutex.name))).toBe('ENOENT');
    expect(await codeOfRejection(lock.Mutex.unlink(mutex.name))).toBe('ENOENT');
    const anew = lock.Mutex.openOrCreateSync(mutex.name);
    expect(anew.statSync()).toMatchObject({ fair: false, acquisitions: 0 });
    anew.unlinkSync();
    for (const one of [mutex, same, third, anew]) one.close();
  });

  test('what is no mutex is EINVAL', () => {
    const name = makeMutex().name;
    using other = makeMutex();
    expect(codeThrownBy(() => lock.Mutex.openSync(`${name}/x`))).toBe('ERR_OUT_OF_RANGE');
    expect(other.name).not.toBe(name);
    expect(codeThrownBy(() => lock.Mutex.createSync(name, { mode: 0o1000 }))).toBe(
      'ERR_OUT_OF_RANGE',
    );
    expect(codeThrownBy(() => lock.Mutex.createSync(name, { fair: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });
});
