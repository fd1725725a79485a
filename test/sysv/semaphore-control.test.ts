import { sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { isRoot, testIf } from '../support/machine';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { nobody } from '../support/nobody';
import { startNode } from '../support/processes';
import { setOf, temporarySet } from '../support/semaphore-sets';
import { soon } from '../support/wait-until';

test('values, setValues and their Sync forms', async () => {
  const set = setOf(1, 2, 3);
  expect(await set.values()).toEqual([1, 2, 3]);
  await set.setValues([4, 0, 32_767]);
  expect(set.valuesSync()).toEqual([4, 0, 32_767]);
  set.setValuesSync(new Set([7, 8, 9]));
  expect(set.valuesSync()).toEqual([7, 8, 9]);
  expect(await codeOfRejection(set.setValues([1, 2]))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOfRejection(set.setValues([1, 2, 32_768]))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOfRejection(set.setValues(5 as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(set.valuesSync()).toEqual([7, 8, 9]);
});

test('value, setValue and their Sync forms', async () => {
  const set = setOf(1, 2);
  expect([await set.value(), await set.value(1)]).toEqual([1, 2]);
  await set.setValue(1, 7);
  set.setValueSync(0, 5);
  expect([set.valueSync(), set.valueSync(1)]).toEqual([5, 7]);
  const error = await rejectionOf(set.value(2));
  expect(error).toMatchObject({ code: 'EINVAL', syscall: 'semctl', id: set.id });
  expect(error.message).toContain('the set has 2 semaphores, 0 to 1');
  expect(await codeOfRejection(set.setValue(0, 32_768))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOfRejection(set.setValue(0, -1))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOfRejection(set.setValue(0, 'x' as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOfRejection(set.value(-1))).toBe('ERR_OUT_OF_RANGE');
});

test('setValue and setValues let those go on who wait', async () => {
  const set = setOf(0, 0);
  const waits = [set.wait(0), set.wait(1)];
  await untilBlockedIn('semop', process.pid, set.id, 2);
  set.setValueSync(0, 1);
  await soon('the first', waits[0] as Promise<void>);
  set.setValuesSync([4, 2]);
  await soon('the second', waits[1] as Promise<void>);
  expect(set.valuesSync()).toEqual([4, 1]);
});

test('pid tells who operated, or set the value, last', async () => {
  const set = setOf(1, 1);
  expect([await set.pid(), set.pidSync(1)]).toEqual([process.pid, process.pid]);
  const peer = startNode('initialise-set', [String(set.id), 'operate']);
  await peer.success();
  expect([set.pidSync(0), set.pidSync(1)]).toEqual([peer.pid, process.pid]);
});

test('waiters and zeroWaiters count threads, of which one serves all that wait for the same', async () => {
  const set = setOf(0, 1);
  const waits = [set.wait(), set.wait(), set.wait(0, { by: 2 }), set.waitForZero(1)];
  const codes = Promise.all(waits.map(codeOfRejection));
  await untilBlockedIn('semop', process.pid, set.id, 3);
  expect([await set.waiters(), set.waitersSync(1)]).toEqual([2, 0]);
  expect([await set.zeroWaiters(), set.zeroWaitersSync(1)]).toEqual([0, 1]);
  set.close();
  expect(await codes).toEqual(Array<string>(4).fill('ERR_CLOSED'));
});

test('stat', async () => {
  const before = Math.floor(Date.now() / 1000) - 1;
  const set = temporarySet({ count: 3, mode: 0o640 });
  const { changedAt, operatedAt, ...status } = await set.stat();
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  const { id, key } = set;
  expect(status).toEqual({ id, key, mode: 0o640, uid, gid, cuid: uid, cgid: gid, count: 3 });
  expect(changedAt.getTime() / 1000).toBeGreaterThanOrEqual(before);
  expect((operatedAt?.getTime() ?? 0) / 1000).toBeGreaterThanOrEqual(before);
  expect(set.statSync()).toEqual(await set.stat());
});

test('set changes what is given', async () => {
  const set = temporarySet();
  await set.set({ mode: 0o444 });
  expect(set.statSync().mode).toBe(0o444);
  set.setSync({});
  set.setSync({ mode: 0o600 });
  expect(set.statSync().mode).toBe(0o600);
  expect(await codeOfRejection(set.set({ mode: -1 }))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOfRejection(set.set({ uid: 'root' as never }))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOfRejection(set.set(null as never))).toBe('ERR_INVALID_ARG_TYPE');
});

testIf(isRoot, 'not root')('set changes the owner', () => {
  const set = temporarySet();
  set.setSync({ uid: nobody, gid: nobody });
  expect(set.statSync()).toMatchObject({ uid: nobody, gid: nobody, cuid: 0, cgid: 0 });
});

test('remove destroys the set', async () => {
  const set = setOf(0);
  const waiting = codeOfRejection(set.wait());
  await untilBlockedIn('semop', process.pid, set.id);
  await set.remove();
  expect(await soon('the wait', waiting)).toBe('EIDRM');
  expect(await codeOfRejection(set.remove())).toBe('EINVAL');
  for (const call of [() => set.statSync(), () => set.tryWait(), () => set.valueSync()]) {
    expect(thrownBy(call).message).toMatch('no set has this id: it was removed, or never made');
  }
  expect(codeThrownBy(() => set.valueSync())).toBe('EINVAL');
  expect(codeThrownBy(() => sysv.SemaphoreSet.openSync(set.key))).toBe('ENOENT');
  const other = temporarySet();
  other.close();
  other.removeSync();
  expect(codeThrownBy(() => sysv.SemaphoreSet.fromIdSync(other.id))).toBe('EINVAL');
});
