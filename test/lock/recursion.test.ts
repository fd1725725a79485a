/** A mutex that is locked more than once: by its guard, and by what runs inside of `use()`. */

import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import { event, lock } from 'posix-ipc';

import { mortalMutex, sleeping } from '../support/conditions';
import { makeCondition, makeMutex, someMemory } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';

const state = (mutex: lock.Mutex): string => mutex.statSync().state;

test('a guard locks again; the last one unlocks, in whatever order', () => {
  const mutex = makeMutex();
  const first = mutex.lockSync();
  const second = first.again();
  const third = second.again();
  first.release();
  expect([first.released, second.released, state(mutex)]).toEqual([true, false, 'held']);
  expect(mutex.tryLock()).toBeUndefined();
  third.release();
  expect(state(mutex)).toBe('held');
  second.release();
  expect(mutex.statSync()).toMatchObject({ state: 'free', acquisitions: 1 });
  expect(() => third.again()).toThrow(/^EPERM: .*\(this guard was released already\)$/);
});

test('each of them is released once', () => {
  const mutex = makeMutex();
  const first = mutex.lockSync();
  const second = first.again();
  second.release();
  expect(
    codeThrownBy(() => {
      second.release();
    }),
  ).toBe('EPERM');
  expect(state(mutex)).toBe('held');
  first.release();
  expect(state(mutex)).toBe('free');
});

test('after a death it says first that the data is whole', () => {
  const { mutex, die } = mortalMutex();
  die();
  const guard = mutex.lockSync();
  expect(() => guard.again()).toThrow(/^EINVAL: .*markConsistent/);
  guard.markConsistent();
  const second = guard.again();
  expect([guard.ownerDied, second.ownerDied]).toEqual([true, false]);
  guard.release();
  second.release();
  expect(state(mutex)).toBe('free');
});

test('any of them notifies', () => {
  const [mutex, condition] = [makeMutex(), makeCondition()];
  using first = mutex.lockSync();
  using second = first.again();
  for (const guard of [first, second]) {
    expect(() => {
      condition.notifyAll(guard);
    }).not.toThrow();
  }
});

test('a wait that locks anew unlocks only what it has alone', async () => {
  const shared: lock.MutexGuard[] = [];
  const { mutex, die } = mortalMutex((guard) => {
    guard.markConsistent();
    shared.push(guard.again());
  });
  const mapping = someMemory();
  const condition = lock.Condition.at(mapping, 0, { create: true });
  const waiter = mutex.lockSync();
  const waiting = rejectionOf(condition.wait(waiter));
  await sleeping();
  die();
  new event.Futex(mapping, 0).wake(1); // for nothing: it goes on waiting
  expect(await waiting).toMatchObject({ code: 'EPERM', syscall: 'condition_wait' });
  expect([shared[0]?.released, state(mutex)]).toEqual([false, 'held']);
  shared[0]?.release();
  waiter.release();
  condition.close();
});

test('what is given up is lost to all of them', () => {
  const shared: lock.MutexGuard[] = [];
  const { mutex, abandon } = mortalMutex();
  abandon((guard) => {
    guard.markConsistent();
    shared.push(guard.again());
  });
  expect(shared.map(({ released }) => released)).toEqual([true]);
  using guard = mutex.lockSync();
  expect(guard.ownerDied).toBe(true);
  guard.markConsistent();
});

test('who waits for a condition has it alone', async () => {
  const [mutex, condition] = [makeMutex(), makeCondition()];
  const first = mutex.lockSync();
  const second = first.again();
  for (const guard of [first, second]) {
    expect(() => {
      condition.waitSync(guard, { timeout: 0 });
    }).toThrow(/^EPERM: .*2 guards/);
  }
  first.release();
  const waiting = condition.wait(second);
  expect(codeThrownBy(() => second.again())).toBe('EPERM');
  {
    using notifier = mutex.lockSync();
    condition.notifyAll(notifier);
  }
  await waiting;
  second.release();
  expect(state(mutex)).toBe('free');
});

