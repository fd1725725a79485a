/** Rows of sem_open, sem_close and sem_unlink. */

import { statSync } from 'node:fs';

import { posix } from 'posix-ipc';
import {
  O_CREAT,
  O_EXCL,
  SEM_VALUE_MAX,
  sem_close,
  sem_getvalue,
  sem_open,
  sem_post,
  sem_unlink,
} from 'posix-ipc/syscalls';

import { adoptSemaphore, fileOf, modeOf, unusedName } from '../support/semaphores';
import { withUmask } from '../support/umask';
import { asNobody } from './elsewhere';
import { root } from './needs';
import { sameness } from './result';
import { absent, different, type Row } from './row';
import { adoptHandle, newSemaphore, opened, semaphoreNamed, semaphoreObject } from './semaphores';

const { Semaphore } = posix;

async function openedObject(name: string): Promise<posix.Semaphore> {
  return adoptSemaphore(await Semaphore.open(name));
}

function ownersOf(name: string): string {
  const { uid, gid } = statSync(fileOf(name));
  const who = (is: boolean): string => (is ? 'self' : 'other');
  return `owner ${who(uid === process.geteuid?.())}, group ${who(gid === process.getegid?.())}`;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8);
}

const made: Row[] = [
  {
    id: 'sem_open',
    what: 'O_CREAT makes a semaphore with its value',
    expected: '3',
    c: 'sem_open-create',
    sync: () => sem_getvalue(newSemaphore(3).handle),
    promise: async () => adoptSemaphore(await Semaphore.create(unusedName(), { value: 3 })).value,
  },
  {
    id: 'sem_open',
    what: 'O_CREAT finds a semaphore that is there, and leaves its value',
    expected: '3',
    c: 'sem_open-create-existing',
    sync: () => sem_getvalue(adoptHandle(sem_open(semaphoreNamed(3), O_CREAT, 0o600, 7))),
    promise: async () => {
      const semaphore = await Semaphore.openOrCreate(semaphoreNamed(3), { value: 7 });
      return adoptSemaphore(semaphore).value;
    },
  },
  {
    id: 'sem_open',
    what: 'the mode',
    expected: '640',
    c: 'sem_open-mode',
    sync: () => {
      const name = unusedName();
      withUmask(0, () => adoptHandle(sem_open(name, O_CREAT, 0o640)));
      return octal(modeOf(name));
    },
    promise: async () => {
      const { name } = adoptSemaphore(await Semaphore.create(unusedName(), { mode: 0o640 }));
      return octal(modeOf(name));
    },
  },
  {
    id: 'sem_open',
    what: 'the umask takes from the mode',
    expected: '640',
    c: 'sem_open-umask',
    sync: () => {
      const name = unusedName();
      withUmask(0o027, () => adoptHandle(sem_open(name, O_CREAT, 0o666)));
      return octal(modeOf(name));
    },
    promise: different('666', 'the modes of classes are exact', () => {
      const name = unusedName();
      withUmask(0o027, () => adoptSemaphore(Semaphore.createSync(name, { mode: 0o666 })));
      return octal(modeOf(name));
    }),
  },
  {
    id: 'sem_open 13',
    what: 'it belongs to who made it',
    expected: 'owner self, group self',
    c: 'sem_open-owner',
    sync: () => ownersOf(newSemaphore().name),
    promise: () => ownersOf(semaphoreObject().name),
  },
  {
    id: 'sem_open',
    what: 'the largest value',
    expected: String(SEM_VALUE_MAX),
    c: 'sem_open-largest',
    sync: () => sem_getvalue(newSemaphore(SEM_VALUE_MAX).handle),
    promise: () => semaphoreObject(SEM_VALUE_MAX).value,
  },
  {
    id: 'sem_open',
    what: 'a name that is open is opened as the same',
    expected: 'same',
    c: 'sem_open-same-object',
    sync: () => {
      const name = semaphoreNamed();
      return sameness(opened(name), opened(name));
    },
    promise: different('different', 'each object is closed for itself', async () => {
      const name = semaphoreNamed();
      return sameness(await openedObject(name), await openedObject(name));
    }),
  },
  {
    id: 'own',
    what: 'a value above SEM_VALUE_MAX for a semaphore that is there',
    expected: 'done',
    c: 'sem_open-too-high-existing',
    sync: () => {
      adoptHandle(sem_open(semaphoreNamed(), O_CREAT, 0o600, SEM_VALUE_MAX + 1));
    },
    promise: different('ERR_OUT_OF_RANGE', 'values are checked before the call', async () => {
      await Semaphore.openOrCreate(semaphoreNamed(), { value: SEM_VALUE_MAX + 1 });
    }),
  },
];

