/** Rows of mmap. */

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';

import { memory } from 'posix-ipc';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  mmap,
  PROT_NONE,
  PROT_READ,
} from 'posix-ipc/syscalls';

import { adoptMapping } from '../support/mappings';
import { runDirectory } from '../support/run-directory';
import { adoptDescriptor } from './descriptors';
import {
  BOTH,
  mapOf,
  mappedObject,
  objectOf,
  PAGE,
  sumOf,
  textInFile,
  textOf,
  writeToFile,
} from './files';
import { absent, different, type Row } from './row';

const unnamed = MAP_PRIVATE | MAP_ANONYMOUS;

function file(name: string, flags: string): number {
  return adoptDescriptor(openSync(name, flags));
}

function window(length: number, offset: number): number {
  return adoptMapping(mmap(null, length, PROT_READ, MAP_SHARED, objectOf(2 * PAGE), offset)).length;
}

const seen: Row[] = [
  {
    id: 'mmap',
    what: 'MAP_SHARED: others see what is written',
    expected: 'hello',
    c: 'mmap-shared',
    sync: () => {
      const fd = objectOf();
      mapOf(fd).bytes.write('hello');
      return textOf(mapOf(fd, PROT_READ));
    },
    promise: async () => {
      const fd = objectOf();
      (await mappedObject(fd, { access: 'write' })).bytes.write('hello');
      return textOf(await mappedObject(fd));
    },
  },
  {
    id: 'mmap',
    what: 'MAP_PRIVATE: others do not see what is written',
    expected: '0',
    c: 'mmap-private',
    sync: () => {
      const fd = objectOf();
      mapOf(fd, BOTH, MAP_PRIVATE).bytes.write('hello');
      return sumOf(mapOf(fd));
    },
    promise: async () => {
      const fd = objectOf();
      (await mappedObject(fd, { access: 'copy-on-write' })).write('hello');
      return sumOf(await mappedObject(fd));
    },
  },
  {
    id: 'mmap',
    what: 'MAP_PRIVATE: who writes sees it',
    expected: 'hello',
    c: 'mmap-private-own',
    sync: () => {
      const mapping = mapOf(objectOf(), BOTH, MAP_PRIVATE);
      mapping.bytes.write('hello');
      return textOf(mapping);
    },
    promise: async () => {
      const mapping = await mappedObject(objectOf(), { access: 'copy-on-write' });
      mapping.write('hello');
      return textOf(mapping);
    },
  },
  {
    id: 'own',
    what: 'what is written to the file is in the memory',
    expected: 'hello',
    c: 'mmap-of-write',
    sync: () => {
      const fd = objectOf();
      const mapping = mapOf(fd, PROT_READ);
      writeToFile(fd, 'hello');
      return textOf(mapping);
    },
    promise: async () => {
      const fd = objectOf();
      const mapping = await mappedObject(fd);
      writeToFile(fd, 'hello');
      return textOf(mapping);
    },
  },
  {
    id: 'own',
    what: 'what is written to the memory is in the file',
    expected: 'hello',
    c: 'mmap-to-read',
    sync: () => {
      const fd = objectOf();
      mapOf(fd).bytes.write('hello');
      return textInFile(fd);
    },
    promise: async () => {
      const fd = objectOf();
      (await mappedObject(fd, { access: 'write' })).bytes.write('hello');
      return textInFile(fd);
    },
  },
  {
    id: 'mmap',
    what: 'the mapping stays when the descriptor is closed',
    expected: 'hello',
    c: 'mmap-closed',
    sync: () => {
      const fd = objectOf();
      const mapping = mapOf(fd);
      closeSync(fd);
      mapping.bytes.write('hello');
      return textOf(mapping);
    },
    promise: async () => {
      const fd = objectOf();
      const mapping = await mappedObject(fd, { access: 'write' });
      closeSync(fd);
      mapping.bytes.write('hello');
      return textOf(mapping);
    },
  },
  {
    id: 'mmap',
    what: 'from an offset on',
    expected: 'hello',
    c: 'mmap-offset',
    sync: () => {
      const fd = objectOf(2 * PAGE);
      writeToFile(fd, 'hello', PAGE);
      return textOf(adoptMapping(mmap(null, PAGE, PROT_READ, MAP_SHARED, fd, PAGE)));
    },
    promise: async () => {
      const fd = objectOf(2 * PAGE);
      writeToFile(fd, 'hello', PAGE);
      return textOf(await mappedObject(fd, { offset: PAGE }));
    },
  },
  {
    id: 'mmap',
    what: 'the rest of the last page is 0',
    expected: '0',
    c: 'mmap-rest-of-page',
    sync: () => sumOf(mapOf(objectOf(100), PROT_READ)),
    promise: absent('a mapping ends with the object'),
  },
  {
    id: 'own',
    what: 'MAP_ANONYMOUS is 0',
    expected: '0',
    c: 'mmap-zeroes',
    sync: () => sumOf(mapOf(-1, BOTH, unnamed, 2 * PAGE)),
    promise: async () => sumOf(adoptMapping(await memory.mapAnonymous({ length: 2 * PAGE }))),
  },
];

