/** posix-ipc/syscalls: mmap, shm_open, memfd_create and what belongs to them. */

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';

import * as calls from 'posix-ipc/syscalls';
import {
  F_ADD_SEALS,
  F_GET_SEALS,
  F_SEAL_SHRINK,
  fcntl,
  ftruncate,
  MADV_DONTNEED,
  madvise,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  memfd_create,
  MFD_ALLOW_SEALING,
  mincore,
  mlock,
  mmap,
  mprotect,
  mremap,
  MREMAP_MAYMOVE,
  MS_SYNC,
  msync,
  munlock,
  munmap,
  O_CREAT,
  O_RDWR,
  PAGE_SIZE,
  posix_fallocate,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  shm_open,
  shm_unlink,
} from 'posix-ipc/syscalls';

import { pattern, temporaryFile } from '../support/files';
import { adoptMapping } from '../support/mappings';
import { codeThrownBy, thrownBy } from '../support/outcome';
import { adoptName } from '../support/shared-memory';

const BOTH = PROT_READ | PROT_WRITE;
const RANGE = 'ERR_OUT_OF_RANGE';
const TYPE = 'ERR_INVALID_ARG_TYPE';

function page(length = PAGE_SIZE): ReturnType<typeof mmap> {
  return adoptMapping(mmap(null, length, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

test('shm_open, ftruncate, mmap, munmap, shm_unlink: as in C', () => {
  const name = adoptName(`/posix-ipc-test-${randomUUID()}`);
  const fd = shm_open(name, O_CREAT | O_RDWR, 0o600);
  expect(fstatSync(fd).size).toBe(0);
  ftruncate(fd, PAGE_SIZE);
  posix_fallocate(fd, PAGE_SIZE, PAGE_SIZE);
  const first = adoptMapping(mmap(null, 2 * PAGE_SIZE, BOTH, MAP_SHARED, fd, 0));
  const second = adoptMapping(mmap(null, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, PAGE_SIZE));
  closeSync(fd);
  first.bytes.write('hello', PAGE_SIZE);
  expect(second.read(0, 5).toString()).toBe('hello');
  expect(codeThrownBy(() => second.buffer)).toBe('EACCES');
  munmap(first, 2 * PAGE_SIZE);
  expect(first.closed).toBe(true);
  shm_unlink(name);
  expect(existsSync(`/dev/shm${name}`)).toBe(false);
  expect(thrownBy(() => shm_open(name, O_RDWR, 0))).toMatchObject({ code: 'ENOENT', path: name });
  expect(
    thrownBy(() => {
      shm_unlink(name);
    }),
  ).toMatchObject({ code: 'ENOENT', path: name });
});

describe('mmap', () => {
  test('memory beyond the end of a file has no view until the file has grown', () => {
    const fd = openSync(temporaryFile('x'), 'r+');
    const mapping = adoptMapping(mmap(null, 2 * PAGE_SIZE, BOTH, MAP_SHARED, fd, 0));
    expect(codeThrownBy(() => mapping.buffer)).toBe('EACCES');
    expect(codeThrownBy(() => mapping.read(PAGE_SIZE, 1))).toBe('EFAULT');
    ftruncate(fd, 2 * PAGE_SIZE);
    closeSync(fd);
    expect(mapping.bytes).toHaveLength(2 * PAGE_SIZE);
  });

  test('says whom a write reaches, also when the protection was another one meanwhile', () => {
    const fd = openSync(temporaryFile('x'), 'r+');
    for (const [flags, access] of [
      [MAP_SHARED, 'write'],
      [MAP_SHARED_VALIDATE, 'write'],
      [MAP_PRIVATE, 'copy-on-write'],
    ] as const) {
      const mapping = adoptMapping(mmap(null, PAGE_SIZE, BOTH, flags, fd, 0));
      expect(mapping.access).toBe(access);
      mprotect(mapping, PAGE_SIZE, PROT_READ);
      mprotect(mapping, PAGE_SIZE, BOTH);
      expect(mapping.access).toBe(access);
    }
    closeSync(fd);
  });

  test.each([
    [[null, 0, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0], 'EINVAL'],
    [[null, 1, BOTH, MAP_ANONYMOUS, -1, 0], 'EINVAL'],
    [[null, 1, BOTH, MAP_SHARED, 12_345, 0], 'EBADF'],
    [[null, 1, BOTH, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0], RANGE],
    [[null, 1, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, -1], RANGE],
    [[4096, 1, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0], TYPE],
    [[null, '1', BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0], TYPE],
  ])('refuses %j', (args, code) => {
    expect(codeThrownBy(() => mmap(...(args as Parameters<typeof mmap>)))).toBe(code);
  });

  test('an offset inside of a page is EINVAL', () => {
    const fd = openSync(temporaryFile(pattern(9000)), 'r');
    expect(codeThrownBy(() => mmap(null, 1, PROT_READ, MAP_PRIVATE, fd, 1))).toBe('EINVAL');
    closeSync(fd);
  });
});

test('mprotect and mremap are about the whole mapping', () => {
  const mapping = page();
  mapping.bytes.write('hello');
  mprotect(mapping, PAGE_SIZE, PROT_NONE);
  expect(mapping.access).toBe('none');
  mprotect(mapping, PAGE_SIZE, BOTH);
  mremap(mapping, PAGE_SIZE, 3 * PAGE_SIZE, MREMAP_MAYMOVE);
  expect(mapping.bytes.toString('latin1', 0, 5)).toBe('hello');
  expect(mapping.length).toBe(3 * PAGE_SIZE);
  for (const call of [
    () => {
      mprotect(mapping, 1, PROT_READ);
    },
    () => {
      mremap(mapping, 1, 2, MREMAP_MAYMOVE);
    },
    () => {
      mremap(mapping, 3 * PAGE_SIZE, 2, 0);
    },
    () => {
      munmap(mapping, 1);
    },
  ]) {
    expect(codeThrownBy(call)).toBe(RANGE);
  }
  expect(
    codeThrownBy(() => {
      munmap({} as never, 1);
    }),
  ).toBe(TYPE);
});

test('msync, madvise, mlock, munlock and mincore take a length, and an offset', () => {
  const mapping = page(2 * PAGE_SIZE);
  mapping.bytes.fill(1);
  msync(mapping, PAGE_SIZE, MS_SYNC, PAGE_SIZE);
  mlock(mapping, PAGE_SIZE);
  munlock(mapping, PAGE_SIZE);
  madvise(mapping, PAGE_SIZE, MADV_DONTNEED, PAGE_SIZE);
  expect([mapping.bytes[0], mapping.bytes[PAGE_SIZE]]).toEqual([1, 0]);
  const vec = new Uint8Array(2);
  mincore(mapping, 2 * PAGE_SIZE, vec);
  expect((vec[0] ?? 0) & 1).toBe(1);
  const wrong: [() => void, string][] = [
    [
      () => {
        msync(mapping, 1, MS_SYNC, 1);
      },
      'EINVAL',
    ],
    [
      () => {
        msync(mapping, 1, 99);
      },
      'EINVAL',
    ],
    [
      () => {
        madvise(mapping, 1, MADV_DONTNEED, 1);
      },
      'EINVAL',
    ],
    [
      () => {
        madvise(mapping, 1, 100);
      },
      RANGE,
    ],
    [
      () => {
        mincore(mapping, 1, vec, 1);
      },
      'EINVAL',
    ],
    [
      () => {
        mincore(mapping, 2 * PAGE_SIZE, new Uint8Array(1));
      },
      RANGE,
    ],
    [
      () => {
        mlock(mapping, 3 * PAGE_SIZE);
      },
      RANGE,
    ],
  ];
  for (const [call, code] of wrong) expect(codeThrownBy(call)).toBe(code);
});

test('memfd_create and the seals of fcntl', () => {
  const fd = memfd_create('test', MFD_ALLOW_SEALING);
  ftruncate(fd, 100);
  expect(fcntl(fd, F_GET_SEALS)).toBe(0);
  fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
  expect(fcntl(fd, F_GET_SEALS)).toBe(F_SEAL_SHRINK);
  expect(
    codeThrownBy(() => {
      ftruncate(fd, 1);
    }),
  ).toBe('EPERM');
  expect(codeThrownBy(() => fcntl(fd, 1))).toBe('EINVAL');
  expect(codeThrownBy(() => fcntl(12_345, F_GET_SEALS))).toBe('EBADF');
  expect(codeThrownBy(() => memfd_create('test', 1 << 20))).toBe('EINVAL');
  closeSync(fd);
});

test('the constants are numbers', () => {
  const names = Object.keys(calls).filter((name) => /^(PROT|MAP|MS|MADV|MFD|F)_/.test(name));
  expect(names.length).toBeGreaterThan(50);
  for (const name of names) expect(calls[name as 'MAP_SHARED']).toEqual(expect.any(Number));
});
