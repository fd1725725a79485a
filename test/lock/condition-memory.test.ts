/** Conditions in memory that is as the dead, or others, have left it. */

import { lock } from 'posix-ipc';

import { block } from '../support/block';
import { mortalMutex, sleeping, waitOnce } from '../support/conditions';
import { makeCondition, makeMutex, someMemory } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

describe('the death of an owner', () => {
  test('is told to who is notified, by its guard', async () => {
    const { mutex, abandon } = mortalMutex();
    const condition = makeCondition();
    using guard = await mutex.lock();
    const waiting = condition.wait(guard);
    await sleeping();
    abandon((other) => {
      condition.notify(other);
    });
    await soon('the wait', waiting);
    expect(guard.ownerDied).toBe(true);
    expect(await codeOfRejection(condition.wait(guard))).toBe('EINVAL');
    expect(
      codeThrownBy(() => {
        condition.waitSync(guard);
      }),
    ).toBe('EINVAL');
    guard.markConsistent();
    expect(await codeOfRejection(condition.wait(guard, { timeout: 1 }))).toBe('ETIMEDOUT');
    expect(guard.ownerDied).toBe(false);
  });

  test('comes before the end of the time', async () => {
    const { mutex, abandon } = mortalMutex();
    const condition = makeCondition();
    using guard = await mutex.lock();
    const timeout = 3000; // longer than anybody takes to see it sleep
    const waiting = condition.wait(guard, { timeout });
    await sleeping();
    abandon(() => {
      block(timeout + 100);
    });
    await soon('the wait', waiting);
    expect(guard.ownerDied).toBe(true);
    guard.markConsistent();
  });

  test('that nobody has settled ends the waits, and takes the mutex from their guards', async () => {
    const { mutex, die } = mortalMutex();
    const condition = makeCondition();
    const guard = await mutex.lock();
    const waiting = condition.wait(guard);
    await sleeping();
    const other = await mutex.lock();
    condition.notify(other);
    die();
    other.release();
    expect(await codeOfRejection(waiting)).toBe('ENOTRECOVERABLE');
    expect(guard.released).toBe(true);
  });

  test('is repaired by `recover`, and the wait goes on', async () => {
    const told: lock.MutexGuard[] = [];
    const { mutex, abandon } = mortalMutex((one) => told.push(one));
    const condition = makeCondition();
    using guard = await mutex.lock();
    const leaving = new AbortController();
    const waiting = condition.wait(guard, { signal: leaving.signal });
    await sleeping();
    abandon(() => undefined);
    leaving.abort('enough');
    expect(await rejectionOf(waiting)).toBe('enough');
    expect(told).toEqual([guard]);
  });

  test('whose recovery fails is told to the next one', async () => {
    const { mutex, abandon } = mortalMutex(() => {
      throw new Error('not to be repaired');
    });
    const condition = makeCondition();
    const guard = await mutex.lock();
    const waiting = rejectionOf(condition.wait(guard));
    await sleeping();
    abandon((other) => {
      condition.notify(other);
    });
    expect(await waiting).toMatchObject({ message: 'not to be repaired' });
    expect(guard.released).toBe(true);
    expect(() => mutex.tryLock()).toThrow('not to be repaired');
  });
});

describe('in a mapping', () => {
  /** Of 32 bits, of 64 bits. */
  const WAITING = 1;
  const [TICKETS, ALL, GROUPS] = [4, 5, 8];

  test('at an offset, closed and opened', async () => {
    const mapping = someMemory();
    expect(codeThrownBy(() => lock.Condition.at(mapping, 128))).toBe('EINVAL');
    const mutex = lock.Mutex.at(mapping, 0, { create: true });
    using condition = lock.Condition.at(mapping, 128, { create: true });
    using same = lock.Condition.at(mapping, 128);
    expect(condition.name).toBe('');
    mapping.close();
    const waiting = waitOnce(mutex, condition, () => undefined);
    await sleeping();
    await mutex.use((guard) => {
      same.notify(guard);
    });
    await soon('the wait', waiting);
    mutex.close();
  });

  test('another layout is EPROTO, and what can be none is refused', () => {
    const mapping = someMemory();
    lock.Condition.at(mapping, 0, { create: true }).close();
    mapping.view(Uint16Array)[6] = 2;
    expect(codeThrownBy(() => lock.Condition.at(mapping))).toBe('EPROTO');
    for (const offset of [32, -64, 4096, 4032, 0.5]) {
      expect(codeThrownBy(() => lock.Condition.at(mapping, offset, { create: true }))).toBe(
        'ERR_OUT_OF_RANGE',
      );
    }
  });

  test('more limits than can be kept let the oldest go', () => {
    const mapping = someMemory();
    const words = mapping.view(BigInt64Array, 0, 16);
    using condition = lock.Condition.at(mapping, 0, { create: true });
    using guard = makeMutex().lockSync();
    condition.notify(guard);
    expect([...words.subarray(TICKETS, 16)].every((word) => word === 0n)).toBe(true);
    mapping.view(Int32Array)[WAITING] = 1;
    for (const [place, limit] of [2n, 4n, 6n, 8n].entries()) {
      words[TICKETS] = limit;
      condition.notify(guard);
      condition.notify(guard);
      expect([...words.subarray(GROUPS + 2 * place, GROUPS + 2 * place + 2)]).toEqual([limit, 2n]);
    }
    words[TICKETS] = 10n;
    condition.notify(guard);
    expect([words[ALL], words[GROUPS], words[GROUPS + 1]]).toEqual([2n, 10n, 1n]);
    condition.notifyAll(guard);
    expect(words[ALL]).toBe(10n);
    condition.notify(guard);
    expect(words[GROUPS + 1]).toBe(1n); // nobody has waited since
  });

  test('whatever is written there, no call hangs or fails to end', async () => {
    const mapping = someMemory();
    const words = mapping.view(BigInt64Array, 0, 16);
    const mutex = makeMutex();
    for (const word of [-1n, 1n, 2n ** 62n, -(2n ** 63n), 2n ** 53n]) {
      using condition = lock.Condition.at(mapping, 0, { create: true });
      using guard = mutex.lockSync();
      condition.notify(guard);
      for (const place of [TICKETS, ALL, ...Array.from({ length: 8 }, (_, i) => GROUPS + i)]) {
        words[place] = word;
        mapping.view(Int32Array)[WAITING] = 1;
        condition.notify(guard);
        await condition.wait(guard, { timeout: 1 }).catch(() => undefined);
        condition.notifyAll(guard);
        expect(guard.released).toBe(false);
      }
    }
  });
});