const inside = 'a window lies inside the file';

const refused: Row[] = [
  {
    id: 'mmap',
    what: 'length 0',
    expected: 'EINVAL',
    c: 'mmap-length-zero',
    sync: () => window(0, 0),
    promise: different('ERR_OUT_OF_RANGE', 'lengths are checked before the call', () =>
      memory.mapAnonymous({ length: 0 }),
    ),
  },
  {
    id: 'mmap',
    what: 'an offset that is not a multiple of the page',
    expected: 'EINVAL',
    c: 'mmap-offset-unaligned',
    sync: () => window(100, 10),
    promise: different('100', 'windows begin anywhere', async () => {
      const mapping = await mappedObject(objectOf(2 * PAGE), { offset: 10, length: 100 });
      return mapping.length;
    }),
  },
  {
    id: 'mmap',
    what: 'neither MAP_SHARED nor MAP_PRIVATE',
    expected: 'EINVAL',
    c: 'mmap-no-sharing',
    sync: () => mapOf(objectOf(), PROT_READ, 0).length,
    promise: absent('the access says which'),
  },
  {
    id: 'mmap',
    what: 'a descriptor that is not open',
    expected: 'EBADF',
    c: 'mmap-no-file',
    sync: () => mapOf(1_000_000, PROT_READ).length,
    promise: async () => (await mappedObject(1_000_000)).length,
  },
  {
    id: 'mmap',
    what: 'more than the address space has',
    expected: 'ENOMEM',
    c: 'mmap-no-memory',
    sync: () => mapOf(-1, BOTH, unnamed, 2 ** 50).length,
    promise: async () => (await memory.mapAnonymous({ length: 2 ** 50 })).length,
  },
  {
    id: 'mmap',
    what: 'a file that is open for writing only',
    expected: 'EACCES',
    c: 'mmap-write-only',
    sync: () => mapOf(file('/dev/null', 'a'), PROT_READ, MAP_PRIVATE).length,
    promise: async () => {
      const mapping = await mappedObject(file('/dev/null', 'a'), {
        access: 'copy-on-write',
        length: PAGE,
      });
      return mapping.length;
    },
  },
  {
    id: 'mmap',
    what: 'MAP_SHARED to write a file that is open for reading only',
    expected: 'EACCES',
    c: 'mmap-read-only',
    sync: () => mapOf(file(process.execPath, 'r')).length,
    promise: async () => {
      const mapping = await mappedObject(file(process.execPath, 'r'), {
        access: 'write',
        length: PAGE,
      });
      return mapping.length;
    },
  },
  {
    id: 'own',
    what: 'MAP_PRIVATE to write a file that is open for reading only',
    expected: 'done',
    c: 'mmap-read-only-private',
    sync: () => {
      mapOf(file(process.execPath, 'r'), BOTH, MAP_PRIVATE);
    },
    promise: async () => {
      const fd = file(process.execPath, 'r');
      await mappedObject(fd, { access: 'copy-on-write', length: PAGE });
    },
  },
  {
    id: 'mmap',
    what: 'a pipe',
    expected: 'ENODEV',
    c: 'mmap-pipe',
    sync: () => withPipe((fd) => mapOf(fd, PROT_READ).length),
    promise: () => withPipe(async (fd) => (await mappedObject(fd, { length: PAGE })).length),
  },
  {
    id: 'mmap',
    what: 'a folder',
    expected: 'ENODEV',
    c: 'mmap-folder',
    sync: () => mapOf(file('/', 'r'), PROT_READ).length,
    promise: async () => (await mappedObject(file('/', 'r'), { length: PAGE })).length,
  },
  {
    id: 'mmap',
    what: 'MAP_FIXED at an address that is not aligned',
    expected: 'EINVAL',
    c: 'mmap-fixed-unaligned',
    sync: different('ERR_OUT_OF_RANGE', 'the kernel chooses the address', () =>
      mapOf(-1, PROT_READ, unnamed | MAP_FIXED),
    ),
    promise: absent('the kernel chooses the address'),
  },
];

