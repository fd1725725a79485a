import { setImmediate } from 'node:timers/promises';

import { lock } from 'posix-ipc';

import { block } from '../support/block';
import { sleeping, waitOnce } from '../support/conditions';
import { makeCondition, makeMutex } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

describe('who waits', () => {
  test('gives up the mutex, and has it again when the wait is over', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    const waiter = await mutex.lock();
    let isOver = false;
    const waiting = condition.wait(waiter).then(() => (isOver = true));
    await sleeping();
    {
      using guard = await soon('the mutex', mutex.lock());
      condition.notify(guard);
      block(5);
      await setImmediate();
      expect([isOver, guard.ownerDied]).toEqual([false, false]);
    }
    await soon('the wait', waiting);
    expect([waiter.released, waiter.ownerDied, mutex.tryLock()]).toEqual([false, false, undefined]);
    waiter.release();
    expect(mutex.tryLock()?.release()).toBeUndefined();
  });

  test('is let go one at a time by notify, and all together by notifyAll', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    let over = 0;
    const waiting = Array.from({ length: 5 }, () => waitOnce(mutex, condition, () => over++));
    await sleeping(5);
    for (const expected of [1, 2]) {
      await mutex.use((guard) => {
        condition.notify(guard);
      });
      await soon('one of them', Promise.any(waiting));
      await sleeping(5 - expected);
      expect(over).toBe(expected);
    }
    await mutex.use((guard) => {
      condition.notifyAll(guard);
    });
    await soon('all', Promise.all(waiting));
    expect(over).toBe(5);
  });

  test('is not let go by what was notified before', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    using guard = await mutex.lock();
    condition.notify(guard);
    condition.notifyAll(guard);
    expect(await codeOfRejection(condition.wait(guard, { timeout: 5 }))).toBe('ETIMEDOUT');
    condition.notify(guard);
    expect(
      codeThrownBy(() => {
        condition.waitSync(guard, { timeout: 5 });
      }),
    ).toBe('ETIMEDOUT');
  });

  test('blocks the thread in the Sync form, which other promises of the thread outlive', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    const guard = mutex.lockSync();
    const later = mutex.lock();
    expect(
      codeThrownBy(() => {
        condition.waitSync(guard, { timeout: 20 });
      }),
    ).toBe('ETIMEDOUT');
    expect(guard.released).toBe(false);
    guard.release();
    (await soon('the other guard', later)).release();
  });
});

describe('a wait that ends early', () => {
  test.each(['timeout', 'signal', 'close'])('%s: waits for the mutex, too', async (way) => {
    const mutex = makeMutex();
    using condition = makeCondition();
    using guard = await mutex.lock();
    const controller = new AbortController();
    const { signal } = controller;
    const timeout = way === 'timeout' ? 20 : Infinity;
    let isOver = false;
    const waiting = rejectionOf(condition.wait(guard, { signal, timeout })).finally(
      () => (isOver = true),
    );
    const other = await soon('the mutex', mutex.lock());
    if (way === 'signal') controller.abort(new Error('no'));
    if (way === 'close') condition.close();
    block(30);
    for (let i = 0; i < 5; i++) await setImmediate();
    expect(isOver).toBe(false);
    other.release();
    const error = await soon('the rejection', waiting);
    const expected = { timeout: 'ETIMEDOUT', close: 'ERR_CLOSED' }[way];
    expect(error).toMatchObject(expected === undefined ? { message: 'no' } : { code: expected });
    expect([guard.released, mutex.tryLock()]).toEqual([false, undefined]);
  });

  test('is aborted while it has the mutex for a moment, and is not let go', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    const controller = new AbortController();
    const { signal } = controller;
    const guards = [await mutex.lock()];
    const waiting = [condition.wait(guards[0] as lock.MutexGuard, { signal })];
    guards.push(await mutex.lock());
    waiting.push(condition.wait(guards[1] as lock.MutexGuard, { signal }));
    const ends = Promise.allSettled(
      waiting.map((wait, at) => wait.finally(() => guards[at]?.release())),
    );
    await sleeping(2);
    const other = await mutex.lock();
    condition.notify(other);
    await setImmediate();
    controller.abort();
    other.release();
    expect((await soon('both', ends)).map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
  });

  test('takes the notification that came meanwhile, if nobody else has', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    using guard = await mutex.lock();
    const controller = new AbortController();
    const waiting = condition.wait(guard, { signal: controller.signal });
    await sleeping();
    await mutex.use((other) => {
      condition.notify(other);
      controller.abort();
    });
    await soon('the wait', waiting);
    expect(await rejectionOf(condition.wait(guard, { signal: controller.signal }))).toMatchObject({
      name: 'AbortError',
    });
    expect(guard.released).toBe(false);
  });

  test('leaves nothing that later ones would miss', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    {
      using guard = await mutex.lock();
      for (let i = 0; i < 20; i++) {
        expect(await codeOfRejection(condition.wait(guard, { timeout: 1 }))).toBe('ETIMEDOUT');
      }
    }
    const waiting = waitOnce(mutex, condition, () => undefined);
    await sleeping();
    await mutex.use((guard) => {
      condition.notify(guard);
    });
    await soon('the wait', waiting);
  });
});

