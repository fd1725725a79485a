import { lock } from 'posix-ipc';

import { collectGarbage } from '../support/collect-garbage';
import { descriptorsSince } from '../support/descriptors';
import {
  fileLock,
  kinds,
  Outsider,
  untilWaiting,
  waiters,
  withOutsider,
} from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { waitUntil } from '../support/wait-until';

const { FileLock } = lock;

describe.each(kinds)('%s', (kind) => {
  test('close releases, ends waits, and what is left of guards does nothing', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = file.lockSync();
    const waiting = file.lock();
    file.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(guard.released).toBe(true);
    guard.release();
    expect(await outsider.ask('try')).toBe('done');
    await expect(file.lock()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(() => file.lockSync()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }) as Error);
    expect(() => file.tryLock()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }) as Error);
    file.close();
  });

  test('close while a thread waits takes nothing, at once', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold();
    const waits = [file.lock(), file.lock(), file.lock({ shared: true })];
    const ends = Promise.allSettled(waits);
    await untilWaiting(file.path ?? '');
    file.close();
    expect(waiters(file.path ?? '')).toBe(0);
    for (const end of await ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CLOSED' } });
    }
    await outsider.unlock();
    expect(await outsider.ask('try')).toBe('done');
  });

  test('close in the instant in which the lock comes leaves nothing held', async () => {
    for (let i = 0; i < 20; i++) {
      const file = fileLock(kind);
      const outsider = await Outsider.of(file);
      await outsider.hold();
      const waiting = file.lock();
      await untilWaiting(file.path ?? '');
      const unlocked = outsider.unlock();
      const end = performance.now() + i / 10;
      while (performance.now() < end);
      file.close();
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
      await unlocked;
      expect(await outsider.ask('try')).toBe('done');
      await outsider.kill();
    }
  });

  test('a wait that is aborted takes nothing', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold();
    const abort = new AbortController();
    const waiting = file.lock({ signal: abort.signal });
    await untilWaiting(file.path ?? '');
    abort.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    await untilWaiting(file.path ?? '', 0);
    await outsider.unlock();
    expect(await outsider.ask('try')).toBe('done');
    await outsider.unlock();
    await expect(file.lock({ signal: abort.signal })).rejects.toBe('enough');
    (await file.lock()).release();
  });

  test('a guard that was forgotten holds its lock', async () => {
    const path = temporaryFile('');
    const outsider = await Outsider.of(fileLock(kind, path));
    const forget = (): WeakRef<lock.FileLock> => {
      const file = FileLock.openSync(path, { kind });
      file.lockSync();
      return new WeakRef(file);
    };
    const file = forget();
    await waitUntil('the object is collected', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      collectGarbage();
      return file.deref() === undefined;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await outsider.ask('try')).toBe('EAGAIN');
  });

  test('an object that holds nothing, and was forgotten, is closed', async () => {
    const path = temporaryFile('');
    const opened = descriptorsSince();
    for (let i = 0; i < 50; i++) FileLock.openSync(path, { kind }).lockSync().release();
    await waitUntil('the descriptors are closed', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      collectGarbage();
      return opened().length === 0;
    });
    expect(opened()).toEqual([]);
  });
});