/** A FIFO has a pipe behind it, and a descriptor that Node can open. */
async function withPipe<R>(body: (fd: number) => R): Promise<Awaited<R>> {
  const fifo = path.join(runDirectory(), `fifo-${randomUUID()}`);
  execFileSync('mkfifo', [fifo]);
  const fd = adoptDescriptor(openSync(fifo, 'r+'));
  rmSync(fifo);
  return await body(fd);
}

const touched: Row[] = [
  {
    id: 'mmap',
    what: 'a mapping beyond the end of the object',
    expected: 'done',
    c: 'mmap-beyond-end',
    sync: () => {
      adoptMapping(mmap(null, PAGE, PROT_READ, MAP_SHARED, objectOf(), PAGE));
    },
    promise: different('ERR_OUT_OF_RANGE', inside, () =>
      mappedObject(objectOf(), { offset: PAGE, length: PAGE }),
    ),
  },
  {
    id: 'mmap',
    what: 'a touch beyond the end of the object',
    expected: 'BUS',
    c: 'mmap-touch-beyond-end',
    sync: different('EFAULT', 'it has no view, and write() asks the kernel to copy', () =>
      mapOf(objectOf(), BOTH, MAP_SHARED, 2 * PAGE).write('x', PAGE),
    ),
    promise: different('ERR_OUT_OF_RANGE', inside, () =>
      mappedObject(objectOf(), { access: 'write', length: 2 * PAGE }),
    ),
  },
  {
    id: 'mmap',
    what: 'a touch of memory without access',
    expected: 'SEGV',
    c: 'mmap-touch-none',
    sync: different('EFAULT', 'read() asks the kernel to copy', () =>
      mapOf(objectOf(), PROT_NONE).read().toString(),
    ),
    promise: different('EFAULT', 'read() asks the kernel to copy', async () => {
      const mapping = await mappedObject(objectOf(), { access: 'write' });
      await mapping.protect('none');
      return mapping.read().toString();
    }),
  },
  {
    id: 'mmap',
    what: 'a write into memory that may be read',
    expected: 'SEGV',
    c: 'mmap-write-read-only',
    sync: different('EFAULT', 'write() asks the kernel to copy', () =>
      mapOf(objectOf(), PROT_READ).write('x'),
    ),
    promise: different('others see 0', 'it goes to a page of this process alone', async () => {
      const fd = objectOf();
      (await mappedObject(fd, { access: 'read' })).bytes.write('x');
      return `others see ${String(sumOf(mapOf(fd)))}`;
    }),
  },
];

export const mmapRows: Row[] = [...seen, ...refused, ...touched];
