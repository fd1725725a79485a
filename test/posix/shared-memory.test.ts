/** posix.SharedMemory: names for memory that processes share. */

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, readFileSync, statfsSync, statSync, truncateSync } from 'node:fs';

import { ClosedError, posix, SystemError } from 'posix-ipc';
import { O_CREAT, O_RDWR, shm_open } from 'posix-ipc/syscalls';

import { pattern } from '../support/files';
import { isRoot, testIf } from '../support/machine';
import { adoptMapping } from '../support/mappings';
import { mappingsOf, settled } from '../support/maps';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import { adoptName, adoptShared, shared } from '../support/shared-memory';

const { SharedMemory } = posix;
const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';
const PAGE = 4096;

function newName(): string {
  return adoptName(`/posix-ipc-test-${randomUUID()}`);
}

describe('create', () => {
  test('makes zeroes of that size, with a name of its own or a given one', async () => {
    const first = shared(10_000);
    const second = adoptShared(await SharedMemory.create(newName(), { size: 1 }));
    expect(first.name).toMatch(/^\/posix-ipc-[0-9a-f]{16}$/);
    expect(first.bytes.equals(Buffer.alloc(10_000))).toBe(true);
    expect([first.size, second.size]).toEqual([10_000, 1]);
    expect(first.statSync().reserved).toBe(3 * PAGE);
    expect(first.buffer).toBe(first.mapping.buffer);
    expect(existsSync(`/dev/shm${second.name}`)).toBe(true);
  });

  test('does nothing to an object that is there', async () => {
    const shm = shared();
    shm.bytes.write('hello');
    const { name } = shm;
    expect(thrownBy(() => SharedMemory.createSync(name, { size: 5 }))).toMatchObject({
      code: 'EEXIST',
      syscall: 'shm_open',
      path: name,
    });
    expect(await codeOfRejection(SharedMemory.create(name.slice(1), { size: 5 }))).toBe('EEXIST');
    expect(adoptShared(SharedMemory.openSync(name)).bytes.toString('latin1', 0, 5)).toBe('hello');
  });

  test.each([0o600, 0o666, 0o640, 0o777, 0])('gives exactly the mode %p', async (mode) => {
    const before = process.umask(0o077);
    try {
      expect(shared(1, { mode }).statSync().mode).toBe(mode);
      const promised = adoptShared(await SharedMemory.create(undefined, { size: 1, mode }));
      expect((await promised.stat()).mode).toBe(mode);
    } finally {
      process.umask(before);
    }
  });

  test('reserves, or fails with what /dev/shm has; and leaves no name behind', async () => {
    const { bsize, blocks } = statfsSync('/dev/shm');
    const [name, size] = [newName(), (blocks + 1) * bsize];
    const errors = [
      thrownBy(() => SharedMemory.createSync(name, { size: 2 ** 50 })),
      thrownBy(() => SharedMemory.openOrCreateSync(name, { size: 2 ** 50 })),
    ];
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ENOSPC', syscall: 'posix_fallocate', path: name });
      expect(error.message).toContain(`/dev/shm has ${String(blocks * bsize)} bytes`);
    }
    expect(size).toBeGreaterThan(0);
    expect(existsSync(`/dev/shm${name}`)).toBe(false);
    expect(await codeOfRejection(SharedMemory.open(name))).toBe('ENOENT');
  });

  test('a large one is reserved by a thread', async () => {
    const made = await SharedMemory.create(undefined, { size: 80 << 20 });
    adoptShared(made);
    expect((await made.stat()).reserved).toBe(80 << 20);
  });

  test('brings in and locks the pages where that is asked for', async () => {
    const options = { size: 4 * PAGE, populate: true, lock: true };
    for (const shm of [
      adoptShared(await SharedMemory.create(undefined, options)),
      shared(4 * PAGE, options),
    ]) {
      expect(shm.mapping.residencySync().resident).toBe(4);
      const { length } = shm.mapping;
      expect(
        codeThrownBy(() => {
          shm.mapping.syncSync({ invalidate: true, length });
        }),
      ).toBe('EBUSY');
    }
  });

  testIf(isRoot, 'needs root, to give it up')(
    'what cannot be locked is not left behind',
    async () => {
      const name = newName();
      const peer = startNode('memory-limits', [name]);
      expect(await peer.json()).toMatchObject({ code: 'ENOMEM' });
      expect(existsSync(`/dev/shm${name}`)).toBe(false);
    },
  );

  test.each([
    [undefined, undefined, TYPE],
    [undefined, {}, TYPE],
    [undefined, { size: 0 }, RANGE],
    [undefined, { size: -1 }, RANGE],
    [undefined, { size: 0.5 }, RANGE],
    [undefined, { size: '1' }, TYPE],
    [undefined, { size: 1, mode: 0o1000 }, RANGE],
    [undefined, { size: 1, access: 'none' }, RANGE],
    [undefined, { size: 1, lock: 1 }, TYPE],
    [undefined, { size: 1, populate: 'x' }, TYPE],
    [null, { size: 1 }, TYPE],
    ['', { size: 1 }, RANGE],
    ['/', { size: 1 }, RANGE],
    ['/a/b', { size: 1 }, RANGE],
    ['/a\0b', { size: 1 }, RANGE],
    [`/${'x'.repeat(256)}`, { size: 1 }, RANGE],
  ])('refuses %j, %j', async (name, options, code) => {
    const args = [name, options] as unknown as Parameters<typeof SharedMemory.create>;
    expect(codeThrownBy(() => SharedMemory.createSync(...args))).toBe(code);
    expect(await codeOfRejection(SharedMemory.create(...args))).toBe(code);
  });

  test('takes a name of 255 bytes', () => {
    const name = adoptName(`/${randomUUID()}${'x'.repeat(219)}`);
    expect(adoptShared(SharedMemory.createSync(name, { size: 1 })).name).toBe(name);
  });
});