describe('what is refused', () => {
  test('guards that do not have the mutex', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    const guard = await mutex.lock();
    const waiting = codeOfRejection(condition.wait(guard, { timeout: 50 }));
    const uses = [
      () => {
        condition.notify(guard);
      },
      () => {
        condition.notifyAll(guard);
      },
      () => {
        condition.waitSync(guard);
      },
      () => {
        guard.release();
      },
      () => {
        guard.markConsistent();
      },
    ];
    expect(await codeOfRejection(condition.wait(guard))).toBe('EPERM');
    for (const use of uses) expect(codeThrownBy(use)).toBe('EPERM');
    expect(await waiting).toBe('ETIMEDOUT');
    guard.release();
    expect(await codeOfRejection(condition.wait(guard))).toBe('EPERM');
    for (const use of uses) expect(codeThrownBy(use)).toBe('EPERM');
    for (const none of [undefined, null, {}, mutex]) {
      const use = (): void => {
        condition.notify(none as never);
      };
      expect(codeThrownBy(use)).toBe('ERR_INVALID_ARG_TYPE');
      const wait = condition.wait(none as never);
      expect(await codeOfRejection(wait)).toBe('ERR_INVALID_ARG_TYPE');
    }
  });

  test('guards of another mutex', async () => {
    const condition = makeCondition();
    using guard = await makeMutex().lock();
    using other = await makeMutex().lock();
    condition.notify(guard);
    expect(
      codeThrownBy(() => {
        condition.notify(other);
      }),
    ).toBe('EINVAL');
    expect(await codeOfRejection(condition.wait(other))).toBe('EINVAL');
    expect(other.released).toBe(false);
  });

  test('what only looks like a guard is none', async () => {
    using guard = await makeMutex().lock();
    const condition = makeCondition();
    const forged = Object.create(Object.getPrototypeOf(guard) as object) as lock.MutexGuard;
    for (const odd of [new Proxy(guard, {}), forged, {} as never, null as never]) {
      const ends = [
        await codeOfRejection(condition.wait(odd)),
        await codeOfRejection(condition.waitFor(odd, () => true)),
        codeThrownBy(() => {
          condition.waitSync(odd);
        }),
        codeThrownBy(() => condition.waitForSync(odd, () => true)),
        codeThrownBy(() => {
          condition.notify(odd);
        }),
      ];
      expect(ends).toEqual(Array(5).fill('ERR_INVALID_ARG_TYPE'));
    }
  });

  test('limits that are none, and a condition that is closed', async () => {
    using guard = await makeMutex().lock();
    const condition = makeCondition();
    expect(await codeOfRejection(condition.wait(guard, { timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
    condition.close();
    expect(await codeOfRejection(condition.wait(guard))).toBe('ERR_CLOSED');
    for (const use of [
      () => {
        condition.notify(guard);
      },
      () => {
        condition.notifyAll(guard);
      },
      () => {
        condition.waitSync(guard);
      },
    ]) {
      expect(codeThrownBy(use)).toBe('ERR_CLOSED');
    }
    expect(guard.released).toBe(false);
  });
});

test('create, open, openOrCreate, unlink', async () => {
  const condition = await lock.Condition.create();
  expect(await codeOfRejection(lock.Condition.create(condition.name))).toBe('EEXIST');
  const same = await lock.Condition.open(condition.name);
  const third = await lock.Condition.openOrCreate(condition.name);
  const mutex = makeMutex();
  const waiting = waitOnce(mutex, same, () => undefined);
  await sleeping();
  await mutex.use((guard) => {
    third.notify(guard);
  });
  await soon('the wait', waiting);
  await condition.unlink();
  expect(await codeOfRejection(lock.Condition.open(condition.name))).toBe('ENOENT');
  expect(await codeOfRejection(lock.Condition.unlink(condition.name))).toBe('ENOENT');
  const anew = lock.Condition.openOrCreateSync(condition.name, { mode: 0o640 });
  anew.unlinkSync();
  expect(codeThrownBy(() => lock.Condition.openSync(mutex.name))).toBe('EINVAL');
  for (const one of [condition, same, third, anew]) one.close();
});

test('who puts and who takes, in all forms, miss nothing', async () => {
  const mutex = makeMutex();
  const [filled, emptied] = [makeCondition(), makeCondition()];
  const store: number[] = [];
  const taken: number[] = [];
  const put = async (from: number): Promise<void> => {
    for (let i = from; i < from + 100; i++) {
      using guard = await mutex.lock();
      while (store.length === 2) await emptied.wait(guard);
      store.push(i);
      filled.notify(guard);
    }
  };
  const take = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      using guard = await mutex.lock();
      while (store.length === 0) await filled.wait(guard);
      taken.push(store.shift() ?? NaN);
      emptied.notify(guard);
    }
  };
  await soon('all', Promise.all([put(0), put(100), put(200), take(), take(), take()]));
  expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
});
