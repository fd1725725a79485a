/** Rows of shm_open. */

import { fstatSync, readFileSync } from 'node:fs';

import { posix } from 'posix-ipc';
import {
  ftruncate,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  PROT_READ,
  shm_open,
} from 'posix-ipc/syscalls';

import { adoptShared, shared } from '../support/shared-memory';
import { asNobody, inOther, withFewDescriptors } from './elsewhere';
import { adoptDescriptor } from './descriptors';
import {
  mapOf,
  modeOf,
  objectNamed,
  objectOf,
  openedObject,
  PAGE,
  sumOf,
  textOf,
  unusedObject,
} from './files';
import { root } from './needs';
import { absent, different, type Row } from './row';

const { SharedMemory } = posix;
const create = O_CREAT | O_EXCL | O_RDWR;

function opened(name: string, flags = O_RDWR, mode = 0): number {
  return adoptDescriptor(shm_open(name, flags, mode));
}

function withUmask<R>(mask: number, call: () => R): R {
  const before = process.umask(mask);
  try {
    return call();
  } finally {
    process.umask(before);
  }
}

function fields(fd: number): string {
  const { size, uid, gid } = fstatSync(fd);
  const who = (is: boolean): string => (is ? 'self' : 'other');
  return [
    `size ${String(size)}`,
    `owner ${who(uid === process.geteuid?.())}`,
    `group ${who(gid === process.getegid?.())}`,
  ].join(', ');
}

/** The process may close it with its own: what is asked is whether exec would. */
function closesOnExec(fd: number): string {
  const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1'));
  return (parseInt(flags?.[1] ?? '0', 8) & 0o2000000) === 0 ? 'no' : 'yes';
}

const made: Row[] = [
  {
    id: 'shm_open',
    what: 'O_CREAT makes an object of no size, that belongs to who made it',
    expected: 'size 0, owner self, group self',
    c: 'shm_open-create',
    sync: () => fields(opened(unusedObject().key, create, 0o600)),
    promise: different(
      `size ${String(PAGE)}, owner self, group self`,
      'its memory is reserved',
      () => fields(shared(PAGE).fd),
    ),
  },
  {
    id: 'shm_open',
    what: 'the mode',
    expected: '640',
    c: 'shm_open-mode',
    sync: () => withUmask(0, () => modeOf(opened(unusedObject().key, create, 0o640))),
    promise: () => modeOf(shared(PAGE, { mode: 0o640 }).fd),
  },
  {
    id: 'shm_open',
    what: 'the umask takes from the mode',
    expected: '640',
    c: 'shm_open-umask',
    sync: () => withUmask(0o027, () => modeOf(opened(unusedObject().key, create, 0o666))),
    promise: different('666', 'the modes of classes are exact', () =>
      withUmask(0o027, () => modeOf(shared(PAGE, { mode: 0o666 }).fd)),
    ),
  },
  {
    id: 'shm_open',
    what: 'O_CREAT leaves the mode of an object that is there',
    expected: '600',
    c: 'shm_open-mode-existing',
    sync: () => modeOf(opened(objectNamed(), O_CREAT | O_RDWR, 0o666)),
    promise: async () => {
      const options = { size: PAGE, mode: 0o666 };
      return modeOf(adoptShared(await SharedMemory.openOrCreate(objectNamed(), options)).fd);
    },
  },
  {
    id: 'shm_open',
    what: 'O_CREAT leaves the size of an object that is there',
    expected: '4096',
    c: 'shm_open-create-existing',
    sync: () => fstatSync(opened(objectNamed(), O_CREAT | O_RDWR, 0o600)).size,
    promise: async () => {
      const object = await SharedMemory.openOrCreate(objectNamed(), { size: 100 });
      return adoptShared(object).size;
    },
  },
  {
    id: 'shm_open',
    what: 'what was never written is 0',
    expected: '0',
    c: 'shm_open-zeroes',
    sync: () => sumOf(mapOf(objectOf())),
    promise: () => sumOf(shared(PAGE).mapping),
  },
  {
    id: 'shm_open',
    what: 'the descriptor is closed by exec',
    expected: 'yes',
    c: 'shm_open-closes-on-exec',
    sync: () => closesOnExec(objectOf()),
    promise: () => closesOnExec(shared().fd),
  },
  {
    id: 'shm_open',
    what: 'O_TRUNC makes it empty',
    expected: '0',
    c: 'shm_open-truncates',
    sync: () => fstatSync(opened(objectNamed(), O_RDWR | O_TRUNC)).size,
    promise: absent('the class never cuts what others have mapped'),
  },
];