describe('open', () => {
  test('finds it by its name, with or without the slash', async () => {
    const shm = shared();
    const found = adoptShared(SharedMemory.openSync(shm.name.slice(1)));
    const promised = adoptShared(await SharedMemory.open(shm.name));
    shm.bytes.write('hello');
    expect(found.name).toBe(shm.name);
    expect(promised.bytes.toString('latin1', 0, 5)).toBe('hello');
    expect(promised.size).toBe(8192);
  });

  test('reads safely', () => {
    const shm = shared();
    const reader = adoptShared(SharedMemory.openSync(shm.name, { access: 'read' }));
    shm.bytes[0] = 1;
    expect(reader.bytes[0]).toBe(1);
    reader.bytes[0] = 2;
    expect(shm.bytes[0]).toBe(1);
    expect(codeThrownBy(() => reader.attachSync({ access: 'write' }))).toBe('EACCES');
  });

  test.each(['read', 'copy-on-write'] as const)('cannot resize what is opened to %s', (access) => {
    const shm = shared();
    shm.close(); // nothing is mapped by it that could be cut off
    const reader = adoptShared(SharedMemory.openSync(shm.name, { access }));
    const resize = (size: number) => () => {
      reader.resizeSync(size);
    };
    expect(codeThrownBy(resize(20_000))).toBe('EBADF');
    expect(codeThrownBy(resize(1))).toBe('EINVAL');
    expect(reader.bytes).toHaveLength(8192);
  });

  test('an object that another maker has not finished is EAGAIN, not memory', async () => {
    const name = newName();
    const fd = shm_open(name, O_CREAT | O_RDWR, 0o600);
    try {
      const errors = [
        thrownBy(() => SharedMemory.openSync(name)),
        await rejectionOf(SharedMemory.open(name)),
        thrownBy(() => SharedMemory.openOrCreateSync(name, { size: 1 })),
      ];
      for (const error of errors) {
        expect(error).toBeInstanceOf(SystemError);
        expect(error).toMatchObject({ code: 'EAGAIN', path: name });
        expect(error.message).toContain('has no size');
      }
      truncateSync(`/dev/shm${name}`, 5);
      expect(adoptShared(SharedMemory.openSync(name)).size).toBe(5);
    } finally {
      closeSync(fd);
    }
  });

  test('openers of a name that comes and goes see nothing, or all of it', async () => {
    const name = newName();
    const peer = startNode('shared-memory-maker', [name]);
    await peer.line();
    const seen = new Set<string>();
    // The maker may not run for a while.
    const patience = performance.now() + 60_000;
    const isWhole = (): boolean => seen.has('100000') || performance.now() > patience;
    for (let i = 0; i < 3000 || !isWhole(); i++) {
      try {
        using shm = SharedMemory.openSync(name);
        seen.add(String(shm.size));
      } catch (error) {
        seen.add((error as SystemError).code);
      }
    }
    peer.kill('SIGKILL');
    expect(seen.has('100000')).toBe(true);
    seen.delete('100000');
    seen.delete('ENOENT');
    expect([...seen]).toEqual([]);
  });
});

