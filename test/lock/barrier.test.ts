import { setTimeout as sleep } from 'node:timers/promises';

import { lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { makeBarrier, someMemory } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

/** So many threads of this process wait at barriers. */
const untilWaiting = (count: number): Promise<void> =>
  untilBlockedIn('futex_waitv', process.pid, undefined, count);

test('all go on when as many have come, and one was the last; then it begins anew', async () => {
  const barrier = makeBarrier({ parties: 4 });
  using other = lock.Barrier.openSync(barrier.name);
  expect([barrier.parties, other.parties]).toEqual([4, 4]);
  const order: string[] = [];
  for (let round = 0; round < 3; round++) {
    const waits = [barrier, other, barrier].map((one) =>
      one.wait().finally(() => order.push('on')),
    );
    await untilWaiting(3);
    expect([barrier.waiting, other.waiting, order]).toEqual([3, 3, []]);
    expect(other.tryWait()).toBe(true);
    expect(await soon('all', Promise.all(waits))).toEqual([false, false, false]);
    expect(barrier.waiting).toBe(0);
    order.length = 0;
  }
});

test('promises alone: one of them was the last', async () => {
  const barrier = makeBarrier({ parties: 5 });
  for (let round = 0; round < 5; round++) {
    const waits = Array.from({ length: 5 }, () => barrier.wait());
    const answers = await soon('all', Promise.all(waits));
    expect(answers.filter((wasLast) => wasLast)).toHaveLength(1);
  }
});

test('of one party: nobody waits', async () => {
  const barrier = makeBarrier({ parties: 1 });
  expect([barrier.waitSync(), barrier.tryWait(), await barrier.wait()]).toEqual([true, true, true]);
});

test('who ends early has not come', async () => {
  const barrier = makeBarrier();
  expect(barrier.tryWait()).toBe(false);
  expect(codeThrownBy(() => barrier.waitSync({ timeout: 1 }))).toBe('ETIMEDOUT');
  expect(codeThrownBy(() => barrier.waitSync({ timeout: 0 }))).toBe('ETIMEDOUT');
  expect(await codeOfRejection(barrier.wait({ timeout: 1 }))).toBe('ETIMEDOUT');
  const controller = new AbortController();
  const aborted = rejectionOf(barrier.wait({ signal: controller.signal }));
  await untilWaiting(1);
  controller.abort(new Error('enough'));
  expect(await aborted).toMatchObject({ message: 'enough' });
  expect([barrier.waiting, barrier.tryWait(), barrier.isBroken, barrier.reset()]).toEqual([
    0,
    false,
    false,
    false,
  ]);
  const waiting = barrier.wait();
  await untilWaiting(1);
  expect(barrier.waitSync()).toBe(true);
  expect(await soon('the other', waiting)).toBe(false);
});

test('when it is closed its waits end, and have not come', async () => {
  const barrier = makeBarrier({ parties: 3 });
  using other = lock.Barrier.openSync(barrier.name);
  const waits = [codeOfRejection(barrier.wait()), codeOfRejection(barrier.wait())];
  await untilWaiting(2);
  barrier.close();
  expect(await soon('both', Promise.all(waits))).toEqual(['ERR_CLOSED', 'ERR_CLOSED']);
  expect(other.waiting).toBe(0);
  expect(await codeOfRejection(barrier.wait())).toBe('ERR_CLOSED');
  for (const call of [
    () => barrier.waitSync(),
    () => barrier.tryWait(),
    () => barrier.waiting,
    () => barrier.isBroken,
    () => barrier.reset(),
  ]) {
    expect(codeThrownBy(call)).toBe('ERR_CLOSED');
  }
});

test('a slot of one who died and never waited is of no consequence', () => {
  const mapping = someMemory();
  using barrier = lock.Barrier.at(mapping, 0, { create: true });
  const words = mapping.view(Int32Array);
  words[16] = 0x4000_0000; // FUTEX_OWNER_DIED, of no generation
  expect(barrier.isBroken).toBe(false);
  expect(words[16]).toBe(0);
});

test('broken by a death: all waits fail, until it is reset', async () => {
  const mapping = someMemory();
  using barrier = lock.Barrier.at(mapping, 0, { create: true, parties: 3 });
  const words = mapping.view(Int32Array);
  words[16] = 0x4000_0000;
  words[17] = 2; // it waited for the first generation
  expect(barrier.isBroken).toBe(true);
  expect(() => barrier.waitSync()).toThrow(
    /^EOWNERDEAD: .*barrier_wait.*the barrier is broken until it is reset/,
  );
  expect(codeThrownBy(() => barrier.tryWait())).toBe('EOWNERDEAD');
  expect(await codeOfRejection(barrier.wait())).toBe('EOWNERDEAD');
  expect([barrier.reset(), barrier.reset(), barrier.isBroken]).toEqual([true, false, false]);
  const waits = [barrier.wait(), barrier.wait()];
  await untilWaiting(2);
  expect(barrier.waitSync()).toBe(true);
  expect(await soon('all', Promise.all(waits))).toEqual([false, false]);
});

test('at an offset of a mapping, closed and opened', async () => {
  const mapping = someMemory();
  expect(codeThrownBy(() => lock.Barrier.at(mapping, 128))).toBe('EINVAL');
  using barrier = lock.Barrier.at(mapping, 128, { create: true });
  expect([barrier.name, barrier.parties]).toEqual(['', 2]);
  using same = lock.Barrier.at(mapping, 128);
  mapping.close();
  const waiting = barrier.wait();
  await sleep(0);
  await untilWaiting(1);
  expect(same.tryWait()).toBe(true);
  expect(await soon('the other', waiting)).toBe(false);
});

test('another layout is EPROTO, and what can be none is refused', () => {
  const mapping = someMemory();
  lock.Barrier.at(mapping, 0, { create: true }).close();
  expect(codeThrownBy(() => lock.Mutex.at(mapping))).toBe('EINVAL');
  const words = mapping.view(Int32Array);
  for (const parties of [0, 128, 65, -1]) {
    words[1] = parties; // 65 do not fit into the mapping
    expect(codeThrownBy(() => lock.Barrier.at(mapping))).toBe('EINVAL');
  }
  mapping.view(Uint16Array)[6] = 2;
  expect(codeThrownBy(() => lock.Barrier.at(mapping))).toBe('EPROTO');
  for (const offset of [32, -64, 4096 - 64, 0.5]) {
    expect(codeThrownBy(() => lock.Barrier.at(mapping, offset, { create: true }))).toBe(
      'ERR_OUT_OF_RANGE',
    );
  }
  expect(() => lock.Barrier.at(mapping, 0, { create: true, parties: 65 })).toThrow(
    'The value of "mapping.length" is out of range. It must be at least 4160 bytes. Received 4096',
  );
  for (const parties of [0, 128, 1.5]) {
    expect(codeThrownBy(() => lock.Barrier.createSync(undefined, { parties }))).toBe(
      'ERR_OUT_OF_RANGE',
    );
  }
});

test('create, open, openOrCreate, unlink', async () => {
  const barrier = await lock.Barrier.create();
  expect(await codeOfRejection(lock.Barrier.create(barrier.name))).toBe('EEXIST');
  const same = await lock.Barrier.open(barrier.name);
  const third = await lock.Barrier.openOrCreate(barrier.name, { parties: 9 });
  expect([same.parties, third.parties]).toEqual([2, 2]);
  await barrier.unlink();
  expect(await codeOfRejection(lock.Barrier.open(barrier.name))).toBe('ENOENT');
  expect(await codeOfRejection(lock.Barrier.unlink(barrier.name))).toBe('ENOENT');
  const anew = lock.Barrier.openOrCreateSync(barrier.name, { parties: 9 });
  expect(anew.parties).toBe(9);
  anew.unlinkSync();
  for (const one of [barrier, same, third, anew]) one.close();
});
