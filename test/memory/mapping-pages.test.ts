/** memory.Mapping: what can be asked of its pages. */

import { readFileSync } from 'node:fs';

import { memory } from 'posix-ipc';

import { temporaryFile } from '../support/files';
import { isRoot, isSanitized, testIf } from '../support/machine';
import { anonymous, mapped } from '../support/mappings';
import { settled } from '../support/maps';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { startNode } from '../support/processes';

const mayLock = [!isSanitized, 'the sanitizer makes nothing of mlock'] as const;

const mayCollapse = [canCollapse(), 'no memory is collapsed here'] as const;

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';
const PAGE = 4096;
const MEBIBYTE = 2 ** 20;

/** Since Linux 6.1, and where nobody else makes huge pages of this process's memory meanwhile. */
function canCollapse(): boolean {
  const mapping = memory.mapAnonymousSync({ length: 4 * 2 ** 20, populate: true });
  try {
    mapping.adviseSync('collapse');
    const enabled = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'latin1');
    return !enabled.includes('[always]');
  } catch {
    return false;
  } finally {
    mapping.close();
  }
}

/** Bytes of huge pages that this process has. */
function hugePages(): number {
  const smaps = readFileSync('/proc/self/smaps', 'latin1');
  const sizes = [...smaps.matchAll(/^AnonHugePages:\s+(\d+) kB/gm)].map(([, size]) => Number(size));
  return sizes.reduce((sum, size) => sum + size * 1024, 0);
}

const writable = { access: 'write' } as const;

describe('sync', () => {
  test('writes back, whole or in part, waiting or not', async () => {
    const file = temporaryFile(Buffer.alloc(3 * PAGE));
    const mapping = mapped(file, { ...writable, offset: 100 });
    mapping.bytes.fill(1);
    await mapping.sync();
    await mapping.sync({ offset: PAGE, length: 1, mode: 'async' });
    mapping.syncSync({ offset: 5, mode: 'sync', invalidate: true });
    mapping.syncSync({ length: 0 });
    expect(
      readFileSync(file)
        .subarray(100)
        .equals(Buffer.alloc(3 * PAGE - 100, 1)),
    ).toBe(true);
  });

  test('does not hold up the event loop, and outlives close', async () => {
    const mapping = mapped(temporaryFile(Buffer.alloc(64 << 20)), writable);
    mapping.bytes.fill(1);
    const syncing = mapping.sync();
    mapping.close();
    await syncing;
    expect(mapping.closed).toBe(true);
  });

  testIf(...mayLock)('refuses locked pages where it has to invalidate', async () => {
    const mapping = mapped(temporaryFile(Buffer.alloc(PAGE)), writable);
    mapping.lockSync();
    const error = thrownBy(() => {
      mapping.syncSync({ invalidate: true });
    });
    expect(error).toMatchObject({ code: 'EBUSY', syscall: 'msync' });
    const rejection = await rejectionOf(mapping.sync({ invalidate: true }));
    expect(rejection).toMatchObject({ code: 'EBUSY', syscall: 'msync' });
    expect(rejection.stack).toContain('mapping-pages.test.ts');
    mapping.unlockSync();
    mapping.syncSync({ invalidate: true });
    expect(mapping.closed).toBe(false);
  });

  test.each([
    [{ offset: 5000 }, RANGE],
    [{ length: 5000 }, RANGE],
    [{ mode: 'soon' }, RANGE],
    [{ mode: 1 }, TYPE],
    [{ invalidate: 1 }, TYPE],
    [null, TYPE],
  ])('refuses %j', async (options, code) => {
    const mapping = anonymous(PAGE);
    expect(
      codeThrownBy(() => {
        mapping.syncSync(options as never);
      }),
    ).toBe(code);
    expect(await codeOfRejection(mapping.sync(options as never))).toBe(code);
  });
});