describe('openOrCreate', () => {
  test('makes, then finds', async () => {
    const name = newName();
    const options = { size: 100, mode: 0o640 };
    const made = adoptShared(SharedMemory.openOrCreateSync(name, options));
    made.bytes.write('x');
    const found = adoptShared(await SharedMemory.openOrCreate(name, { size: 50, mode: 0o600 }));
    expect(found.bytes[0]).toBe(120);
    expect(found.statSync()).toMatchObject({ mode: 0o640, size: 100, name });
    made.unlinkSync();
    const again = adoptShared(await SharedMemory.openOrCreate(name, options));
    expect(again.bytes[0]).toBe(0);
  });

  test('what is there has to be large enough', async () => {
    const { name } = shared(100);
    expect(thrownBy(() => SharedMemory.openOrCreateSync(name, { size: 101 }))).toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining('100 bytes') as string,
    });
    expect(await codeOfRejection(SharedMemory.openOrCreate(name, { size: 101 }))).toBe('EINVAL');
    expect(await codeOfRejection(SharedMemory.openOrCreate('/', { size: 1 }))).toBe(RANGE);
  });
});

describe('attach', () => {
  test('maps windows that outlive the object', async () => {
    const shm = shared(3 * PAGE);
    shm.bytes.set(pattern(3 * PAGE));
    const window = adoptMapping(shm.attachSync({ offset: 5000, length: 10, access: 'read' }));
    const rest = adoptMapping(await shm.attach({ offset: 5000 }));
    shm.close();
    shm.unlinkSync();
    expect(window.bytes.equals(pattern(10, 5000))).toBe(true);
    expect(rest.length).toBe(3 * PAGE - 5000);
    expect([window.access, rest.access]).toEqual(['read', 'write']);
  });

  test.each([[{ offset: 8192 }], [{ length: 8193 }], [{ access: 'some' }]])(
    'refuses %j',
    async (options) => {
      expect(await codeOfRejection(shared().attach(options as never))).toBe(RANGE);
    },
  );
});