const nameIsChecked = 'names are checked before the call';

/** A name that is refused, or that no semaphore has. */
function named(what: string, name: string, expected: string, c: string): Row {
  const open = async (): Promise<void> => {
    await openedObject(name);
  };
  const isRefused = expected !== 'ENOENT';
  return {
    id: 'sem_open',
    what,
    expected,
    c,
    sync: () => opened(name),
    promise: isRefused ? different('ERR_OUT_OF_RANGE', nameIsChecked, open) : open,
  };
}

function permission(what: string, expected: string, c: string, mode: number): Row {
  return {
    id: 'sem_open',
    what,
    expected,
    c,
    sync: () => asNobody('sem_open', semaphoreNamed(0, mode)),
    promise: () => asNobody('semaphore-open', semaphoreNamed(0, mode)),
    needs: root,
  };
}

const refused: Row[] = [
  {
    id: 'sem_open',
    what: 'O_CREAT | O_EXCL of a name that is taken',
    expected: 'EEXIST',
    c: 'sem_open-exists',
    sync: () => sem_open(semaphoreNamed(), O_CREAT | O_EXCL, 0o600),
    promise: async () => (await Semaphore.create(semaphoreNamed())).value,
  },
  {
    id: 'sem_open',
    what: 'a name that no semaphore has, without O_CREAT',
    expected: 'ENOENT',
    c: 'sem_open-absent',
    sync: () => opened(unusedName()),
    promise: async () => (await openedObject(unusedName())).value,
  },
  {
    id: 'own',
    what: 'O_EXCL alone makes nothing',
    expected: 'ENOENT',
    c: 'sem_open-exclusive-alone',
    sync: () => sem_open(unusedName(), O_EXCL),
    promise: absent('create always passes O_CREAT, open passes no flag'),
  },
  {
    id: 'sem_open',
    what: 'a value above SEM_VALUE_MAX',
    expected: 'EINVAL',
    c: 'sem_open-too-high',
    sync: () => newSemaphore(SEM_VALUE_MAX + 1).handle,
    promise: different('ERR_OUT_OF_RANGE', 'values are checked before the call', () =>
      Semaphore.create(unusedName(), { value: SEM_VALUE_MAX + 1 }),
    ),
  },
  named('an empty name', '', 'EINVAL', 'sem_open-empty-name'),
  named('a slash alone', '/', 'EINVAL', 'sem_open-slash'),
  named('a slash inside', '/a/b', 'EINVAL', 'sem_open-inner-slash'),
  named('the longest name', `/${'x'.repeat(251)}`, 'ENOENT', 'sem_open-longest-name'),
  named('a longer name', `/${'x'.repeat(252)}`, 'ENAMETOOLONG', 'sem_open-too-long'),
  permission('no permission', 'EACCES', 'sem_open-denied', 0o600),
  permission('permission to read only', 'EACCES', 'sem_open-denied-write', 0o644),
  permission('permission to read and to write', 'done', 'sem_open-allowed', 0o666),
];

export const semOpenRows: Row[] = [...made, ...refused];

export const semCloseRows: Row[] = [
  {
    id: 'sem_close',
    what: 'a semaphore',
    expected: 'done',
    c: 'sem_close-done',
    sync: () => {
      sem_close(newSemaphore().handle);
    },
    promise: () => {
      semaphoreObject().close();
    },
  },
  {
    id: 'sem_close',
    what: 'the value stays',
    expected: '1',
    c: 'sem_close-value-stays',
    sync: () => {
      const { handle, name } = newSemaphore();
      sem_post(handle);
      sem_close(handle);
      return sem_getvalue(opened(name));
    },
    promise: async () => {
      const semaphore = semaphoreObject();
      semaphore.post();
      semaphore.close();
      return (await openedObject(semaphore.name)).value;
    },
  },
  {
    id: 'own',
    what: 'one that is open twice is open afterwards',
    expected: '3',
    c: 'sem_close-opened-twice',
    sync: () => {
      const { handle, name } = newSemaphore(3);
      const second = opened(name);
      sem_close(handle);
      return sem_getvalue(second);
    },
    promise: async () => {
      const semaphore = semaphoreObject(3);
      const second = await openedObject(semaphore.name);
      semaphore.close();
      return second.value;
    },
  },
];