describe('pages', () => {
  test('are brought in, dropped, and told', async () => {
    const mapping = anonymous(4 * PAGE);
    expect(mapping.residencySync()).toEqual({
      pageSize: PAGE,
      pages: new Uint8Array(4),
      resident: 0,
    });
    await mapping.advise('populate-write', { offset: 1, length: PAGE });
    expect([...mapping.residencySync().pages]).toEqual([1, 1, 0, 0]);
    expect(await mapping.residency({ offset: PAGE + 1, length: PAGE })).toMatchObject({
      resident: 1,
    });
    mapping.bytes.fill(7);
    mapping.adviseSync('dont-need', { offset: 1, length: 2 * PAGE });
    // Only the page that lies inside of the range has lost its bytes.
    expect([0, PAGE, 2 * PAGE].map((at) => mapping.bytes[at])).toEqual([7, 0, 7]);
  });

  test.each(['normal', 'random', 'sequential', 'will-need', 'dont-dump', 'dont-fork'] as const)(
    'take the advice %p',
    async (advice) => {
      const mapping = anonymous(PAGE);
      mapping.bytes.fill(3);
      mapping.adviseSync(advice);
      await mapping.advise(advice);
      expect(mapping.bytes[0]).toBe(3);
    },
  );

  testIf(...mayCollapse)('are collapsed by a promise as at once, wherever it is cut', async () => {
    for (const length of [8 * MEBIBYTE + PAGE, 17 * MEBIBYTE, 24 * MEBIBYTE + 3 * PAGE]) {
      for (const offset of [0, 3 * PAGE]) {
        const before = hugePages();
        const mapping = memory.mapAnonymousSync({ length, populate: true });
        await mapping.advise('collapse', { offset });
        const collapsed = hugePages() - before;
        mapping.adviseSync('collapse', { offset });
        expect(collapsed).toBe(hugePages() - before);
        // All huge pages that lie inside: where the mapping begins decides whether that is one more.
        expect(collapsed).toBeGreaterThan(length / 3);
        mapping.close();
        await settled(); // memory is given back in a later turn
      }
    }
  });

  test('refuse other advice', async () => {
    const mapping = anonymous(PAGE);
    for (const [advice, code] of [
      ['hwpoison', RANGE],
      ['toString', RANGE],
      [4, TYPE],
    ] as const) {
      expect(
        codeThrownBy(() => {
          mapping.adviseSync(advice as never);
        }),
      ).toBe(code);
      expect(await codeOfRejection(mapping.advise(advice as never))).toBe(code);
    }
    const error = await rejectionOf(mapped(temporaryFile('x'), writable).advise('wipe-on-fork'));
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'madvise' });
  });

  testIf(...mayLock)('are locked and unlocked', async () => {
    const locked = (): number =>
      Number(/VmLck:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;
    const before = locked();
    const mapping = anonymous(4 * PAGE);
    await mapping.lock({ length: 1 });
    expect(locked() - before).toBe(PAGE);
    mapping.lockSync();
    expect(locked() - before).toBe(4 * PAGE);
    expect(mapping.residencySync().resident).toBe(4);
    mapping.unlockSync({ offset: PAGE });
    await mapping.unlock();
    expect(locked() - before).toBe(0);
  });

  testIf(isRoot, 'needs root, to give it up')('the limit of locked memory is named', async () => {
    const peers = [startNode('memory-limits'), startNode('memory-limits', ['growing'])];
    const outcomes = await Promise.all(peers.map((peer) => peer.json()));
    type Failure = { code: string; message: string };
    const [{ code, message }, grown] = outcomes as [Failure, Failure];
    expect(code).toBe('ENOMEM');
    expect(grown.code).toBe('EAGAIN');
    expect(grown.message).toContain('mremap (RLIMIT_MEMLOCK is 65536 bytes');
    expect(message).toMatch(/RLIMIT_MEMLOCK is \d+ bytes; raise it with ulimit -l/);
  });

  testIf(isRoot, 'needs root, to give it up')('a promise locks all or nothing', async () => {
    const peer = startNode('memory-limits', ['in-portions']);
    expect(await peer.json()).toEqual({ code: 'ENOMEM', locked: 0 });
  });
});
