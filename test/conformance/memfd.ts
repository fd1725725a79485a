/** Rows of memfd_create and of seals. No suite has them in this form. */

import { openSync, writeSync } from 'node:fs';

import { memory } from 'posix-ipc';
import {
  F_ADD_SEALS,
  F_GET_SEALS,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  fcntl,
  ftruncate,
  MAP_PRIVATE,
  MAP_SHARED,
  memfd_create,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  posix_fallocate,
} from 'posix-ipc/syscalls';

import { adoptMapping } from '../support/mappings';
import { adoptDescriptor } from './descriptors';
import { BOTH, mapOf, PAGE, textOf } from './files';
import { absent, different, type Row } from './row';

const opened = new Set<memory.Memfd>();

afterEach(() => {
  for (const file of opened) file.close();
  opened.clear();
});

function memfd(flags: number, seals: number): number {
  const fd = adoptDescriptor(memfd_create('conformance', flags | MFD_CLOEXEC));
  ftruncate(fd, PAGE);
  if (seals !== 0) fcntl(fd, F_ADD_SEALS, seals);
  return fd;
}

function sealed(seals: number): number {
  return memfd(MFD_ALLOW_SEALING, seals);
}

function object(...seals: memory.Seal[]): memory.Memfd {
  const file = memory.memfdSync('conformance', { size: PAGE, seals });
  opened.add(file);
  return file;
}

function mapped(file: memory.Memfd, options?: memory.WindowOptions): memory.Mapping {
  return adoptMapping(file.mapSync(options));
}

const always = absent('those that the class makes can be sealed');

interface Sealing {
  what: string;
  expected: string;
  c: string;
}

/** Something is tried with a memfd that is sealed. */
function tried(
  row: Sealing,
  [number, seal]: [number: number, seal: memory.Seal],
  sync: (fd: number) => unknown,
  promise: Row['promise'] | ((file: memory.Memfd) => unknown),
): Row {
  const run = typeof promise === 'function' ? () => promise(object(seal)) : promise;
  return { id: 'own', ...row, sync: () => sync(sealed(number)), promise: run };
}

const shrink: [number, memory.Seal] = [F_SEAL_SHRINK, 'shrink'];
const grow: [number, memory.Seal] = [F_SEAL_GROW, 'grow'];
const write: [number, memory.Seal] = [F_SEAL_WRITE, 'write'];
const future: [number, memory.Seal] = [F_SEAL_FUTURE_WRITE, 'future-write'];

function resized(size: number): (fd: number) => void {
  return (fd) => {
    ftruncate(fd, size);
  };
}

const sizes: Row[] = [
  tried(
    { what: 'F_SEAL_SHRINK: it cannot become shorter', expected: 'EPERM', c: 'memfd-shrink' },
    shrink,
    resized(0),
    (file) => file.resize(0),
  ),
  tried(
    { what: 'F_SEAL_SHRINK: it can become longer', expected: 'done', c: 'memfd-shrink-grows' },
    shrink,
    resized(2 * PAGE),
    (file) => file.resize(2 * PAGE),
  ),
  tried(
    { what: 'F_SEAL_GROW: it cannot become longer', expected: 'EPERM', c: 'memfd-grow' },
    grow,
    resized(2 * PAGE),
    (file) => file.resize(2 * PAGE),
  ),
  tried(
    { what: 'F_SEAL_GROW: it can become shorter', expected: 'done', c: 'memfd-grow-shrinks' },
    grow,
    resized(0),
    (file) => file.resize(0),
  ),
  tried(
    {
      what: 'F_SEAL_GROW: posix_fallocate cannot make it longer',
      expected: 'EPERM',
      c: 'memfd-grow-allocates',
    },
    grow,
    (fd) => {
      posix_fallocate(fd, 0, 2 * PAGE);
    },
    absent('resize is posix_fallocate'),
  ),
];

