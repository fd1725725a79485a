/** Rows of munmap. */

import type { memory } from 'posix-ipc';
import { MAP_PRIVATE, munmap } from 'posix-ipc/syscalls';

import { anonymous } from '../support/mappings';
import { BOTH, mapOf, mappedObject, objectOf, PAGE, sumOf, textOf } from './files';
import { absent, different, type Row } from './row';

const empties = 'all views are empty afterwards';
const whole = 'a mapping is unmapped as a whole';

function viewAfter(mapping: memory.Mapping, unmap: () => void): string {
  const { bytes } = mapping;
  unmap();
  bytes[0] = 1;
  return `length ${String(bytes.length)}`;
}

export const munmapRows: Row[] = [
  {
    id: 'munmap',
    what: 'a mapping',
    expected: 'done',
    c: 'munmap-done',
    sync: () => {
      munmap(anonymous(PAGE), PAGE);
    },
    promise: () => {
      anonymous(PAGE).close();
    },
  },
  {
    id: 'munmap',
    what: 'a touch of what is unmapped',
    expected: 'SEGV',
    c: 'munmap-touch',
    sync: different('length 0', empties, () => {
      const mapping = anonymous(PAGE);
      return viewAfter(mapping, () => {
        munmap(mapping, PAGE);
      });
    }),
    promise: different('length 0', empties, () => {
      const mapping = anonymous(PAGE);
      return viewAfter(mapping, () => {
        mapping.close();
      });
    }),
  },
  {
    id: 'munmap',
    what: 'the same twice',
    expected: 'done',
    c: 'munmap-twice',
    sync: different('ERR_CLOSED', 'a mapping that is gone is no place', () => {
      const mapping = anonymous(PAGE);
      munmap(mapping, PAGE);
      munmap(mapping, PAGE);
    }),
    promise: () => {
      const mapping = anonymous(PAGE);
      mapping.close();
      mapping.close();
    },
  },
  {
    id: 'munmap',
    what: 'length 0',
    expected: 'EINVAL',
    c: 'munmap-length-zero',
    sync: different('ERR_OUT_OF_RANGE', whole, () => {
      munmap(anonymous(PAGE), 0);
    }),
    promise: absent(whole),
  },
  {
    id: 'munmap',
    what: 'an address that is not aligned',
    expected: 'EINVAL',
    c: 'munmap-unaligned',
    sync: absent(whole),
    promise: absent(whole),
  },
  {
    id: 'munmap',
    what: 'a part of a mapping',
    expected: 'hello',
    c: 'munmap-part',
    sync: different('ERR_OUT_OF_RANGE', whole, () => {
      munmap(anonymous(2 * PAGE), PAGE);
    }),
    promise: async () => {
      const mapping = anonymous(2 * PAGE);
      await mapping.resize(PAGE);
      mapping.bytes.write('hello');
      return textOf(mapping);
    },
  },
  {
    id: 'munmap',
    what: 'what was written with MAP_PRIVATE is gone',
    expected: '0',
    c: 'munmap-private',
    sync: () => {
      const fd = objectOf();
      const mapping = mapOf(fd, BOTH, MAP_PRIVATE);
      mapping.bytes.write('hello');
      munmap(mapping, PAGE);
      return sumOf(mapOf(fd, BOTH, MAP_PRIVATE));
    },
    promise: async () => {
      const fd = objectOf();
      const mapping = await mappedObject(fd, { access: 'copy-on-write' });
      mapping.write('hello');
      mapping.close();
      return sumOf(await mappedObject(fd, { access: 'copy-on-write' }));
    },
  },
  {
    id: 'own',
    what: 'what was written with MAP_SHARED stays',
    expected: 'hello',
    c: 'munmap-shared',
    sync: () => {
      const fd = objectOf();
      const mapping = mapOf(fd);
      mapping.bytes.write('hello');
      munmap(mapping, PAGE);
      return textOf(mapOf(fd));
    },
    promise: async () => {
      const fd = objectOf();
      const mapping = await mappedObject(fd, { access: 'write' });
      mapping.bytes.write('hello');
      mapping.close();
      return textOf(await mappedObject(fd));
    },
  },
];
