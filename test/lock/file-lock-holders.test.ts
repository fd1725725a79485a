/** Who is in the way, who holds what, and what this object holds. */

import { closeSync, mkdtempSync, openSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { lock, memory } from 'posix-ipc';

import { adopt, fileLock, kinds, untilWaiting, withOutsider } from '../support/file-locks';

const whole = { start: 0n, length: 0n };

describe.each(kinds)('%s', (kind) => {
  const pidOf = (pid: number): number => (kind === 'ofd' ? -1 : pid);

  test('names the first lock that is in the way', async () => {
    const [file, outsider] = await withOutsider(kind);
    expect(await file.test()).toBeUndefined();
    await outsider.hold('r 0 0');
    const expected = {
      ...whole,
      kind,
      shared: true,
      pid: pidOf(outsider.pid),
      pids: [outsider.pid],
    };
    expect(await file.test()).toEqual(expected);
    expect(file.testSync()).toEqual(expected);
    expect(file.testSync({ shared: true })).toBeUndefined();
    await outsider.unlock();
    await outsider.hold();
    expect(file.testSync({ shared: true })).toEqual({ ...expected, shared: false });
    await outsider.unlock();
    expect(file.testSync()).toBeUndefined();
  });

  test('what this object has itself is not in its way', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = file.lockSync();
    expect(file.testSync()).toBeUndefined();
    guard.downgrade();
    expect(file.testSync()).toBeUndefined();
    await outsider.hold('r 0 0');
    expect(file.testSync()).toMatchObject({ shared: true, pid: pidOf(outsider.pid) });
    expect(file.testSync({ shared: true })).toBeUndefined();
  });

  test('holders are all that have locks of the file, and not those that wait', async () => {
    const [file, outsider] = await withOutsider(kind);
    expect(await file.holders()).toEqual([]);
    const guard = file.lockSync({ shared: true });
    await outsider.hold('r 0 0');
    const mine = { ...whole, kind, shared: true, pid: pidOf(process.pid) };
    const holders = file.holdersSync();
    expect(holders).toHaveLength(2);
    expect(holders).toContainEqual(expect.objectContaining(mine));
    expect(new Set(holders.flatMap(({ pids }) => pids))).toEqual(
      new Set([process.pid, outsider.pid]),
    );
    guard.release();
    const waiting = file.lock();
    await untilWaiting(file.path ?? '');
    expect(file.holdersSync()).toEqual([
      { ...whole, kind, shared: true, pid: pidOf(outsider.pid), pids: [outsider.pid] },
    ]);
    await outsider.unlock();
    (await waiting).release();
  });

  test('held is what the kernel says that this object has', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('r 0 0');
    expect(file.held).toEqual([]);
    const guard = file.lockSync({ shared: true });
    expect(file.held).toEqual([{ ...whole, kind, shared: true }]);
    guard.release();
    expect(file.held).toEqual([]);
  });
});

test('the lost lock of POSIX is missing in held', () => {
  const file = fileLock('posix');
  const guard = file.lockSync();
  expect(file.held).toHaveLength(1);
  closeSync(openSync(file.path ?? '', 'r'));
  expect(file.held).toEqual([]);
  expect(guard.released).toBe(false);
});

test('it finds the range, and OFD and POSIX locks find each other', async () => {
  const [file, outsider] = await withOutsider('posix');
  const ofd = fileLock('ofd', file.path);
  await outsider.hold('w 10 5');
  expect(ofd.testSync({ start: 12, length: 1 })).toEqual({
    kind: 'posix',
    shared: false,
    start: 10n,
    length: 5n,
    pid: outsider.pid,
    pids: [outsider.pid],
  });
  expect(ofd.testSync({ start: 15 })).toBeUndefined();
  ofd.lockSync({ start: 2n ** 62n, length: 3 });
  expect(file.testSync({ start: 100 })).toEqual({
    kind: 'ofd',
    shared: false,
    start: 2n ** 62n,
    length: 3n,
    pid: -1,
    pids: [process.pid],
  });
  expect(await outsider.ask('test', `w ${String(2n ** 62n)} 1`)).toBe(
    `w ${String(2n ** 62n)} 3 -1`,
  );
  expect(fileLock('flock', file.path).testSync()).toBeUndefined();
});

test('holders tells kinds apart', () => {
  const file = fileLock('flock');
  file.lockSync();
  fileLock('ofd', file.path).lockSync({ start: 0, length: 1 });
  fileLock('posix', file.path).lockSync({ start: 1, length: 1 });
  const all = file
    .holdersSync()
    .map(({ kind, start, length, pids }) => [kind, start, length, pids]);
  expect(all.toSorted()).toEqual(
    [
      ['flock', 0n, 0n, [process.pid]],
      ['ofd', 0n, 1n, [process.pid]],
      ['posix', 1n, 1n, [process.pid]],
    ].toSorted(),
  );
});

test('also of a file in /dev/shm, and of memory without a name', () => {
  const folder = mkdtempSync('/dev/shm/posix-ipc-locks-');
  const place = path.join(folder, 'file');
  writeFileSync(place, '');
  const inShm = adopt(lock.FileLock.openSync(place));
  unlinkSync(place);
  rmdirSync(folder);
  using unnamed = memory.memfdSync('locked', { size: 4096 });
  const inMemory = adopt(lock.FileLock.fromFdSync(unnamed.fd, { own: false }));
  for (const file of [inShm, inMemory]) {
    file.lockSync();
    expect(file.holdersSync()).toMatchObject([{ kind: 'ofd', pids: [process.pid] }]);
  }
});

test('options are checked', async () => {
  const file = fileLock('ofd');
  await expect(file.test({ start: -1 })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  file.close();
  await expect(file.holders()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  await expect(file.test()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  expect(() => file.held).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }) as Error);
});