const writes: Row[] = [
  tried(
    {
      what: 'F_SEAL_WRITE: it cannot be mapped to be written',
      expected: 'EPERM',
      c: 'memfd-write-maps',
    },
    write,
    (fd) => mapOf(fd, BOTH, MAP_SHARED),
    (file) => mapped(file),
  ),
  tried(
    {
      what: 'F_SEAL_WRITE: it can be mapped with MAP_PRIVATE',
      expected: 'done',
      c: 'memfd-write-maps-private',
    },
    write,
    (fd) => {
      mapOf(fd, BOTH, MAP_PRIVATE);
    },
    (file) => {
      mapped(file, { access: 'copy-on-write' });
    },
  ),
  tried(
    { what: 'F_SEAL_WRITE: it cannot be written', expected: 'EPERM', c: 'memfd-write-writes' },
    write,
    (fd) => writeSync(fd, 'x'),
    (file) => writeSync(file.fd, 'x'),
  ),
  tried(
    {
      what: 'F_SEAL_WRITE while it is mapped to be written',
      expected: 'EBUSY',
      c: 'memfd-write-busy',
    },
    shrink,
    (fd) => {
      mapOf(fd);
      fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
    },
    (file) => {
      mapped(file);
      file.seal('write');
    },
  ),
  tried(
    {
      what: 'F_SEAL_WRITE when it is not mapped any more',
      expected: 'done',
      c: 'memfd-write-unmapped',
    },
    shrink,
    (fd) => {
      mapOf(fd).close();
      fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
    },
    (file) => {
      mapped(file).close();
      file.seal('write');
    },
  ),
  tried(
    {
      what: 'F_SEAL_FUTURE_WRITE: mappings that are there go on',
      expected: 'hello',
      c: 'memfd-future-write',
    },
    shrink,
    (fd) => {
      const mapping = mapOf(fd);
      fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
      mapping.bytes.write('hello');
      return textOf(mapping);
    },
    (file) => {
      const mapping = mapped(file);
      file.seal('future-write');
      mapping.bytes.write('hello');
      return textOf(mapping);
    },
  ),
  tried(
    {
      what: 'F_SEAL_FUTURE_WRITE: it cannot be mapped anew to be written',
      expected: 'EPERM',
      c: 'memfd-future-write-maps',
    },
    future,
    (fd) => mapOf(fd),
    (file) => mapped(file),
  ),
];

const seals: Row[] = [
  {
    id: 'own',
    what: 'MFD_ALLOW_SEALING begins without a seal',
    expected: '0',
    c: 'memfd-no-seals',
    sync: () => fcntl(sealed(0), F_GET_SEALS),
    promise: () => object().seals.length,
  },
  {
    id: 'own',
    what: 'without MFD_ALLOW_SEALING there is F_SEAL_SEAL',
    expected: '1',
    c: 'memfd-unsealable',
    sync: () => fcntl(memfd(0, 0), F_GET_SEALS),
    promise: always,
  },
  {
    id: 'own',
    what: 'without MFD_ALLOW_SEALING nothing can be sealed',
    expected: 'EPERM',
    c: 'memfd-unsealable-seal',
    sync: () => fcntl(memfd(0, 0), F_ADD_SEALS, F_SEAL_SHRINK),
    promise: always,
  },
  {
    id: 'own',
    what: 'seals add up',
    expected: '6',
    c: 'memfd-added',
    sync: () => {
      const fd = sealed(F_SEAL_SHRINK);
      fcntl(fd, F_ADD_SEALS, F_SEAL_GROW);
      return fcntl(fd, F_GET_SEALS);
    },
    promise: () => {
      const file = object('shrink');
      file.seal('grow');
      return fcntl(file.fd, F_GET_SEALS);
    },
  },
  {
    id: 'own',
    what: 'F_SEAL_SEAL forbids further seals',
    expected: 'EPERM',
    c: 'memfd-seal',
    sync: () => fcntl(sealed(F_SEAL_SEAL), F_ADD_SEALS, F_SEAL_GROW),
    promise: () => {
      object('seal').seal('grow');
    },
  },
  {
    id: 'own',
    what: 'a seal that does not exist',
    expected: 'EINVAL',
    c: 'memfd-unknown-seal',
    sync: () => fcntl(sealed(0), F_ADD_SEALS, 0x4000),
    promise: different('ERR_OUT_OF_RANGE', 'seals have names', () => {
      object().seal('everything' as never);
    }),
  },
];

function named(length: number): string {
  return 'x'.repeat(length);
}

const refused: Row[] = [
  {
    id: 'own',
    what: 'seals of a file that is none',
    expected: 'EINVAL',
    c: 'memfd-not-memfd',
    sync: () => fcntl(adoptDescriptor(openSync(process.execPath, 'r')), F_GET_SEALS),
    promise: () => memory.Memfd.fromFd(adoptDescriptor(openSync(process.execPath, 'r'))),
  },
  {
    id: 'own',
    what: 'seals of a descriptor that is not open',
    expected: 'EBADF',
    c: 'memfd-closed',
    sync: () => fcntl(1_000_000, F_GET_SEALS),
    promise: () => memory.Memfd.fromFd(1_000_000),
  },
  {
    id: 'own',
    what: 'the longest name',
    expected: 'done',
    c: 'memfd-longest-name',
    sync: () => {
      adoptDescriptor(memfd_create(named(249), MFD_CLOEXEC));
    },
    promise: async () => {
      opened.add(await memory.memfd(named(249)));
    },
  },
  {
    id: 'own',
    what: 'a longer name',
    expected: 'EINVAL',
    c: 'memfd-too-long',
    sync: () => memfd_create(named(250), MFD_CLOEXEC),
    promise: () => memory.memfd(named(250)),
  },
  {
    id: 'own',
    what: 'a flag that does not exist',
    expected: 'EINVAL',
    c: 'memfd-unknown-flag',
    sync: () => memfd_create('conformance', 0x8000000),
    promise: absent('the class has names for what there is'),
  },
];

export const memfdRows: Row[] = [...seals, ...sizes, ...writes, ...refused];