const used: Row[] = [
  {
    id: 'shm_open',
    what: 'two descriptors of one name are one object',
    expected: 'hello',
    c: 'shm_open-same',
    sync: () => {
      const name = objectNamed();
      mapOf(opened(name)).write('hello');
      return textOf(mapOf(opened(name, O_RDONLY), PROT_READ));
    },
    promise: () => {
      const object = shared(PAGE);
      object.bytes.write('hello');
      return textOf(openedObject(object.name, { access: 'read' }).mapping);
    },
  },
  {
    id: 'shm_open',
    what: 'what another process writes is seen',
    expected: 'hello',
    c: 'shm_open-other-process',
    sync: async () => {
      const name = objectNamed();
      const mapping = mapOf(opened(name), PROT_READ);
      await inOther('shm_open-hello', name);
      return textOf(mapping);
    },
    promise: async () => {
      const object = shared(PAGE);
      await inOther('object-hello', object.name);
      return textOf(object.mapping);
    },
  },
  {
    id: 'shm_open',
    what: 'what was written stays when nobody has it open',
    expected: 'hello',
    c: 'shm_open-stays',
    sync: async () => {
      const name = objectNamed();
      await inOther('shm_open-hello', name);
      return textOf(mapOf(opened(name), PROT_READ));
    },
    promise: async () => {
      const name = objectNamed();
      await inOther('object-hello', name);
      return textOf(openedObject(name).mapping);
    },
  },
  {
    id: 'shm_open',
    what: 'O_RDONLY: its size cannot be changed',
    expected: 'EINVAL',
    c: 'shm_open-read-only-truncate',
    sync: () => {
      ftruncate(objectOf(PAGE, O_RDONLY), 0);
    },
    promise: different('ERR_OUT_OF_RANGE', 'sizes are checked before the call', () =>
      openedObject(objectNamed(), { access: 'read' }).resize(0),
    ),
  },
  {
    id: 'shm_open',
    what: 'O_RDONLY: it cannot be mapped to be written',
    expected: 'EACCES',
    c: 'shm_open-read-only-write',
    sync: () => mapOf(objectOf(PAGE, O_RDONLY)).length,
    promise: () =>
      openedObject(objectNamed(), { access: 'read' }).attachSync({ access: 'write' }).length,
  },
];

function permission(what: string, expected: string, c: string, how: [mode: number, end: string]) {
  const [mode, end] = how;
  return {
    id: 'shm_open',
    what,
    expected,
    c,
    sync: () => asNobody(`shm_open-${end}`, objectNamed(PAGE, mode)),
    promise: () => asNobody(`object-${end}`, objectNamed(PAGE, mode)),
    needs: root,
  };
}

const nameIsChecked = 'names are checked before the call';

/** A name that is refused, or that no object has. */
function named(what: string, name: string, expected: string, c: string): Row {
  const open = (): number => openedObject(name).size;
  const isRefused = expected !== 'ENOENT';
  return {
    id: 'shm_open',
    what,
    expected,
    c,
    sync: () => opened(name),
    promise: isRefused ? different('ERR_OUT_OF_RANGE', nameIsChecked, open) : open,
  };
}

const refused: Row[] = [
  {
    id: 'shm_open',
    what: 'O_CREAT | O_EXCL of a name that is taken',
    expected: 'EEXIST',
    c: 'shm_open-exists',
    sync: () => opened(objectNamed(), create, 0o600),
    promise: async () => (await SharedMemory.create(objectNamed(), { size: PAGE })).size,
  },
  {
    id: 'shm_open 38',
    what: 'the process has as many descriptors as it may',
    expected: 'EMFILE',
    c: 'shm_open-no-descriptors',
    sync: () => withFewDescriptors('shm_open-no-descriptors', objectNamed()),
    promise: () => withFewDescriptors('object-no-descriptors', objectNamed()),
  },
  {
    id: 'shm_open',
    what: 'a name that no object has, without O_CREAT',
    expected: 'ENOENT',
    c: 'shm_open-absent',
    sync: () => opened(unusedObject().key),
    promise: async () => (await SharedMemory.open(unusedObject().key)).size,
  },
  {
    id: 'own',
    what: 'O_EXCL alone makes nothing',
    expected: 'ENOENT',
    c: 'shm_open-exclusive-alone',
    sync: () => opened(unusedObject().key, O_EXCL | O_RDWR),
    promise: absent('create always passes O_CREAT, open passes no flag'),
  },
  named('an empty name', '', 'EINVAL', 'shm_open-empty-name'),
  named('a slash alone', '/', 'EINVAL', 'shm_open-slash'),
  named('a slash inside', '/a/b', 'EINVAL', 'shm_open-inner-slash'),
  named('a long name', `/${'x'.repeat(254)}`, 'ENOENT', 'shm_open-longest-name'),
  named('a name that is too long', `/${'x'.repeat(256)}`, 'ENAMETOOLONG', 'shm_open-too-long'),
  permission('no permission', 'EACCES', 'shm_open-denied', [0o600, 'read']),
  permission('to write, with permission to read', 'EACCES', 'shm_open-denied-write', [
    0o644,
    'write',
  ]),
  permission('to read, with permission to read', 'done', 'shm_open-allowed-read', [0o644, 'read']),
  {
    id: 'shm_open',
    what: 'O_TRUNC with permission to read',
    expected: 'EACCES',
    c: 'shm_open-denied-truncate',
    sync: () => asNobody('shm_open-truncate', objectNamed(PAGE, 0o644)),
    promise: absent('the class never cuts what others have mapped'),
    needs: root,
  },
];

export const shmOpenRows: Row[] = [...made, ...used, ...refused];
