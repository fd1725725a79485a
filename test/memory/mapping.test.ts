/** memory.Mapping: what can be done with mapped memory. */

import { readFileSync, truncateSync } from 'node:fs';

import { ClosedError, event, memory } from 'posix-ipc';

import { collectGarbage } from '../support/collect-garbage';
import { pattern, temporaryFile } from '../support/files';
import { isSanitized, testIf } from '../support/machine';
import { anonymous, mapped } from '../support/mappings';
import { mappingsOf, settled } from '../support/maps';
import { codeOfRejection, codeThrownBy, thrownBy } from '../support/outcome';
import { waitUntil } from '../support/wait-until';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';
const PAGE = 4096;

const writable = { access: 'write' } as const;

describe('views', () => {
  test('buffer and bytes are one memory, and the same objects each time', () => {
    const mapping = anonymous(100);
    expect(mapping.buffer).toBe(mapping.buffer);
    expect(mapping.bytes).toBe(mapping.bytes);
    expect(mapping.bytes.buffer).toBe(mapping.buffer);
    new Uint8Array(mapping.buffer)[5] = 9;
    expect(mapping.bytes[5]).toBe(9);
  });

  test('view makes typed arrays and DataViews of parts', () => {
    const mapping = anonymous(100);
    mapping.bytes.writeInt32LE(77, 8);
    expect(mapping.view(Int32Array)).toHaveLength(25);
    expect(mapping.view(Int32Array, 8, 1)).toEqual(new Int32Array([77]));
    expect(mapping.view(Float64Array)).toHaveLength(12);
    expect(mapping.view(BigInt64Array, 8)[0]).toBe(77n);
    expect(mapping.view(DataView, 7).byteLength).toBe(93);
    expect(mapping.view(DataView, 7, 5).getInt32(1, true)).toBe(77);
    expect(mapping.view(Uint8Array, 100)).toHaveLength(0);
  });

  test.each([
    [Int32Array, 2, undefined],
    [Int32Array, 104, undefined],
    [Int32Array, 0, 26],
    [Uint8Array, -1, undefined],
    [DataView, 50, 51],
  ])('view refuses %p at %p, length %p', (type, offset, length) => {
    const mapping = anonymous(100);
    const any = type as typeof Uint8Array;
    expect(codeThrownBy(() => mapping.view(any, offset, length))).toBe(RANGE);
  });

  test.each([undefined, null, 'Int32Array', {}, Date, () => 1])(
    'view refuses %p as a class',
    (type) => {
      expect(codeThrownBy(() => anonymous(10).view(type as never))).toBe(TYPE);
    },
  );

  test('Atomics work on them', () => {
    const words = anonymous(64).view(Int32Array);
    expect(Atomics.add(words, 3, 5)).toBe(0);
    expect(Atomics.compareExchange(words, 3, 5, 6)).toBe(5);
    expect(Atomics.load(words, 3)).toBe(6);
  });

  test('the memory counts as external, once, as long as there is a buffer', () => {
    collectGarbage(); // what was before may go still, a little later: it is little beside this
    const before = process.memoryUsage().external;
    const size = 500 << 20;
    const grown = (): number => (process.memoryUsage().external - before) / size;
    const mapping = anonymous(size);
    expect(grown()).toBeLessThan(0.1);
    expect(mapping.buffer.byteLength).toBe(size);
    expect(grown()).toBeGreaterThan(0.8);
    expect(grown()).toBeLessThan(1.2);
    mapping.close();
    expect(grown()).toBeLessThan(0.1);
  });
});

describe('read, readInto and write', () => {
  const content = pattern(10_000);

  test('copy from and to any place', () => {
    const mapping = mapped(temporaryFile(content), { ...writable, offset: 3 });
    const copy = mapping.read(5000, 100);
    expect(copy.equals(content.subarray(5003, 5103))).toBe(true);
    copy.fill(0);
    expect(mapping.bytes[5000]).toBe(content[5003]);
    const into = new Uint16Array(8);
    expect(mapping.readInto(into, 9981)).toBe(16);
    expect(Buffer.from(into.buffer).equals(content.subarray(9984))).toBe(true);
    expect(mapping.write('häh', 9993)).toBe(4);
    expect(mapping.read(9993).toString()).toBe('häh');
    expect(mapping.write(new Float64Array([1]), 0)).toBe(8);
    expect(mapping.view(Float64Array, 0, 1)[0]).toBe(1);
    expect(mapping.write('', 9997)).toBe(0);
    expect(mapping.read(9997)).toHaveLength(0);
  });

  test('refuse what lies outside', () => {
    const mapping = anonymous(10);
    for (const call of [
      () => mapping.read(11),
      () => mapping.read(0, 11),
      () => mapping.read(-1),
      () => mapping.readInto(Buffer.alloc(3), 8),
      () => mapping.readInto(Buffer.alloc(1), 11),
      () => mapping.write('abc', 8),
      () => mapping.write('', 11),
    ]) {
      expect(codeThrownBy(call)).toBe(RANGE);
    }
    expect(codeThrownBy(() => mapping.readInto('x' as never))).toBe(TYPE);
    expect(codeThrownBy(() => mapping.write(5 as never))).toBe(TYPE);
    expect(codeThrownBy(() => mapping.read('0' as never))).toBe(TYPE);
  });
});