/** A name that can be none. */
function unlinked(id: string, what: string, name: string, expected: string, c: string): Row {
  const sync = (): void => {
    sem_unlink(name);
  };
  const promise = different('ERR_OUT_OF_RANGE', nameIsChecked, () => Semaphore.unlink(name));
  return { id, what, expected, c, sync, promise };
}

export const semUnlinkRows: Row[] = [
  {
    id: 'sem_unlink',
    what: 'a name',
    expected: 'done',
    c: 'sem_unlink-done',
    sync: () => {
      sem_unlink(semaphoreNamed());
    },
    promise: () => Semaphore.unlink(semaphoreNamed()),
  },
  {
    id: 'sem_unlink',
    what: 'the name has no semaphore afterwards',
    expected: 'ENOENT',
    c: 'sem_unlink-gone',
    sync: () => {
      const name = semaphoreNamed();
      sem_unlink(name);
      return opened(name);
    },
    promise: async () => {
      const name = semaphoreNamed();
      await Semaphore.unlink(name);
      return (await openedObject(name)).value;
    },
  },
  {
    id: 'sem_unlink 2',
    what: 'who has it open uses it on',
    expected: '1',
    c: 'sem_unlink-deferred',
    sync: () => {
      const { handle, name } = newSemaphore();
      sem_unlink(name);
      sem_post(handle);
      return sem_getvalue(handle);
    },
    promise: async () => {
      const semaphore = semaphoreObject();
      await semaphore.unlink();
      semaphore.post();
      return semaphore.value;
    },
  },
  {
    id: 'sem_unlink 6',
    what: 'made again, it is another one',
    expected: '3 and 5',
    c: 'sem_unlink-anew',
    sync: () => {
      const { handle, name } = newSemaphore(3);
      sem_unlink(name);
      const second = adoptHandle(sem_open(name, O_CREAT | O_EXCL, 0o600, 5));
      return `${String(sem_getvalue(handle))} and ${String(sem_getvalue(second))}`;
    },
    promise: async () => {
      const first = semaphoreObject(3);
      await first.unlink();
      const second = adoptSemaphore(await Semaphore.create(first.name, { value: 5 }));
      return `${String(first.value)} and ${String(second.value)}`;
    },
  },
  {
    id: 'sem_unlink 9',
    what: 'others are not affected',
    expected: '3',
    c: 'sem_unlink-others',
    sync: () => {
      const { handle } = newSemaphore(3);
      sem_unlink(semaphoreNamed());
      return sem_getvalue(handle);
    },
    promise: async () => {
      const other = semaphoreObject(3);
      await Semaphore.unlink(semaphoreNamed());
      return other.value;
    },
  },
  {
    id: 'sem_unlink',
    what: 'a name that no semaphore has',
    expected: 'ENOENT',
    c: 'sem_unlink-absent',
    sync: () => {
      sem_unlink(unusedName());
    },
    promise: () => Semaphore.unlink(unusedName()),
  },
  {
    id: 'sem_unlink',
    what: 'the same twice',
    expected: 'ENOENT',
    c: 'sem_unlink-twice',
    sync: () => {
      const name = semaphoreNamed();
      sem_unlink(name);
      sem_unlink(name);
    },
    promise: async () => {
      const name = semaphoreNamed();
      await Semaphore.unlink(name);
      await Semaphore.unlink(name);
    },
  },
  unlinked('own', 'a slash inside', '/a/b', 'ENOENT', 'sem_unlink-inner-slash'),
  unlinked('own', 'a slash alone', '/', 'ENOENT', 'sem_unlink-slash'),
  unlinked(
    'sem_unlink',
    'a name that is too long',
    `/${'x'.repeat(252)}`,
    'ENAMETOOLONG',
    'sem_unlink-too-long',
  ),
  {
    id: 'sem_unlink',
    what: 'the name of another user, in a folder that is sticky',
    expected: 'EACCES',
    c: 'sem_unlink-denied',
    sync: () => asNobody('sem_unlink', semaphoreNamed(0, 0o666)),
    promise: () => asNobody('semaphore-unlink', semaphoreNamed(0, 0o666)),
    needs: root,
  },
];