describe('resize', () => {
  test('grows and shrinks object and mapping', async () => {
    const shm = shared(PAGE);
    shm.bytes.write('hello');
    const before = shm.bytes;
    await shm.resize(10_000);
    expect(before).toHaveLength(0);
    expect([shm.size, shm.bytes.length, shm.statSync().reserved]).toEqual([10_000, 10_000, 12_288]);
    shm.bytes.fill(1, 5);
    shm.resizeSync(5);
    shm.resizeSync(20_000);
    expect(shm.bytes.toString('latin1', 0, 5)).toBe('hello');
    expect(shm.bytes.subarray(5).equals(Buffer.alloc(19_995))).toBe(true);
    shm.mapping.close();
    await settled(); // memory is given back in a later turn
    shm.resizeSync(3);
    expect(shm.size).toBe(3);
  });

  test('cuts off nothing that this process has mapped, by whatever object', async () => {
    const shm = shared(3 * PAGE);
    const other = adoptShared(SharedMemory.openSync(shm.name, { access: 'read' }));
    shm.bytes.fill(1);
    const error = await rejectionOf(shm.resize(PAGE));
    expect(error).toMatchObject({ code: 'EBUSY', syscall: 'ftruncate', path: shm.name });
    expect(shm.size).toBe(3 * PAGE);
    expect(other.bytes.equals(Buffer.alloc(3 * PAGE, 1))).toBe(true);
    expect(shm.bytes.equals(Buffer.alloc(3 * PAGE, 1))).toBe(true);
    other.close();
    await settled();
    await shm.resize(PAGE);
    expect(shm.size).toBe(PAGE);
  });

  test('what cannot be reserved leaves the size as it was', async () => {
    const shm = shared(PAGE);
    const errors = [
      await rejectionOf(shm.resize(2 ** 50)),
      thrownBy(() => {
        shm.resizeSync(2 ** 50);
      }),
    ];
    for (const error of errors) expect(error).toMatchObject({ code: 'ENOSPC', path: shm.name });
    expect(shm.size).toBe(PAGE);
    expect(shm.bytes).toHaveLength(PAGE);
  });

  test('one at a time: nothing is cut off of what is being reserved', async () => {
    const shm = shared(PAGE);
    const growing = shm.resize(80 << 20);
    expect(await codeOfRejection(shm.resize(PAGE))).toBe('EBUSY');
    expect(
      thrownBy(() => {
        shm.resizeSync(PAGE);
      }),
    ).toMatchObject({ code: 'EBUSY', path: shm.name });
    await growing;
    expect(shm.statSync()).toMatchObject({ size: 80 << 20, reserved: 80 << 20 });
    await shm.resize(PAGE);
    expect(await codeOfRejection(shm.resize(2 ** 50))).toBe('ENOSPC');
    await shm.resize(2 * PAGE);
    expect(shm.bytes).toHaveLength(2 * PAGE);
  });

  test.each([0, -1, 0.5, NaN])('refuses %p', async (size) => {
    expect(await codeOfRejection(shared().resize(size))).toBe(RANGE);
  });
});

describe('the object', () => {
  test('stat tells what the kernel knows', async () => {
    const shm = shared(5000);
    const { uid, gid } = statSync(`/dev/shm${shm.name}`);
    const { changedAt, ...rest } = await shm.stat();
    expect(rest).toEqual({ name: shm.name, size: 5000, reserved: 8192, mode: 0o600, uid, gid });
    expect(Math.abs(changedAt.getTime() - Date.now())).toBeLessThan(60_000);
  });

  test('close lets go, unlink takes the name away', async () => {
    const shm = shared();
    const { bytes, name } = shm;
    shm.close();
    shm.close();
    expect([shm.closed, bytes.length]).toEqual([true, 0]);
    await settled();
    expect(mappingsOf(name)).toBe(0);
    expect(readFileSync(`/dev/shm${name}`)).toHaveLength(8192);
    await SharedMemory.unlink(name.slice(1));
    const gone = { code: 'ENOENT', syscall: 'shm_unlink', path: name };
    expect(await rejectionOf(shm.unlink())).toMatchObject(gone);
    expect(
      thrownBy(() => {
        SharedMemory.unlinkSync(name);
      }),
    ).toMatchObject(gone);
    expect(await codeOfRejection(SharedMemory.unlink(''))).toBe(RANGE);
  });

  test('everything but unlink is ERR_CLOSED after close', async () => {
    const shm = shared();
    await shm[Symbol.asyncDispose]();
    const calls = [
      () => shm.mapping,
      () => shm.buffer,
      () => shm.bytes,
      () => shm.size,
      () => shm.fd,
      () => shm.statSync(),
      () => shm.attachSync(),
      () => {
        shm.resizeSync(1);
      },
    ];
    for (const call of calls) expect(thrownBy(call)).toBeInstanceOf(ClosedError);
    expect(await codeOfRejection(shm.stat())).toBe('ERR_CLOSED');
    expect(await codeOfRejection(shm.resize(1))).toBe('ERR_CLOSED');
    expect(await codeOfRejection(shm.attach())).toBe('ERR_CLOSED');
  });

  test('a using block closes, and the name stays', () => {
    let name: string;
    {
      using shm = shared();
      ({ name } = shm);
    }
    expect(existsSync(`/dev/shm${name}`)).toBe(true);
  });
});