describe('protect', () => {
  test('none and read take the view away, write gives a new one', async () => {
    const mapping = mapped(temporaryFile('hello'), writable);
    const { bytes } = mapping;
    for (const access of ['read', 'none', 'read'] as const) {
      mapping.protectSync(access);
      expect(mapping.access).toBe(access);
      expect(bytes).toHaveLength(0);
      expect(thrownBy(() => mapping.buffer)).toMatchObject({ code: 'EACCES', syscall: 'mmap' });
      expect(codeThrownBy(() => mapping.write('J'))).toBe('EFAULT');
    }
    expect(mapping.read().toString()).toBe('hello');
    await mapping.protect('none');
    expect(codeThrownBy(() => mapping.read())).toBe('EFAULT');
    await mapping.protect('write');
    mapping.bytes.write('J');
    expect(mapping.read().toString()).toBe('Jello');
    mapping.protectSync('write');
    expect(mapping.bytes).toHaveLength(5);
  });

  test.each(['read', 'copy-on-write'] as const)('of a %s mapping reaches nobody', (access) => {
    const file = temporaryFile('hello');
    const mapping = mapped(file, { access });
    mapping.protectSync('read');
    expect(mapping.access).toBe('read');
    mapping.protectSync('write');
    expect(mapping.access).toBe('copy-on-write');
    mapping.bytes.write('J');
    expect(readFileSync(file, 'utf8')).toBe('hello');
    expect(codeThrownBy(() => new event.Futex(mapping))).toBe(RANGE);
  });

  test.each([
    ['execute', RANGE],
    ['copy-on-write', RANGE],
    [3, TYPE],
    [undefined, TYPE],
  ])('refuses %p', async (access, code) => {
    const mapping = anonymous(PAGE);
    expect(await codeOfRejection(mapping.protect(access as never))).toBe(code);
    expect(mapping.bytes).toHaveLength(PAGE);
  });
});

