import { event as events, lock } from 'posix-ipc';

import { block } from '../support/block';
import { untilBlockedIn } from '../support/blocked';
import { makeEvent, someMemory } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

describe('manual reset', () => {
  test('stays set until it is reset', async () => {
    const event = makeEvent();
    expect([event.autoReset, event.isSet, event.tryWait()]).toEqual([false, false, false]);
    event.set();
    event.set();
    await event.wait();
    event.waitSync();
    expect([event.isSet, event.tryWait(), event.tryWait()]).toEqual([true, true, true]);
    expect([event.reset(), event.reset()]).toEqual([true, false]);
    expect(
      codeThrownBy(() => {
        event.waitSync({ timeout: 1 });
      }),
    ).toBe('ETIMEDOUT');
  });

  test('all who wait go on, also of a set that is reset at once', async () => {
    const event = makeEvent();
    using other = lock.Event.openSync(event.name);
    for (let i = 0; i < 50; i++) {
      const waiting = [event.wait(), other.wait(), event.wait(), other.wait()];
      if (i % 2 === 0) await untilBlockedIn('futex', process.pid, undefined, 2);
      event.set();
      event.reset();
      const late = event.wait();
      await soon('all of them', Promise.all(waiting));
      expect(event.isSet).toBe(false);
      event.set();
      await soon('the late one', late);
      event.reset();
    }
  });
});

describe('automatic reset', () => {
  test('each set is taken once', async () => {
    const event = makeEvent({ autoReset: true, isSet: true });
    expect([event.autoReset, event.isSet, event.tryWait(), event.tryWait()]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    event.set();
    event.set();
    event.waitSync({ timeout: 10_000 });
    expect(
      codeThrownBy(() => {
        event.waitSync({ timeout: 1 });
      }),
    ).toBe('ETIMEDOUT');
    event.set();
    expect([event.reset(), event.isSet]).toEqual([true, false]);
    event.set();
    await event.wait();
    expect(event.isSet).toBe(false);
  });

  test('one goes on for each set, in the order of the waits', async () => {
    const event = makeEvent({ autoReset: true });
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      await event.wait();
      order.push(number);
    });
    for (const one of waiting) {
      await untilBlockedIn('futex', process.pid);
      event.set();
      await soon('the next', one);
      expect(event.isSet).toBe(false);
    }
    expect(order).toEqual([1, 2, 3]);
  });

  test('what was taken in the instant of a close or an abort is not lost', async () => {
    const event = makeEvent({ autoReset: true });
    for (const way of ['close', 'abort'] as const) {
      const other = lock.Event.openSync(event.name);
      const controller = new AbortController();
      const waiting = other.wait({ signal: controller.signal });
      await untilBlockedIn('futex', process.pid);
      event.set();
      block(20); // its thread has taken it
      if (way === 'close') other.close();
      else controller.abort();
      await soon('the promise', waiting);
      expect(event.isSet).toBe(false);
      other.close();
    }
  });
});

