/** memory.memfd: files in memory, and seals. */

import { spawnSync } from 'node:child_process';
import { existsSync, fstatSync } from 'node:fs';
import path from 'node:path';

import { ClosedError, memory, stream } from 'posix-ipc';

import { pattern } from '../support/files';
import { testIf } from '../support/machine';
import { adoptMapping } from '../support/mappings';
import { codeOfRejection, codeThrownBy, thrownBy } from '../support/outcome';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';

const opened = new Set<memory.Memfd>();

afterEach(() => {
  for (const file of opened) file.close();
  opened.clear();
});

function memfd(options?: memory.MemfdOptions): memory.Memfd {
  const file = memory.memfdSync('test', options);
  opened.add(file);
  return file;
}

describe('memfd', () => {
  test('has a size, zeroes, and is sealed against shrinking', async () => {
    const promised = await memory.memfd('test', { size: 10_000 });
    opened.add(promised);
    const large = await memory.memfd('test', { size: 3 << 20 });
    opened.add(large);
    expect([promised.size, large.size, memfd().size]).toEqual([10_000, 3 << 20, 0]);
    expect([promised.seals, memfd().seals]).toEqual([['shrink'], []]);
    const mapping = adoptMapping(promised.mapSync());
    expect(mapping.bytes.equals(Buffer.alloc(10_000))).toBe(true);
    expect(mapping.access).toBe('write');
    for (const call of [promised.resize(5), promised.resize(0)]) {
      expect(await codeOfRejection(call)).toBe('EPERM');
    }
  });

  test('seals are added, and hold', () => {
    const file = memfd({ size: 100, seals: ['shrink', 'grow'] });
    expect(file.seals).toEqual(['shrink', 'grow']);
    expect(
      thrownBy(() => {
        file.resizeSync(200);
      }),
    ).toMatchObject({ code: 'EPERM' });
    const mapping = adoptMapping(file.mapSync());
    mapping.bytes.write('hello');
    expect(
      thrownBy(() => {
        file.seal('write');
      }),
    ).toMatchObject({
      code: 'EBUSY',
      syscall: 'fcntl',
      message: expect.stringContaining('whose memory goes in a later turn') as string,
    });
    file.seal('future-write');
    mapping.bytes.write('J');
    expect(codeThrownBy(() => file.mapSync())).toBe('EPERM');
    const reader = adoptMapping(file.mapSync({ access: 'read', length: 5 }));
    expect(reader.bytes.toString()).toBe('Jello');
    file.seal('seal');
    expect(
      thrownBy(() => {
        file.seal('write');
      }),
    ).toMatchObject({ code: 'EPERM' });
    expect(file.seals).toEqual(['seal', 'shrink', 'grow', 'future-write']);
  });

  test('a child gets it through stdio, and cannot cut it', () => {
    const file = memfd({ size: 8192 });
    const mapping = adoptMapping(file.mapSync());
    mapping.bytes.set(pattern(8192));
    const entry = path.resolve(__dirname, '../../dist/index.js');
    const program = `
      const { memory } = require(${JSON.stringify(entry)});
      const file = memory.Memfd.fromFdSync(3);
      const mapping = file.mapSync();
      let code; try { file.resizeSync(1) } catch (error) { code = error.code }
      console.log(JSON.stringify({ code, seals: file.seals, sum: mapping.bytes.reduce((a, b) => a + b) }));
      mapping.bytes.reverse();
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--eval', program], {
      stdio: ['ignore', 'pipe', 'pipe', file.fd],
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const sum = pattern(8192).reduce((a, b) => a + b);
    expect(JSON.parse(stdout)).toEqual({ code: 'EPERM', seals: ['shrink'], sum });
    expect(mapping.bytes.equals(pattern(8192).reverse())).toBe(true);
  });

  test('grows, and shrinks where it is not sealed', async () => {
    const file = memfd({ size: 100, seals: [] });
    file.resizeSync(5000);
    await file.resize(3 << 20);
    expect(file.size).toBe(3 << 20);
    file.resizeSync(1);
    expect(file.size).toBe(1);
  });

  test('nothing is cut off that this process has mapped: a touch would end it', async () => {
    const file = memfd({ size: 3 * 4096, seals: [] });
    const mapping = adoptMapping(file.mapSync({ length: 2 * 4096 }));
    await file.resize(2 * 4096);
    const message =
      /^EBUSY: .*, ftruncate 'test' \(this process has mapped what would be cut off\)$/;
    expect(() => {
      file.resizeSync(4096);
    }).toThrow(message);
    await expect(file.resize(0)).rejects.toThrow(message);
    expect([file.size, mapping.read(4096, 1)[0]]).toEqual([2 * 4096, 0]);
    mapping.close(); // it had no view, so nothing holds it up
    await file.resize(1);
    expect(file.size).toBe(1);
  });

  test('one resize at a time: nothing is cut off of what is being reserved', async () => {
    const file = memfd({ seals: [] });
    const growing = file.resize(80 << 20);
    expect(await codeOfRejection(file.resize(1))).toBe('EBUSY');
    expect(
      codeThrownBy(() => {
        file.resizeSync(1);
      }),
    ).toBe('EBUSY');
    await growing;
    expect(fstatSync(file.fd)).toMatchObject({ size: 80 << 20, blocks: (80 << 20) / 512 });
    await file.resize(1);
    expect(file.size).toBe(1);
  });

  test('more than there is, is ENOMEM', async () => {
    expect(codeThrownBy(() => memory.memfdSync('test', { size: 2 ** 45 }))).toBe('ENOMEM');
    expect(await codeOfRejection(memory.memfd('test', { size: 2 ** 45 }))).toBe('ENOMEM');
    expect(await codeOfRejection(memfd().resize(2 ** 45))).toBe('ENOMEM');
  });

  testIf(existsSync('/sys/kernel/mm/hugepages'), 'there are no huge pages')(
    'more huge pages than there are: the hint names their pool, when it grows too',
    async () => {
      using file = memory.memfdSync('huge', { hugePages: 'reserved' });
      using copy = memory.Memfd.fromFdSync(file.fd, { own: false });
      for (const one of [file, copy]) {
        await expect(one.resize(2 ** 45)).rejects.toThrow('vm.nr_hugepages');
      }
    },
  );

  test('fromFd takes over memfds only', async () => {
    expect(codeThrownBy(() => memory.Memfd.fromFdSync(12_345))).toBe('EBADF');
    const { reader, writer } = stream.pipeSync();
    expect(() => memory.Memfd.fromFdSync(reader.fd)).toThrow(
      `EINVAL: invalid argument, fcntl fd ${String(reader.fd)} (it is no memfd)`,
    );
    reader.close();
    writer.close();
    expect(await codeOfRejection(memory.Memfd.fromFd(-1))).toBe(RANGE);
  });

  test('fromFd refuses what another object closes, and has a copy of it with own: false', async () => {
    const file = memfd({ size: 100 });
    expect(codeThrownBy(() => memory.Memfd.fromFdSync(file.fd))).toBe(RANGE);
    const own = 1 as never;
    expect(codeThrownBy(() => memory.Memfd.fromFdSync(file.fd, { own }))).toBe(TYPE);
    using copy = await memory.Memfd.fromFd(file.fd, { own: false });
    expect(copy.fd).not.toBe(file.fd);
    file.close();
    expect(copy.size).toBe(100);
  });

  test.each([
    [1, undefined, TYPE],
    ['a\0b', undefined, RANGE],
    ['x'.repeat(250), undefined, 'EINVAL'],
    ['x', { size: -1 }, RANGE],
    ['x', { size: '1' }, TYPE],
    ['x', { seals: ['all'] }, RANGE],
    ['x', { seals: 'shrink' }, TYPE],
    ['x', { hugePages: 'transparent' }, RANGE],
  ])('refuses %j, %j', async (name, options, code) => {
    const args = [name, options] as unknown as Parameters<typeof memory.memfd>;
    expect(codeThrownBy(() => memory.memfdSync(...args))).toBe(code);
    expect(await codeOfRejection(memory.memfd(...args))).toBe(code);
  });

  test('close is idempotent; mappings outlive it', async () => {
    const file = memfd({ size: 10 });
    const mapping = adoptMapping(await file.map({ offset: 2, length: 3 }));
    await file[Symbol.asyncDispose]();
    file.close();
    expect(file.closed).toBe(true);
    expect(mapping.bytes).toHaveLength(3);
    expect(thrownBy(() => file.fd)).toBeInstanceOf(ClosedError);
    expect(codeThrownBy(() => file.seals)).toBe('ERR_CLOSED');
    expect(await codeOfRejection(file.map())).toBe('ERR_CLOSED');
  });
});
