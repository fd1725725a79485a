import { sysv } from 'posix-ipc';
import { IPC_CREAT, IPC_EXCL, IPC_INFO, IPC_PRIVATE, IPC_STAT } from 'posix-ipc/syscalls';
import { semctl, semget } from 'posix-ipc/syscalls';

import { randomKey } from '../support/random-key';
import { adoptSet, adoptSetId, temporarySet } from '../support/semaphore-sets';
import { asNobody, inOwnNamespace } from './elsewhere';
import { nextSetId, ownNamespace, root } from './needs';
import { sameness, type Result } from './result';
import { absent, different, type Row } from './row';
import { newSet, setObject, valuesOf } from './sets';

const { SemaphoreSet } = sysv;

function fields(count: number, mode: number, creator: number): string {
  const owner = creator === process.geteuid?.() ? 'self' : 'other';
  return `semaphores ${String(count)}, mode ${mode.toString(8)}, owner ${owner}`;
}

function made(count: number): number {
  return adoptSetId(semget(IPC_PRIVATE, count, 0o600));
}

async function madeByClass(count: number): Promise<Result> {
  const { id } = adoptSet(await SemaphoreSet.create(IPC_PRIVATE, { count }));
  return id;
}

const found: Row[] = [
  {
    id: 'semget01',
    what: 'the status of a new set',
    expected: 'semaphores 3, mode 640, owner self',
    c: 'semget-fields',
    sync: () => {
      const id = adoptSetId(semget(randomKey(), 3, IPC_CREAT | IPC_EXCL | 0o640));
      const { sem_nsems, sem_perm } = semctl(id, 0, IPC_STAT);
      return fields(sem_nsems, sem_perm.mode, sem_perm.cuid);
    },
    promise: async () => {
      const { count, mode, cuid } = await temporarySet({ count: 3, mode: 0o640 }).stat();
      return fields(count, mode, cuid);
    },
  },
  {
    id: 'own',
    what: 'Linux begins with zeroes',
    expected: '0 0 0',
    c: 'semget-values',
    sync: () => valuesOf(made(3)),
    promise: async () => (await temporarySet({ count: 3 }).values()).join(' '),
  },
  {
    id: 'own',
    what: 'a new set has no time of an operation',
    expected: 'unset',
    c: 'semget-no-operation',
    sync: () => (semctl(made(1), 0, IPC_STAT).sem_otime === 0 ? 'unset' : 'set'),
    promise: different('set', 'an operation tells others that it has its values', async () => {
      const { operatedAt } = await temporarySet().stat();
      return operatedAt === undefined ? 'unset' : 'set';
    }),
  },
  {
    id: 'own',
    what: 'a key that has a set names it',
    expected: 'same',
    c: 'semget-same-key',
    sync: () => {
      const { id, key } = setObject();
      return sameness(semget(key, 1, 0), id);
    },
    promise: async () => {
      const { id, key } = setObject();
      return sameness((await SemaphoreSet.open(key)).id, id);
    },
  },
  {
    id: 'own',
    what: 'without a number of semaphores, a set of any size is found',
    expected: 'same',
    c: 'semget-no-count',
    sync: () => {
      const { id, key } = setObject('000');
      return sameness(semget(key, 0, 0), id);
    },
    promise: async () => {
      const { id, key } = setObject('000');
      const opened = await SemaphoreSet.open(key);
      return opened.count === 3 ? sameness(opened.id, id) : 'another size';
    },
  },
  {
    id: 'own',
    what: 'IPC_CREAT without IPC_EXCL finds the set that is there',
    expected: 'same',
    c: 'semget-create-existing',
    sync: () => {
      const { id, key } = setObject();
      return sameness(semget(key, 1, IPC_CREAT | 0o600), id);
    },
    promise: async () => {
      const { id, key } = setObject();
      return sameness((await SemaphoreSet.openOrCreate(key)).id, id);
    },
  },
  {
    id: 'own',
    what: 'IPC_PRIVATE makes a set each time',
    expected: 'different',
    c: 'semget-private-twice',
    sync: () => sameness(newSet(), newSet()),
    promise: async () => sameness(await madeByClass(1), await madeByClass(1)),
  },
  {
    id: 'own',
    what: 'the umask takes nothing from the mode',
    expected: '666',
    c: 'semget-mode-ignores-umask',
    sync: () => semctl(newSet('0', 0o666), 0, IPC_STAT).sem_perm.mode.toString(8),
    promise: async () => (await setObject('0', 0o666).stat()).mode.toString(8),
  },
];

