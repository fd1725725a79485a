/** A guard whose block ends while it waits for a condition. */

import { sleeping, mortalMutex, waitOnce } from '../support/conditions';
import { makeCondition, makeMutex } from '../support/mutexes';
import { codeOfRejection, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

test('use() answers what its function does; the wait that it leaves ends with EPERM, and unlocks', async () => {
  const [mutex, condition] = [makeMutex(), makeCondition()];
  let left: Promise<unknown> = Promise.resolve();
  const answer = await mutex.use(async (guard) => {
    left = rejectionOf(condition.wait(guard));
    await sleeping();
    return 'answer';
  });
  expect(answer).toBe('answer');
  expect(await soon('the wait', left)).toMatchObject({
    code: 'EPERM',
    message: expect.stringContaining('the block of the guard has ended while it waited') as string,
  });
  expect(mutex.statSync().state).toBe('free');
});

test('what the function of use() fails with is told, whatever it has left', async () => {
  const [mutex, condition] = [makeMutex(), makeCondition()];
  let left: Promise<unknown> = Promise.resolve();
  const fails = mutex.use((guard) => {
    left = codeOfRejection(condition.waitFor(guard, () => false));
    throw new RangeError('of the function');
  });
  expect(await rejectionOf(fails)).toMatchObject({ message: 'of the function' });
  expect(await soon('the wait', left)).toBe('EPERM');
  expect(mutex.statSync().state).toBe('free');
});

test('a block that ends while the wait locks the mutex again', async () => {
  const [mutex, condition] = [makeMutex(), makeCondition()];
  const guard = await mutex.lock();
  const left = codeOfRejection(condition.wait(guard));
  const holder = await soon('the mutex', mutex.lock());
  condition.notifyAll(holder);
  guard[Symbol.dispose]();
  guard[Symbol.dispose]();
  expect(guard.released).toBe(false);
  holder.release();
  expect(await soon('the wait', left)).toBe('EPERM');
  expect([guard.released, mutex.statSync().state]).toEqual([true, 'free']);
});

test('its notification goes to somebody else', async () => {
  const [mutex, condition] = [makeMutex(), makeCondition()];
  const guard = await mutex.lock();
  const left = codeOfRejection(condition.wait(guard));
  const other = waitOnce(mutex, condition, () => undefined);
  await sleeping(2);
  {
    using holder = await soon('the mutex', mutex.lock());
    condition.notify(holder);
    guard[Symbol.dispose]();
  }
  expect(await soon('the wait', left)).toBe('EPERM');
  await soon('the other one', other);
});

test('a death that nobody has looked at is told to the next one', async () => {
  const { mutex, die } = mortalMutex();
  const condition = makeCondition();
  const left = mutex.use((guard) => {
    const waiting = codeOfRejection(condition.wait(guard));
    die();
    return { waiting };
  });
  expect(await soon('the wait', (await left).waiting)).toBe('EPERM');
  using next = await soon('the mutex', mutex.lock());
  expect(next.ownerDied).toBe(true);
  next.markConsistent();
});
