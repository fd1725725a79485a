/** Waiting until something is so. */

import type { lock } from 'posix-ipc';

import { Lookout } from '../../lib/lock/condition-predicate';
import { mortalMutex, sleeping } from '../support/conditions';
import { makeCondition, makeMutex } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

describe('waitFor', () => {
  test('does not wait where it is so', async () => {
    const condition = makeCondition();
    using guard = makeMutex().lockSync();
    expect(await condition.waitFor(guard, () => true, { timeout: 0 })).toBe(true);
    expect(condition.waitForSync(guard, () => true, { timeout: 0 })).toBe(true);
    expect(guard.released).toBe(false);
  });

  test('looks with the mutex after each notification, until it is so', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    using guard = await mutex.lock();
    let value = 0;
    const looks: [number, boolean][] = [];
    const waiting = condition.waitFor(guard, () => {
      looks.push([value, mutex.tryLock() === undefined]);
      return value === 2;
    });
    for (const next of [1, 2]) {
      await sleeping();
      await mutex.use((other) => {
        condition.notify(other);
        value = next;
      });
    }
    expect(await soon('the wait', waiting)).toBe(true);
    expect(looks).toEqual([0, 1, 2].map((seen) => [seen, true]));
    expect([guard.released, mutex.tryLock()]).toEqual([false, undefined]);
  });

  test('ends early with the mutex, after a last look', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    using guard = await mutex.lock();
    let looks = 0;
    const never = (): boolean => ++looks === 0;
    const second = (): boolean => ++looks === 2;
    expect(await codeOfRejection(condition.waitFor(guard, never, { timeout: 5 }))).toBe(
      'ETIMEDOUT',
    );
    expect(codeThrownBy(() => condition.waitForSync(guard, never, { timeout: 5 }))).toBe(
      'ETIMEDOUT',
    );
    expect(looks).toBe(4);
    looks = 0;
    expect(await condition.waitFor(guard, second, { timeout: 5 })).toBe(true);
    looks = 0;
    expect(condition.waitForSync(guard, second, { timeout: 5 })).toBe(true);
    const controller = new AbortController();
    const waiting = condition.waitFor(guard, never, { signal: controller.signal });
    await sleeping();
    controller.abort(new Error('enough'));
    expect(await rejectionOf(waiting)).toMatchObject({ message: 'enough' });
    expect(guard.released).toBe(false);
  });

  test('ends after one more look, however often it is notified when its time is over', async () => {
    using guard = makeMutex().lockSync();
    let looks = 0;
    const lookout = new Lookout(guard, () => ++looks > 50, 0, {
      wait: () => Promise.resolve(), // it was notified
      waitSync: () => undefined,
      expired: () => new Error('over'),
    });
    expect(() => lookout.untilSync()).toThrow('over');
    expect(await rejectionOf(lookout.until(undefined))).toMatchObject({ message: 'over' });
    const aborted = AbortSignal.abort(new Error('enough'));
    expect(await rejectionOf(lookout.until(aborted))).toMatchObject({ message: 'enough' });
    expect(looks).toBe(6);
  });

  test('ends when it is aborted by the predicate', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    using guard = await mutex.lock();
    const controller = new AbortController();
    let looks = 0;
    const look = (): boolean => {
      if (++looks === 2) controller.abort(new Error('enough'));
      return false;
    };
    const waiting = condition.waitFor(guard, look, { signal: controller.signal });
    await sleeping();
    await mutex.use((other) => {
      condition.notify(other);
    });
    expect(await soon('the wait', rejectionOf(waiting))).toMatchObject({ message: 'enough' });
    expect([looks, guard.released]).toEqual([3, false]);
  });

  test('that the end of the condition ends has the mutex', async () => {
    const [mutex, condition] = [makeMutex(), makeCondition()];
    using guard = await mutex.lock();
    const waiting = condition.waitFor(guard, () => false);
    await sleeping();
    condition.close();
    expect(await codeOfRejection(waiting)).toBe('ERR_CLOSED');
    expect(guard.released).toBe(false);
  });

  test('asks nothing of data that a death has torn', async () => {
    const { mutex, abandon } = mortalMutex();
    const condition = makeCondition();
    using guard = await mutex.lock();
    const looks: boolean[] = [];
    const look = (): boolean => {
      looks.push(guard.ownerDied);
      return looks.length === 2;
    };
    const waiting = condition.waitFor(guard, look);
    await sleeping();
    abandon((other) => {
      condition.notify(other);
    });
    expect(await soon('the wait', waiting)).toBe(false);
    expect([guard.ownerDied, looks]).toEqual([true, [false]]);
    expect(condition.waitForSync(guard, look)).toBe(false);
    guard.markConsistent();
    expect(await condition.waitFor(guard, look)).toBe(true);
    expect(looks).toEqual([false, true]);
  });

  test('refuses what is no predicate, what is no boolean, and a guard without its mutex', async () => {
    const condition = makeCondition();
    const guard = makeMutex().lockSync();
    const promised = (() => Promise.resolve(true)) as unknown as lock.Predicate;
    const none = 1 as unknown as lock.Predicate;
    for (const wrong of [promised, none]) {
      expect(await codeOfRejection(condition.waitFor(guard, wrong))).toBe('ERR_INVALID_ARG_TYPE');
      expect(codeThrownBy(() => condition.waitForSync(guard, wrong))).toBe('ERR_INVALID_ARG_TYPE');
    }
    const throws = (): never => {
      throw new Error('of the predicate');
    };
    expect(await rejectionOf(condition.waitFor(guard, throws))).toMatchObject({
      message: 'of the predicate',
    });
    guard.release();
    expect(await codeOfRejection(condition.waitFor(guard, throws))).toBe('EPERM');
    expect(codeThrownBy(() => condition.waitForSync(guard, throws))).toBe('EPERM');
  });
});
