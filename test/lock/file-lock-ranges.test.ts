/** Ranges of bytes: what overlaps excludes, what does not goes on; and what is split where. */

import { type lock } from 'posix-ipc';

import { fileLock, Outsider, untilWaiting, withOutsider } from '../support/file-locks';
import { soon } from '../support/wait-until';

const recordKinds = ['ofd', 'posix'] as const;

describe.each(recordKinds)('%s', (kind) => {
  test('two ranges that do not touch are two locks', async () => {
    const [file, outsider] = await withOutsider(kind);
    const one = file.lockSync({ start: 0, length: 10 });
    const other = await file.lock({ start: 20, length: 10 });
    expect([one.start, one.length, other.start, other.length]).toEqual([0n, 10n, 20n, 10n]);
    expect(await outsider.ask('try', 'w 9 1')).toBe('EAGAIN');
    expect(await outsider.ask('try', 'w 10 10')).toBe('done');
    expect(await outsider.ask('try', 'w 29 1')).toBe('EAGAIN');
    one.release();
    expect(await outsider.ask('try', 'w 0 10')).toBe('done');
    expect(await outsider.ask('try', 'w 20 1')).toBe('EAGAIN');
  });

  test('length 0 reaches to any end, also behind the end of the file', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = file.lockSync({ start: 100 });
    expect(guard.length).toBe(0n);
    expect(await outsider.ask('try', 'w 0 100')).toBe('done');
    expect(await outsider.ask('try', `w ${String(2n ** 62n)} 1`)).toBe('EAGAIN');
  });

  test('offsets beyond 2^53 are exact', async () => {
    const [file, outsider] = await withOutsider(kind);
    const far = 2n ** 62n + 1n;
    const guard = file.lockSync({ start: far, length: 1n });
    expect([guard.start, guard.length]).toEqual([far, 1n]);
    expect(file.held).toEqual([{ kind, shared: false, start: far, length: 1n }]);
    expect(await outsider.ask('try', `w ${String(far - 1n)} 1`)).toBe('done');
    expect(await outsider.ask('try', `w ${String(far + 1n)} 1`)).toBe('done');
    expect(await outsider.ask('try', `w ${String(far)} 1`)).toBe('EAGAIN');
    const beside = file.lockSync({ start: 2 ** 53 - 1, length: 2n });
    expect(file.tryLock({ start: 2n ** 53n, length: 1 })).toBeUndefined();
    expect(file.tryLock({ start: 2n ** 53n + 1n, length: 1 })?.start).toBe(2n ** 53n + 1n);
    beside.release();
  });

  test('the last byte that there can be', () => {
    const file = fileLock(kind);
    const last = 2n ** 63n - 1n;
    expect(file.lockSync({ start: last, length: 1 }).start).toBe(last);
    const tooFar: lock.FileRangeOptions[] = [
      { start: last, length: 2 },
      { start: 2n ** 63n },
      { length: 2n ** 63n },
      { start: -1 },
      { length: -1n },
      { start: 0.5 },
      { length: NaN },
    ];
    for (const range of tooFar) {
      expect(() => file.tryLock(range)).toThrow(
        expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }) as Error,
      );
    }
    expect(() => file.tryLock({ start: '0' as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
    expect(() => file.tryLock({ shared: 1 as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
  });

  test.each([1, 2 ** 20])('a range of %d bytes up to the last one ends, too', async (length) => {
    const [file, outsider] = await withOutsider(kind);
    const start = 2n ** 63n - BigInt(length);
    const whole = file.lockSync({ shared: true });
    const high = file.lockSync({ shared: true, start, length });
    expect(high.length).toBe(BigInt(length));
    whole.release();
    expect(file.held).toEqual([{ kind, shared: true, start, length: 0n }]); // to any end: the kernel knows no other
    const again = file.lockSync({ shared: true });
    high.release();
    again.release();
    expect(file.held).toEqual([]);
    expect(await outsider.ask('try')).toBe('done');
  });

  test('of shared guards that overlap, each releases what only it has', async () => {
    const [file, outsider] = await withOutsider(kind);
    const low = file.lockSync({ shared: true, start: 0, length: 20 });
    const high = file.lockSync({ shared: true, start: 10, length: 20 });
    const inner = file.lockSync({ shared: true, start: 14, length: 2 });
    const rest = file.lockSync({ shared: true, start: 12 });
    rest.release();
    expect(file.held).toEqual([{ kind, shared: true, start: 0n, length: 30n }]);
    high.release();
    expect(file.held).toEqual([{ kind, shared: true, start: 0n, length: 20n }]);
    low.release();
    expect(file.held).toEqual([{ kind, shared: true, start: 14n, length: 2n }]);
    expect(await outsider.ask('try', 'w 0 14')).toBe('done');
    expect(await outsider.ask('try', 'w 16 100')).toBe('done');
    expect(await outsider.ask('try', 'w 15 1')).toBe('EAGAIN');
    inner.release();
    expect(file.held).toEqual([]);
  });

  test('a guard in the middle of another splits it', () => {
    const file = fileLock(kind);
    const whole = file.lockSync({ shared: true });
    const middle = file.lockSync({ shared: true, start: 10, length: 10 });
    whole.release();
    expect(file.held).toEqual([{ kind, shared: true, start: 10n, length: 10n }]);
    middle.release();
    expect(file.held).toEqual([]);
  });

  test('a wait for one range does not hold up another', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('w 0 10');
    const waiting = file.lock({ start: 0, length: 10 });
    await untilWaiting(file.path ?? '');
    const beside = await file.lock({ start: 10, length: 10 });
    expect(file.held).toHaveLength(1);
    beside.release();
    file.lockSync({ start: 10, length: 10 }).release();
    await outsider.unlock('w 0 10');
    (await soon('the lock', waiting)).release();
  });

  test('who waits for a range keeps those who come later from parts of it', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('w 0 10');
    const order: string[] = [];
    const take = async (name: string, range: lock.FileRangeOptions): Promise<void> => {
      using guard = await file.lock(range);
      order.push(name);
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(guard.released).toBe(false);
    };
    const all = [
      take('first', { start: 5, length: 10 }),
      take('second', { start: 12, length: 10, shared: true }),
      take('third', { start: 20, length: 10 }),
      take('beside', { start: 40, length: 1 }),
    ];
    await untilWaiting(file.path ?? '');
    expect(file.tryLock({ start: 14, length: 1 })).toBeUndefined();
    await outsider.unlock('w 0 10');
    await soon('all', Promise.all(all));
    expect(order).toEqual(['beside', 'first', 'second', 'third']);
    expect(file.held).toEqual([]);
  });

  test('a guard released while a wait that overlaps is just being served', async () => {
    const file = fileLock(kind);
    const outsider = await Outsider.of(file);
    for (let i = 0; i < 20; i++) {
      await outsider.hold('w 10 10');
      const low = file.lockSync({ shared: true, start: 0, length: 10 });
      const waiting = file.lock({ shared: true, start: 0, length: 20 });
      await untilWaiting(file.path ?? '');
      const unlocked = outsider.unlock('w 10 10');
      const end = performance.now() + i / 10;
      while (performance.now() < end);
      low.release(); // before the event loop has heard of the other
      const guard = await soon('the lock', waiting);
      await unlocked;
      expect(file.held).toEqual([{ kind, shared: true, start: 0n, length: 20n }]);
      guard.release();
      expect(file.held).toEqual([]);
    }
  });
});

test('flock locks whole files', () => {
  const file = fileLock('flock');
  for (const range of [{ start: 1 }, { length: 1 }, { start: 1n, length: 1n }]) {
    expect(() => file.tryLock(range)).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }) as Error,
    );
  }
  expect(file.tryLock({ start: 0, length: 0n })?.length).toBe(0n);
});
