/** Rows of shm_unlink. */

import { fstatSync } from 'node:fs';

import { posix } from 'posix-ipc';
import { O_CREAT, O_EXCL, O_RDWR, shm_open, shm_unlink } from 'posix-ipc/syscalls';

import { adoptShared, shared } from '../support/shared-memory';
import { asNobody } from './elsewhere';
import { adoptDescriptor } from './descriptors';
import { mapOf, objectNamed, PAGE, textOf, unusedObject } from './files';
import { root } from './needs';
import { sameness } from './result';
import { different, type Row } from './row';

const { SharedMemory } = posix;
const nameIsChecked = 'names are checked before the call';

function opened(name: string, flags = O_RDWR): number {
  return adoptDescriptor(shm_open(name, flags, 0o600));
}

/** A name that can be none. */
function unlinked(what: string, name: string, expected: string, c: string): Row {
  const sync = (): void => {
    shm_unlink(name);
  };
  const promise = different('ERR_OUT_OF_RANGE', nameIsChecked, () => SharedMemory.unlink(name));
  return { id: 'shm_unlink', what, expected, c, sync, promise };
}

const gone: Row[] = [
  {
    id: 'shm_unlink',
    what: 'a name',
    expected: 'done',
    c: 'shm_unlink-done',
    sync: () => {
      shm_unlink(objectNamed());
    },
    promise: () => SharedMemory.unlink(objectNamed()),
  },
  {
    id: 'shm_unlink',
    what: 'the name has no object afterwards',
    expected: 'ENOENT',
    c: 'shm_unlink-gone',
    sync: () => {
      const name = objectNamed();
      shm_unlink(name);
      return opened(name);
    },
    promise: async () => {
      const name = objectNamed();
      await SharedMemory.unlink(name);
      return (await SharedMemory.open(name)).size;
    },
  },
  {
    id: 'shm_unlink',
    what: 'who has it mapped uses it on',
    expected: 'hello',
    c: 'shm_unlink-mapped',
    sync: () => {
      const name = objectNamed();
      const mapping = mapOf(opened(name));
      shm_unlink(name);
      mapping.bytes.write('hello');
      return textOf(mapping);
    },
    promise: async () => {
      const object = shared(PAGE);
      await object.unlink();
      object.bytes.write('hello');
      return textOf(object.mapping);
    },
  },
  {
    id: 'shm_unlink',
    what: 'who has it open can map it',
    expected: 'hello',
    c: 'shm_unlink-open',
    sync: () => {
      const name = objectNamed();
      const fd = opened(name);
      shm_unlink(name);
      mapOf(fd).write('hello');
      return textOf(mapOf(fd));
    },
    promise: async () => {
      const object = shared(PAGE);
      await object.unlink();
      object.bytes.write('hello');
      using mapping = await object.attach();
      return textOf(mapping);
    },
  },
  {
    id: 'shm_unlink',
    what: 'made again, it is another one',
    expected: 'different',
    c: 'shm_unlink-anew',
    sync: () => {
      const name = objectNamed();
      const before = fstatSync(opened(name)).ino;
      shm_unlink(name);
      return sameness(fstatSync(opened(name, O_CREAT | O_EXCL | O_RDWR)).ino, before);
    },
    promise: async () => {
      const object = shared(PAGE);
      await object.unlink();
      const again = adoptShared(await SharedMemory.create(object.name, { size: PAGE }));
      return sameness(fstatSync(again.fd).ino, fstatSync(object.fd).ino);
    },
  },
];

export const shmUnlinkRows: Row[] = [
  ...gone,
  {
    id: 'shm_unlink',
    what: 'a name that no object has',
    expected: 'ENOENT',
    c: 'shm_unlink-absent',
    sync: () => {
      shm_unlink(unusedObject().key);
    },
    promise: () => SharedMemory.unlink(unusedObject().key),
  },
  {
    id: 'shm_unlink',
    what: 'the same twice',
    expected: 'ENOENT',
    c: 'shm_unlink-twice',
    sync: () => {
      const name = objectNamed();
      shm_unlink(name);
      shm_unlink(name);
    },
    promise: async () => {
      const name = objectNamed();
      await SharedMemory.unlink(name);
      await SharedMemory.unlink(name);
    },
  },
  unlinked('a slash alone', '/', 'ENOENT', 'shm_unlink-slash'),
  unlinked('a slash inside', '/a/b', 'ENOENT', 'shm_unlink-inner-slash'),
  unlinked('a name that is too long', `/${'x'.repeat(256)}`, 'ENAMETOOLONG', 'shm_unlink-too-long'),
  {
    id: 'shm_unlink',
    what: 'the name of another user, in a folder that is sticky',
    expected: 'EACCES',
    c: 'shm_unlink-denied',
    sync: () => asNobody('shm_unlink', objectNamed(PAGE, 0o666)),
    promise: () => asNobody('object-unlink', objectNamed(PAGE, 0o666)),
    needs: root,
  },
];
