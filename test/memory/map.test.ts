/** memory.map: windows of files. */

import { closeSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { memory, stream, SystemError, unix } from 'posix-ipc';

import { pattern, temporaryFile } from '../support/files';
import { adoptMapping, anonymous, mapped } from '../support/mappings';
import { mappingsOf, settled } from '../support/maps';
import { codeOfRejection, codeThrownBy, thrownBy } from '../support/outcome';
import { startNode } from '../support/processes';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';

describe('a window', () => {
  const content = pattern(20_000);

  test('is all of the file by default', () => {
    const mapping = mapped(temporaryFile(content));
    expect(mapping.length).toBe(content.length);
    expect(mapping.bytes.equals(content)).toBe(true);
    expect(mapping.buffer.byteLength).toBe(content.length);
  });

  test.each([
    [0, 1],
    [1, 1],
    [4095, 2],
    [4096, 4096],
    [5000, 9000],
    [19_999, 1],
  ])('of any offset: %p, length %p', (offset, length) => {
    const mapping = mapped(temporaryFile(content), { offset, length });
    expect(mapping.length).toBe(length);
    expect(mapping.bytes.equals(content.subarray(offset, offset + length))).toBe(true);
    expect(mapping.read().equals(content.subarray(offset, offset + length))).toBe(true);
  });

  test('reaches to the end where no length is given', () => {
    expect(mapped(temporaryFile(content), { offset: 5001 }).length).toBe(14_999);
  });

  test.each([
    [{ offset: 20_000 }],
    [{ offset: 20_001 }],
    [{ length: 20_001 }],
    [{ offset: 19_999, length: 2 }],
    [{ length: 0 }],
    [{ offset: -1 }],
    [{ offset: 0.5 }],
    [{ access: 'none' as never }],
    [{ hugePages: 'some' as never }],
  ])('refuses %j', (options) => {
    const file = temporaryFile(content);
    expect(codeThrownBy(() => memory.mapSync(file, options))).toBe(RANGE);
    expect(mappingsOf(file)).toBe(0);
  });

  test.each([[{ offset: '1' }], [{ length: null }], [{ access: 1 }], [{ populate: 1 }], [null]])(
    'refuses %j as no options',
    (options) => {
      const file = temporaryFile(content);
      expect(codeThrownBy(() => memory.mapSync(file, options as never))).toBe(TYPE);
    },
  );

  test('an empty file has none', () => {
    expect(codeThrownBy(() => memory.mapSync(temporaryFile('')))).toBe(RANGE);
  });

  test('promise: the same', async () => {
    const file = temporaryFile(content);
    const mapping = await memory.map(file, { offset: 3, length: 4, populate: true });
    adoptMapping(mapping);
    expect(mapping.bytes.equals(content.subarray(3, 7))).toBe(true);
    expect(await codeOfRejection(memory.map(file, { offset: 20_000 }))).toBe(RANGE);
  });
});

describe('the file', () => {
  test('is named by a path, a URL or a descriptor, which may be closed afterwards', () => {
    const file = temporaryFile('content');
    const fd = openSync(file, 'r');
    const byDescriptor = mapped(fd);
    closeSync(fd);
    for (const mapping of [mapped(file), mapped(pathToFileURL(file)), byDescriptor]) {
      expect(mapping.bytes.toString()).toBe('content');
    }
  });

  test.each([
    ['ENOENT', '/nowhere/at all'],
    ['ENODEV', '/proc/self/fd'],
    ['EBADF', 12_345],
  ])('%s', (code, file) => {
    const options = typeof file === 'string' ? { length: 1 } : undefined;
    const error = thrownBy(() => memory.mapSync(file, options));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code });
    expect((error as { path?: string }).path).toBe(typeof file === 'string' ? file : undefined);
  });

  test('a directory, a FIFO and a socket are not mapped, whatever the length', () => {
    const fifo = `${temporaryFile('')}.fifo`;
    const server = unix.StreamServer.createSync(unix.autobind);
    stream.mkfifoSync(fifo);
    const keeper = stream.Fifo.openSync(fifo).openReaderSync({ keepOpen: true });
    try {
      for (const file of ['/', fifo, keeper.fd, server.fd]) {
        for (const options of [undefined, { length: 1 }, { offset: 1 }]) {
          expect(codeThrownBy(() => memory.mapSync(file, options))).toBe('ENODEV');
        }
      }
    } finally {
      keeper.close();
      server.close();
      stream.Fifo.unlinkSync(fifo);
    }
  });

  test('a device needs a length', () => {
    expect(codeThrownBy(() => memory.mapSync('/dev/zero'))).toBe(RANGE);
    expect(mapped('/dev/zero', { length: 5 }).bytes.equals(Buffer.alloc(5))).toBe(true);
  });

  test.each([undefined, null, {}, true, Symbol('s')])('is not %p', (file) => {
    expect(codeThrownBy(() => memory.mapSync(file as never))).toBe(TYPE);
  });

  test.each([-1, 0.5, 2 ** 31, NaN])('is not descriptor %p', (fd) => {
    expect(codeThrownBy(() => memory.mapSync(fd))).toBe(RANGE);
  });
});