describe('resize', () => {
  test('grows and shrinks; old views are empty, the content stays', async () => {
    const mapping = anonymous(10);
    mapping.bytes.write('hello');
    const before = mapping.bytes;
    await mapping.resize(1 << 20);
    expect(before).toHaveLength(0);
    expect(mapping.length).toBe(1 << 20);
    expect(mapping.bytes.toString('latin1', 0, 5)).toBe('hello');
    mapping.bytes.fill(1);
    mapping.resizeSync(5);
    expect(mapping.bytes).toHaveLength(5);
    mapping.resizeSync(5);
    expect([...mapping.bytes]).toEqual([1, 1, 1, 1, 1]);
  });

  test('goes as far as the file does', () => {
    const file = temporaryFile(pattern(3 * PAGE));
    const mapping = mapped(file, { ...writable, offset: 10, length: 10 });
    mapping.resizeSync(3 * PAGE - 10);
    expect(mapping.bytes.equals(pattern(3 * PAGE).subarray(10))).toBe(true);
    expect(
      codeThrownBy(() => {
        mapping.resizeSync(4 * PAGE);
      }),
    ).toBe(RANGE);
    expect(mapping.length).toBe(3 * PAGE - 10);
    expect(mapping.bytes.equals(pattern(3 * PAGE).subarray(10))).toBe(true);
    truncateSync(file, 5 * PAGE);
    mapping.resizeSync(4 * PAGE);
    expect(mapping.bytes[4 * PAGE - 1]).toBe(0);
  });

  test('shared anonymous memory cannot grow', () => {
    const mapping = anonymous(PAGE, { shared: true });
    expect(
      codeThrownBy(() => {
        mapping.resizeSync(2 * PAGE);
      }),
    ).toBe(RANGE);
    mapping.bytes.fill(1);
    expect(mapping.length).toBe(PAGE);
  });

  /** `change` is called for a part first, then to make all alike. */
  function expectGrowthOfAlike(
    change: (mapping: memory.Mapping, range?: memory.MappingRange) => void,
  ): void {
    const mapping = anonymous(3 * PAGE);
    change(mapping, { offset: PAGE, length: PAGE });
    expect(() => {
      mapping.resizeSync(4 * PAGE);
    }).toThrow(/^EFAULT: .*, mremap \(a part of the memory was advised or locked/);
    expect(mapping.bytes).toHaveLength(3 * PAGE);
    change(mapping);
    mapping.resizeSync(4 * PAGE);
    expect(mapping.bytes).toHaveLength(4 * PAGE);
  }

  test('memory of which a part was advised does not grow until all is alike', () => {
    expectGrowthOfAlike((mapping, range) => {
      mapping.adviseSync('dont-dump', range);
    });
  });

  testIf(!isSanitized, 'the sanitizer makes nothing of munlock')(
    'memory of which a part was locked does not grow until all is alike',
    () => {
      expectGrowthOfAlike((mapping, range) => {
        if (range === undefined) mapping.unlockSync();
        else mapping.lockSync(range);
      });
    },
  );

  test.each([
    [0, RANGE],
    [-1, RANGE],
    [2 ** 53, RANGE],
    ['1', TYPE],
    [undefined, TYPE],
  ])('refuses %p', async (length, code) => {
    const mapping = anonymous(PAGE);
    expect(await codeOfRejection(mapping.resize(length as never))).toBe(code);
  });

  test('needs read access, to see what is there; too much is ENOMEM', () => {
    const mapping = anonymous(PAGE);
    const error = thrownBy(() => {
      mapping.resizeSync(2 ** 46);
    });
    expect(error).toMatchObject({
      code: 'ENOMEM',
      message: expect.stringContaining('vm.max_map_count') as string,
    });
    expect(mapping.bytes).toHaveLength(PAGE);
    mapping.protectSync('none');
    expect(
      codeThrownBy(() => {
        mapping.resizeSync(2 * PAGE);
      }),
    ).toBe('EACCES');
  });
});

describe('close', () => {
  test('empties every view at once, is idempotent, and frees the memory', async () => {
    const file = temporaryFile(pattern(10_000));
    const mapping = mapped(file, writable);
    const views = [mapping.bytes, mapping.view(Int32Array, 4), mapping.view(Uint8Array)];
    expect(mapping.closed).toBe(false);
    mapping.close();
    mapping.close();
    expect(mapping.closed).toBe(true);
    expect(mapping.length).toBe(0);
    expect(views.map((view) => view.length)).toEqual([0, 0, 0]);
    expect(views[0]?.[5]).toBeUndefined();
    await settled();
    expect(mappingsOf(file)).toBe(0);
  });

  test('a using block closes', async () => {
    let first: memory.Mapping;
    {
      using mapping = memory.mapAnonymousSync({ length: 1 });
      first = mapping;
    }
    const second = memory.mapAnonymousSync({ length: 1 });
    await second[Symbol.asyncDispose]();
    expect([first.closed, second.closed]).toEqual([true, true]);
  });

  test('everything else is ERR_CLOSED afterwards', async () => {
    const mapping = anonymous(PAGE);
    mapping.close();
    const calls: (() => unknown)[] = [
      () => mapping.buffer,
      () => mapping.bytes,
      () => mapping.view(Uint8Array),
      () => mapping.read(),
      () => mapping.readInto(Buffer.alloc(0)),
      () => mapping.write(''),
      () => {
        mapping.syncSync();
      },
      () => {
        mapping.adviseSync('normal');
      },
      () => {
        mapping.lockSync();
      },
      () => {
        mapping.unlockSync();
      },
      () => mapping.residencySync(),
      () => {
        mapping.protectSync('read');
      },
      () => {
        mapping.resizeSync(1);
      },
    ];
    for (const call of calls) expect(thrownBy(call)).toBeInstanceOf(ClosedError);
    const promises = [mapping.sync(), mapping.advise('normal'), mapping.lock(), mapping.unlock()];
    promises.push(
      mapping.protect('read'),
      mapping.resize(1),
      mapping.residency().then(() => undefined),
    );
    const codes = await Promise.all(promises.map(codeOfRejection));
    expect(new Set(codes)).toEqual(new Set(['ERR_CLOSED']));
  });

  test('one that is dropped goes with its buffer, not before', async () => {
    const file = temporaryFile(pattern(10_000));
    const buffers = [memory.mapSync(file).buffer];
    const collected = async (): Promise<void> => {
      collectGarbage();
      await settled();
    };
    const whole = (): boolean =>
      buffers.every((buffer) => Buffer.from(buffer).equals(pattern(10_000)));
    for (let i = 0; i < 3; i++) await collected();
    expect(mappingsOf(file)).toBe(1);
    expect(whole()).toBe(true);
    buffers.length = 0;
    await waitUntil('the memory is gone', async () => {
      await collected();
      return mappingsOf(file) === 0;
    });
    expect(mappingsOf(file)).toBe(0);
  });
});

test('a Mapping cannot be made by hand, nor its methods be borrowed', () => {
  const { prototype } = memory.Mapping;
  const borrowed = Object.create(prototype) as memory.Mapping;
  expect(() => borrowed.bytes).toThrow(TypeError);
  expect(() => borrowed.read()).toThrow(TypeError);
});
