import { setTimeout as sleep } from 'node:timers/promises';

import { lock } from 'posix-ipc';

import { makeOnce, someMemory } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

test('one of many runs it, the others wait until it has ended', async () => {
  const once = makeOnce();
  using other = lock.Once.openSync(once.name);
  const order: string[] = [];
  const run = (who: lock.Once, name: string): Promise<boolean> =>
    who
      .run(async ({ ownerDied }) => {
        order.push(`${name} begins ${String(ownerDied)}`);
        await sleep(5);
        order.push(`${name} ends`);
      })
      .finally(() => order.push(name));
  expect(once.isDone).toBe(false);
  const ran = await soon(
    'all',
    Promise.all([run(once, 'a'), run(other, 'b'), run(once, 'c'), run(other, 'd')]),
  );
  expect(ran).toEqual([true, false, false, false]);
  expect(order.slice(0, 3)).toEqual(['a begins false', 'a ends', 'a']);
  expect(order.slice(3).sort()).toEqual(['b', 'c', 'd']);
  const never = jest.fn();
  expect([other.isDone, once.runSync(never), once.tryRun(never), await once.run(never)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(never).not.toHaveBeenCalled();
});

test.each(['run', 'runSync', 'tryRun'] as const)(
  '%s: one that throws leaves it undone',
  async (form) => {
    const once = makeOnce();
    const error = new Error('no');
    const fail = (): never => {
      throw error;
    };
    for (let i = 0; i < 3; i++) {
      expect(await rejectionOf(Promise.resolve().then(() => once[form](fail)))).toBe(error);
      expect(once.isDone).toBe(false);
    }
    const told = jest.fn();
    expect(await once[form](told)).toBe(true);
    expect(told.mock.calls).toEqual([[{ ownerDied: false }]]);
    expect(once.isDone).toBe(true);
  },
);

test('while it runs: tryRun is undefined, runSync EDEADLK, and limits end a run', async () => {
  const once = makeOnce();
  let end: () => void = () => undefined;
  const running = once.run(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  await sleep(0);
  const never = jest.fn();
  expect(once.tryRun(never)).toBeUndefined();
  expect(() => once.runSync(never)).toThrow(/^EDEADLK: .*once_run.*an initialiser of this thread/);
  expect(await codeOfRejection(once.run(never, { timeout: 5 }))).toBe('ETIMEDOUT');
  const signal = AbortSignal.abort(new Error('gone'));
  expect(await rejectionOf(once.run(never, { signal }))).toMatchObject({ message: 'gone' });
  const waiting = codeOfRejection(once.run(never));
  once.close();
  expect(await waiting).toBe('ERR_CLOSED');
  end();
  expect(await soon('the run', running)).toBe(true);
  using other = lock.Once.openSync(once.name);
  expect([other.isDone, never.mock.calls]).toEqual([true, []]);
  expect(await codeOfRejection(once.run(never))).toBe('ERR_CLOSED');
  for (const call of [() => once.runSync(never), () => once.tryRun(never), () => once.isDone]) {
    expect(codeThrownBy(call)).toBe('ERR_CLOSED');
  }
});

test('Sync forms refuse a function that answers a promise, and leave it undone', () => {
  const once = makeOnce();
  for (const form of ['runSync', 'tryRun'] as const) {
    expect(codeThrownBy(() => once[form](() => Promise.reject(new Error('lost'))))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    expect(codeThrownBy(() => once[form]('no' as never))).toBe('ERR_INVALID_ARG_TYPE');
  }
  expect(once.isDone).toBe(false);
  expect(once.runSync(() => 'yes')).toBe(true);
});

test('at an offset of a mapping, closed and opened', async () => {
  const mapping = someMemory();
  expect(codeThrownBy(() => lock.Once.at(mapping, 128))).toBe('EINVAL');
  using once = lock.Once.at(mapping, 128, { create: true });
  expect(once.name).toBe('');
  using same = lock.Once.at(mapping, 128);
  expect(await once.run(() => undefined)).toBe(true);
  mapping.close();
  expect(same.isDone).toBe(true);
});

test('another layout is EPROTO, and what can be none is refused', () => {
  const mapping = someMemory();
  lock.Once.at(mapping, 0, { create: true }).close();
  expect(codeThrownBy(() => lock.Mutex.at(mapping))).toBe('EINVAL');
  mapping.view(Uint16Array)[6] = 2;
  expect(codeThrownBy(() => lock.Once.at(mapping))).toBe('EPROTO');
  for (const offset of [32, -64, 4096 - 64, 0.5]) {
    expect(codeThrownBy(() => lock.Once.at(mapping, offset, { create: true }))).toBe(
      'ERR_OUT_OF_RANGE',
    );
  }
});

test('create, open, openOrCreate, unlink', async () => {
  const once = await lock.Once.create();
  expect(await codeOfRejection(lock.Once.create(once.name))).toBe('EEXIST');
  const same = await lock.Once.open(once.name);
  const third = await lock.Once.openOrCreate(once.name);
  expect([third.runSync(() => undefined), same.isDone]).toEqual([true, true]);
  await once.unlink();
  expect(await codeOfRejection(lock.Once.open(once.name))).toBe('ENOENT');
  expect(await codeOfRejection(lock.Once.unlink(once.name))).toBe('ENOENT');
  const anew = lock.Once.openOrCreateSync(once.name);
  expect(anew.isDone).toBe(false);
  anew.unlinkSync();
  for (const one of [once, same, third, anew]) one.close();
});