describe('access', () => {
  test('write: changes the file, for all who map it', () => {
    const file = temporaryFile('hello');
    const mapping = mapped(file, { access: 'write' });
    const other = mapped(file, { access: 'write' });
    mapping.bytes.write('J');
    expect(other.bytes.toString()).toBe('Jello');
    mapping.syncSync();
    expect(readFileSync(file, 'utf8')).toBe('Jello');
    expect(mapping.access).toBe('write');
  });

  test.each(['read', 'copy-on-write', undefined] as const)(
    '%p: shows the file; what is written stays here',
    (access) => {
      const file = temporaryFile(pattern(8192));
      const reader = mapped(file, { access });
      const writer = mapped(file, { access: 'write' });
      expect(reader.access).toBe(access ?? 'read');
      writer.bytes[1] = 99;
      expect(reader.bytes[1]).toBe(99);
      reader.bytes[0] = 55; // would end the process if the memory were what it seems
      expect(reader.bytes[0]).toBe(55);
      expect(writer.bytes[0]).toBe(0);
      expect(readFileSync(file)[0]).toBe(0);
      // That page is now this process's own, the other follows on.
      writer.bytes[1] = 100;
      writer.bytes[5000] = 100;
      expect([reader.bytes[1], reader.bytes[5000]]).toEqual([99, 100]);
    },
  );

  test('read: goes on following the file after populate and lock', async () => {
    const file = temporaryFile(pattern(8192));
    const reader = mapped(file, { populate: true });
    await reader.lock();
    reader.lockSync();
    expect(reader.residencySync().resident).toBe(2);
    const writer = mapped(file, { access: 'write' });
    writer.bytes[5000] = 77;
    expect(reader.bytes[5000]).toBe(77);
  });

  test('read: dont-need drops what was written by mistake', () => {
    const file = temporaryFile('hello');
    const reader = mapped(file);
    reader.bytes.write('J');
    reader.adviseSync('dont-need');
    expect(reader.bytes.toString()).toBe('Jello'); // not a whole page
    const whole = mapped(temporaryFile(Buffer.alloc(4096, 'a')));
    whole.bytes.write('J');
    whole.adviseSync('dont-need');
    expect(whole.bytes[0]).toBe(97);
  });

  test('write needs a descriptor that may write', () => {
    const fd = openSync(temporaryFile('hello'), 'r');
    try {
      expect(codeThrownBy(() => memory.mapSync(fd, { access: 'write' }))).toBe('EACCES');
      expect(mapped(fd).bytes.toString()).toBe('hello');
    } finally {
      closeSync(fd);
    }
  });
});

describe('a file that becomes shorter', () => {
  test('is EFAULT for what copies', () => {
    const file = temporaryFile(pattern(12_288));
    const mapping = mapped(file, { access: 'write' });
    truncateSync(file, 4096);
    expect(mapping.read(0, 4096).equals(pattern(4096))).toBe(true);
    for (const call of [
      () => mapping.read(),
      () => mapping.read(8192, 1),
      () => mapping.readInto(Buffer.alloc(10), 4090),
      () => mapping.write('x', 4096),
      () => mapping.write(Buffer.alloc(12_288)),
    ]) {
      expect(thrownBy(call)).toMatchObject({ code: 'EFAULT', path: file });
    }
  });
});

describe('anonymous memory', () => {
  test('is zero, private by default, and as long as asked', async () => {
    const shared = anonymous(10, { shared: true, populate: true });
    const own = adoptMapping(await memory.mapAnonymous({ length: 5000, populate: true }));
    expect([...shared.bytes]).toEqual(Array.from({ length: 10 }, () => 0));
    expect(own.length).toBe(5000);
    expect(own.residencySync().resident).toBe(2);
    own.bytes.fill(1);
    expect(own.bytes[4999]).toBe(1);
  });

  test.each([undefined, {}, { length: '1' }, { length: 1, shared: 1 }])('refuses %j', (options) => {
    expect(codeThrownBy(() => memory.mapAnonymousSync(options as never))).toBe(TYPE);
  });

  test.each([0, -1, 0.5, 2 ** 53])('refuses the length %p', (length) => {
    expect(codeThrownBy(() => memory.mapAnonymousSync({ length }))).toBe(RANGE);
  });

  test('what is not there to be had is ENOMEM, with the limits', async () => {
    const length = 2 ** 50;
    expect(thrownBy(() => memory.mapAnonymousSync({ length }))).toMatchObject({
      code: 'ENOMEM',
      message: expect.stringContaining('vm.max_map_count') as string,
    });
    expect(await codeOfRejection(memory.mapAnonymous({ length }))).toBe('ENOMEM');
  });

  test('huge pages: transparent ones, or those of the pool', () => {
    const mapping = anonymous(4 << 20, { hugePages: 'transparent' });
    mapping.bytes.fill(1);
    const pool = Number(/HugePages_Free:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
    let outcome = 'made';
    try {
      anonymous(100, { hugePages: 'reserved' });
    } catch (error) {
      outcome = (error as Error).message;
    }
    expect(outcome).toMatch(pool > 0 ? /made/ : /ENOMEM.*vm\.nr_hugepages/);
  });
});

test('nothing is left after close', async () => {
  const file = temporaryFile(pattern(10_000));
  const mapping = memory.mapSync(file);
  const { bytes } = mapping;
  expect(mappingsOf(file)).toBe(1);
  mapping.close();
  expect(bytes).toHaveLength(0);
  await settled();
  expect(mappingsOf(file)).toBe(0);
});

test('in a worker: descriptors that Node knows nothing of are no warnings', async () => {
  const peer = startNode('memory-in-worker', [temporaryFile('hello')]);
  expect(await peer.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
});
