import { sysv } from 'posix-ipc';

import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { setOf } from '../support/semaphore-sets';
import { soon } from '../support/wait-until';

describe('acquire', () => {
  test('gives a guard that releases', async () => {
    const set = setOf(0, 3);
    const guard = await set.acquire({ index: 1, by: 2 });
    expect(set.valuesSync()).toEqual([0, 1]);
    expect(set.tryAcquire({ index: 1, by: 2 })).toBeUndefined();
    guard.release();
    guard.release();
    expect(set.valuesSync()).toEqual([0, 3]);
    using other = set.tryAcquire({ index: 1 });
    expect(other?.released).toBe(false);
    expect(set.valuesSync()).toEqual([0, 2]);
  });

  test('using', async () => {
    const set = setOf(1);
    {
      using guard = set.acquireSync();
      expect([guard.released, set.valueSync()]).toEqual([false, 0]);
    }
    expect(set.valueSync()).toBe(1);
    {
      await using guard = await set.acquire({ undo: true });
      expect([guard.released, set.valueSync()]).toEqual([false, 0]);
    }
    expect(set.valueSync()).toBe(1);
  });

  test('waits, with timeout and signal', async () => {
    const set = setOf(0);
    expect(await codeOfRejection(set.acquire({ timeout: 5 }))).toBe('ETIMEDOUT');
    expect(codeThrownBy(() => set.acquireSync({ timeout: 5 }))).toBe('ETIMEDOUT');
    const signal = AbortSignal.abort(new Error('no'));
    expect(await rejectionOf(set.acquire({ signal }))).toMatchObject({ message: 'no' });
    const acquiring = set.acquire();
    set.postSync();
    const guard = await soon('the guard', acquiring);
    set.close();
    guard.release();
    expect(sysv.SemaphoreSet.fromIdSync(set.id).valueSync()).toBe(1);
  });

  test('a guard of a set that is gone tells so', () => {
    const set = setOf(1);
    const guard = set.acquireSync();
    set.removeSync();
    expect(
      codeThrownBy(() => {
        guard.release();
      }),
    ).toBe('EINVAL');
  });
});

describe('use', () => {
  test('what it runs may release before it ends', async () => {
    const set = setOf(1);
    const value = await set.use((guard) => {
      guard.release();
      return set.valueSync();
    });
    expect([value, set.valueSync()]).toEqual([1, 1]);
  });

  test('holds the semaphore while the function runs', async () => {
    const set = setOf(1);
    const seen: number[] = [];
    const running = Array.from({ length: 5 }, (_, i) =>
      set.use(async () => {
        seen.push(set.valueSync());
        await new Promise((resolve) => setImmediate(resolve));
        return i;
      }),
    );
    expect(await soon('all', Promise.all(running))).toEqual([0, 1, 2, 3, 4]);
    expect(seen).toEqual([0, 0, 0, 0, 0]);
    expect(set.valueSync()).toBe(1);
  });

  test('releases when the function throws', async () => {
    const set = setOf(1);
    const fail = (): Promise<never> => Promise.reject(new Error('inside'));
    expect(await rejectionOf(set.use(fail, { undo: true }))).toMatchObject({ message: 'inside' });
    expect(set.valueSync()).toBe(1);
  });

  test('does not run the function where it cannot acquire', async () => {
    const set = setOf(0);
    const fn = jest.fn();
    expect(await codeOfRejection(set.use(fn, { timeout: 1 }))).toBe('ETIMEDOUT');
    expect(await codeOfRejection(set.use('x' as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(fn).not.toHaveBeenCalled();
  });
});