test.each([false, true])(
  'timeout, signal and close end a wait, autoReset: %s',
  async (autoReset) => {
    const event = makeEvent({ autoReset });
    using other = lock.Event.openSync(event.name);
    expect(await codeOfRejection(event.wait({ timeout: 5 }))).toBe('ETIMEDOUT');
    expect(await codeOfRejection(event.wait({ timeout: 0 }))).toBe('ETIMEDOUT');
    const signal = AbortSignal.abort(new Error('no'));
    expect(await rejectionOf(event.wait({ signal }))).toMatchObject({ message: 'no' });
    const waiting = codeOfRejection(other.wait());
    await untilBlockedIn('futex', process.pid);
    other.close();
    expect(await waiting).toBe('ERR_CLOSED');
    expect(await codeOfRejection(other.wait())).toBe('ERR_CLOSED');
    for (const call of [
      () => {
        other.waitSync();
      },
      () => other.tryWait(),
      () => {
        other.set();
      },
      () => other.reset(),
      () => other.isSet,
    ]) {
      expect(codeThrownBy(call)).toBe('ERR_CLOSED');
    }
    event.set();
    expect(event.isSet).toBe(true);
    expect(await codeOfRejection(event.wait({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
    expect(
      codeThrownBy(() => {
        event.waitSync({ timeout: '1' as never });
      }),
    ).toBe('ERR_INVALID_ARG_TYPE');
  },
);

/** What a setter leaves that dies between its first step and its wake-up: see docs/event.md. */
const WAITERS_AND_DIED = 0xc000_0000 | 0;

test.each([false, true])(
  'who set it and died in the midst of it has set it, autoReset: %s',
  async (autoReset) => {
    const mapping = someMemory();
    const words = mapping.view(Int32Array);
    const event = lock.Event.at(mapping, 64, { create: true, autoReset });
    const uses: (() => unknown)[] = [
      () => event.wait(),
      () => {
        event.waitSync({ timeout: 10_000 });
      },
      () => event.tryWait(),
      () => {
        event.set();
        event.waitSync({ timeout: 10_000 });
      },
    ];
    for (const use of uses) {
      Atomics.store(words, 16, WAITERS_AND_DIED);
      expect(event.isSet).toBe(true);
      await use();
      expect(event.reset()).toBe(!autoReset);
    }
    Atomics.store(words, 16, WAITERS_AND_DIED);
    expect([event.reset(), event.isSet]).toEqual([true, false]);
    event.close();
  },
);

test('a waiter that the kernel wakes for a dead setter wakes the others', async () => {
  const mapping = someMemory();
  const event = lock.Event.at(mapping, 0, { create: true });
  const other = lock.Event.at(mapping);
  const waiting = [event.wait(), other.wait()];
  await untilBlockedIn('futex', process.pid, undefined, 2);
  Atomics.store(mapping.view(Int32Array), 0, WAITERS_AND_DIED);

  new events.Futex(mapping).wake(1);
  await soon('both', Promise.all(waiting));
  expect(event.isSet).toBe(true);
  event.close();
  other.close();
});

describe('in a mapping', () => {
  test('at an offset, closed and opened', () => {
    const mapping = someMemory();
    expect(codeThrownBy(() => lock.Event.at(mapping, 128))).toBe('EINVAL');
    using event = lock.Event.at(mapping, 128, { create: true, autoReset: true });
    expect(event.name).toBe('');
    using same = lock.Event.at(mapping, 128);
    event.set();
    mapping.close();
    expect([same.autoReset, same.tryWait(), event.isSet]).toEqual([true, true, false]);
  });

  test('another layout is EPROTO, and what can be none is refused', () => {
    const mapping = someMemory();
    lock.Event.at(mapping, 0, { create: true }).close();
    mapping.view(Uint16Array)[6] = 2;
    expect(codeThrownBy(() => lock.Event.at(mapping))).toBe('EPROTO');
    for (const offset of [32, -64, 4096, 0.5]) {
      expect(codeThrownBy(() => lock.Event.at(mapping, offset, { create: true }))).toBe(
        'ERR_OUT_OF_RANGE',
      );
    }
    for (const options of [{ create: 1 }, { autoReset: 1 }, { isSet: 1 }]) {
      expect(codeThrownBy(() => lock.Event.at(mapping, 0, options as never))).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    }
  });

  test('whatever is written there, no call hangs or fails to end', () => {
    const mapping = someMemory();
    const words = mapping.view(Int32Array);
    for (const autoReset of [false, true]) {
      using event = lock.Event.at(mapping, 0, { create: true, autoReset });
      for (const word of [0, -1, 1, 0x2000_0000, 0x7fff_ffff, -0x8000_0000, 0x1fff_ffff]) {
        Atomics.store(words, 0, word);
        event.tryWait();
        Atomics.store(words, 0, word);
        event.reset();
        Atomics.store(words, 0, word);
        event.set();
        expect(event.isSet).toBe(true);
      }
    }
  });
});

test('create, open, openOrCreate, unlink', async () => {
  const event = await lock.Event.create(undefined, { autoReset: true });
  expect(await codeOfRejection(lock.Event.create(event.name))).toBe('EEXIST');
  const same = await lock.Event.open(event.name);
  const third = await lock.Event.openOrCreate(event.name);
  event.set();
  expect([third.autoReset, third.tryWait(), same.tryWait()]).toEqual([true, true, false]);
  await event.unlink();
  expect(await codeOfRejection(lock.Event.open(event.name))).toBe('ENOENT');
  expect(await codeOfRejection(lock.Event.unlink(event.name))).toBe('ENOENT');
  const anew = lock.Event.openOrCreateSync(event.name, { isSet: true });
  expect([anew.autoReset, anew.isSet]).toEqual([false, true]);
  anew.unlinkSync();
  using mutex = lock.Mutex.createSync();
  expect(codeThrownBy(() => lock.Event.openSync(mutex.name))).toBe('EINVAL');
  mutex.unlinkSync();
  for (const one of [event, same, third, anew]) one.close();
});