const noSize = 'the number is checked before the call';

const refused: Row[] = [
  {
    id: 'semget02',
    what: 'IPC_CREAT | IPC_EXCL of a key that has a set',
    expected: 'EEXIST',
    c: 'semget-exists',
    sync: () => semget(setObject().key, 1, IPC_CREAT | IPC_EXCL | 0o600),
    promise: async () => (await SemaphoreSet.create(setObject().key)).id,
  },
  {
    id: 'semget02',
    what: 'a key that has no set, without IPC_CREAT',
    expected: 'ENOENT',
    c: 'semget-absent',
    sync: () => semget(randomKey(), 1, 0o600),
    promise: async () => (await SemaphoreSet.open(randomKey())).id,
  },
  {
    id: 'own',
    what: 'IPC_EXCL alone makes nothing',
    expected: 'ENOENT',
    c: 'semget-absent-exclusive',
    sync: () => semget(randomKey(), 1, IPC_EXCL | 0o600),
    promise: absent('create always passes IPC_CREAT, open passes no flag'),
  },
  {
    id: 'semget02',
    what: 'a new set of no semaphores',
    expected: 'EINVAL',
    c: 'semget-none',
    sync: () => made(0),
    promise: different('ERR_OUT_OF_RANGE', noSize, () => madeByClass(0)),
  },
  {
    id: 'semget02',
    what: 'a negative number of semaphores',
    expected: 'EINVAL',
    c: 'semget-negative',
    sync: () => made(-1),
    promise: different('ERR_OUT_OF_RANGE', noSize, () => madeByClass(-1)),
  },
  {
    id: 'semget02',
    what: 'more semaphores than SEMMSL',
    expected: 'EINVAL',
    c: 'semget-too-large',
    sync: () => made(semctl(0, 0, IPC_INFO).semmsl + 1),
    promise: () => madeByClass(semctl(0, 0, IPC_INFO).semmsl + 1),
  },
  {
    id: 'semget02',
    what: 'the set that is there has fewer semaphores',
    expected: 'EINVAL',
    c: 'semget-too-small',
    sync: () => semget(setObject('00').key, 3, 0o600),
    promise: async () => {
      const { id } = await SemaphoreSet.openOrCreate(setObject('00').key, { count: 3 });
      return id;
    },
  },
  denied('read', { mode: 0o600, call: 'semget-read', first: 'set-values' }),
  denied('alter', { mode: 0o644, call: 'semget-alter', first: 'set-post' }),
  denied('read and alter', { mode: 0o600, call: 'semget-both', first: 'set-stat' }),
  tooMany('semget05', 'one set more than SEMMNI', 'too-many'),
  tooMany('own', 'more semaphores in all sets than SEMMNS', 'too-many-semaphores'),
];

interface Denial {
  mode: number;
  call: string;
  /** Class objects open a set with no flags: the first call that needs a permission is told. */
  first: string;
}

function denied(what: string, { mode, call, first }: Denial): Row {
  return {
    id: 'semget02',
    what: `a set of another user is opened to ${what} it`,
    expected: 'EACCES',
    c: call.replace('semget-', 'semget-denied-'),
    sync: () => asNobody(call, setObject('0', mode).key),
    promise: () => asNobody(first, setObject('0', mode).key),
    needs: root,
  };
}

function tooMany(id: string, what: string, name: string): Row {
  return {
    id,
    what,
    expected: 'ENOSPC',
    c: `semget-${name}`,
    sync: () => inOwnNamespace(`semget-${name}`),
    promise: () => inOwnNamespace(`set-${name}`),
    needs: ownNamespace,
  };
}

function numbered(what: string, expected: string, name: string): Row {
  return {
    id: 'own',
    what,
    expected,
    c: `semget-${name}`,
    sync: () => inOwnNamespace(`semget-${name}`),
    promise: () => inOwnNamespace(`set-${name}`),
    needs: nextSetId,
  };
}

export const semgetRows: Row[] = [
  ...found,
  ...refused,
  numbered('kernel.sem_next_id chooses the id of the next set', '7', 'next-id'),
  numbered('kernel.sem_next_id is used once', '-1', 'next-id-used-up'),
  numbered('a kernel.sem_next_id that is taken gives another id', 'different', 'next-id-taken'),
];