describe('recursive: inside of use()', () => {
  test('every call locks again', async () => {
    const mutex = makeMutex({ recursive: true });
    await mutex.use(async () => {
      expect(await mutex.use(() => mutex.use(() => state(mutex)))).toBe('held');
      for (const guard of [await mutex.lock(), mutex.lockSync(), mutex.tryLock()]) {
        expect(guard?.released).toBe(false);
        guard?.release();
      }
      expect(state(mutex)).toBe('held');
    });
    expect(mutex.statSync()).toMatchObject({ state: 'free', acquisitions: 1, contentions: 0 });
  });

  test('whoever runs beside it waits', async () => {
    const mutex = makeMutex({ recursive: true });
    const order: string[] = [];
    const job = (name: string) => () =>
      mutex.use(async () => {
        order.push(`${name} begins`);
        await mutex.use(() => sleep(2));
        order.push(`${name} ends`);
      });
    await Promise.all(['one', 'two'].map((name) => job(name)()));
    expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  test('what goes on after the outer end has it until its own', async () => {
    const mutex = makeMutex({ recursive: true });
    let end = (): void => undefined;
    const endless = new Promise<void>((resolve) => (end = resolve));
    const inner = await mutex.use(() => ({ promise: mutex.use(() => endless) }));
    expect(state(mutex)).toBe('held');
    expect(mutex.tryLock()).toBeUndefined();
    end();
    await inner.promise;
    expect(state(mutex)).toBe('free');
  });

  test('what goes on, and calls again, has it still, whoever has released', async () => {
    const mutex = makeMutex({ recursive: true });
    const again = (): Promise<string> => mutex.use(() => state(mutex), { timeout: 1 });
    await mutex.use(async (guard) => {
      // Begun by an inner one that is over when it calls.
      const inner = await mutex.use(() => ({ late: sleep(5).then(again) }));
      expect(await inner.late).toBe('held');
      const other = mutex.tryLock();
      guard.release();
      expect(await again()).toBe('held');
      other?.release();
    });
    expect(mutex.statSync()).toMatchObject({ state: 'free', acquisitions: 1 });
  });

  test('what is only done when it is awaited is inside, too', async () => {
    const mutex = makeMutex({ recursive: true });
    const lazy: PromiseLike<string> = {
      then: (fulfilled) => mutex.use(() => state(mutex), { timeout: 1 }).then(fulfilled),
    };
    expect(await mutex.use(() => lazy)).toBe('held');
  });

  test('many that are closed leave promises as quick as they were', async () => {
    const closed = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const mutex = makeMutex({ recursive: true });
        await mutex.use(() => undefined);
        mutex.close();
      }
    };
    // The least of several: what else happens meanwhile, as a collection of garbage, only adds.
    const cost = async (): Promise<number> => {
      const costs: number[] = [];
      for (let attempt = 0; attempt < 5; attempt++) {
        const before = process.cpuUsage();
        for (let i = 0; i < 2000; i++) await turn();
        const { user, system } = process.cpuUsage(before);
        costs.push(user + system); // each alone is an estimate of the kernel's
      }
      return Math.min(...costs);
    };
    await closed(1); // the first one costs something
    const first = await cost();
    await closed(1000);
    expect(await cost()).toBeLessThan(10 * first);
  });

  test('what comes later takes it anew', async () => {
    const mutex = makeMutex({ recursive: true });
    const late = await mutex.use(() => ({
      promise: sleep(2).then(() => mutex.use(() => state(mutex))),
    }));
    expect(await late.promise).toBe('held');
    expect(mutex.statSync()).toMatchObject({ state: 'free', acquisitions: 2 });
  });

  test('while its guard waits for a condition, it is locked anew', async () => {
    const [mutex, condition] = [makeMutex({ recursive: true }), makeCondition()];
    await mutex.use(async (guard) => {
      const waiting = condition.wait(guard);
      await mutex.use((notifier) => {
        condition.notifyAll(notifier);
      });
      await waiting;
      expect(state(mutex)).toBe('held');
    });
    expect(state(mutex)).toBe('free');
  });

  test('of another object it does not know', async () => {
    const mutex = makeMutex({ recursive: true });
    using same = lock.Mutex.openSync(mutex.name, { recursive: true });
    await mutex.use(async () => {
      expect(same.tryLock()).toBeUndefined();
      expect(codeThrownBy(() => same.lockSync())).toBe('EDEADLK');
      expect(await codeOfRejection(same.lock({ timeout: 1 }))).toBe('ETIMEDOUT');
    });
  });
});

test('without the option, use() inside of use() waits', async () => {
  const mutex = makeMutex();
  await mutex.use(async () => {
    expect(await codeOfRejection(mutex.use(() => 0, { timeout: 1 }))).toBe('ETIMEDOUT');
  });
  expect(codeThrownBy(() => makeMutex({ recursive: 1 as never }))).toBe('ERR_INVALID_ARG_TYPE');
});
