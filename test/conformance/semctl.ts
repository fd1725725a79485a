import type { sysv } from 'posix-ipc';
import {
  GETNCNT,
  GETPID,
  GETVAL,
  GETZCNT,
  IPC_INFO,
  IPC_PRIVATE,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SETALL,
  SETVAL,
  semctl,
  semget,
} from 'posix-ipc/syscalls';

import { semaphoreLimits } from '../support/machine';
import { nobody } from '../support/nobody';
import { adoptSetId } from '../support/semaphore-sets';
import { soon, waitUntil } from '../support/wait-until';
import { inOther, inOwnNamespace, start, whileBlocked, whilePending } from './elsewhere';
import { ownNamespace, root } from './needs';
import type { Result } from './result';
import { absent, type Row } from './row';
import { semctlRefusedRows } from './semctl-refused';
import { newSet, operate, setObject, valuesOf } from './sets';

interface Fields {
  count: number;
  mode: number;
  owner: number[];
  changed: number;
}

function fields({ count, mode, owner, changed }: Fields): string {
  const isRecent = Math.abs(Date.now() / 1000 - changed) < 100;
  return [
    `semaphores ${String(count)}, mode ${mode.toString(8)}`,
    `owner ${owner.join(' ')}, changed ${isRecent ? 'now' : 'then'}`,
  ].join(', ');
}

function self(pid: number): string {
  return pid === process.pid ? 'self' : 'other';
}

function set(id: number, changes: Partial<{ uid: number; gid: number; mode: number }>): Result {
  const { sem_perm } = semctl(id, 0, IPC_STAT);
  semctl(id, 0, IPC_SET, { sem_perm: { ...sem_perm, ...changes } });
  return undefined;
}

const status: Row[] = [
  {
    id: 'semctl01, semctl07',
    what: 'IPC_STAT of a new set',
    expected: `semaphores 2, mode 640, owner ${[process.geteuid?.(), process.getegid?.()].join(' ')}, changed now`,
    c: 'semctl-status',
    sync: () => {
      const { sem_nsems, sem_perm, sem_ctime } = semctl(newSet('00', 0o640), 0, IPC_STAT);
      const { mode, uid, gid } = sem_perm;
      return fields({ count: sem_nsems, mode, owner: [uid, gid], changed: sem_ctime });
    },
    promise: async () => {
      const { count, mode, uid, gid, changedAt } = await setObject('00', 0o640).stat();
      return fields({ count, mode, owner: [uid, gid], changed: changedAt.getTime() / 1000 });
    },
  },
  {
    id: 'semctl01',
    what: 'IPC_SET of the mode',
    expected: '444',
    c: 'semctl-change-mode',
    sync: () => {
      const id = newSet();
      set(id, { mode: 0o444 });
      return semctl(id, 0, IPC_STAT).sem_perm.mode.toString(8);
    },
    promise: async () => {
      const object = setObject();
      await object.set({ mode: 0o444 });
      return (await object.stat()).mode.toString(8);
    },
  },
  {
    id: 'own',
    what: 'IPC_SET of the owner leaves the creator',
    expected: `owner ${String(nobody)} ${String(nobody)}, creator 0 0`,
    c: 'semctl-change-owner',
    sync: () => {
      const id = newSet();
      set(id, { uid: nobody, gid: nobody });
      return owners(semctl(id, 0, IPC_STAT).sem_perm);
    },
    promise: async () => {
      const object = setObject();
      await object.set({ uid: nobody, gid: nobody });
      return owners(await object.stat());
    },
    needs: root,
  },
  {
    id: 'semctl01',
    what: 'IPC_RMID',
    expected: 'done',
    c: 'semctl-removed',
    sync: () => {
      semctl(newSet(), 0, IPC_RMID);
    },
    promise: () => setObject().remove(),
  },
];

interface Owners {
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
}

function owners({ uid, gid, cuid, cgid }: Owners): string {
  return `owner ${String(uid)} ${String(gid)}, creator ${String(cuid)} ${String(cgid)}`;
}

const values: Row[] = [
  {
    id: 'semctl01',
    what: 'GETVAL',
    expected: '2',
    c: 'semctl-get-value',
    sync: () => semctl(newSet('123'), 1, GETVAL),
    promise: () => setObject('123').value(1),
  },
  {
    id: 'semctl01',
    what: 'GETALL',
    expected: '1 2 3',
    c: 'semctl-get-all',
    sync: () => valuesOf(newSet('123')),
    promise: async () => (await setObject('123').values()).join(' '),
  },
  {
    id: 'semctl01, semctl07',
    what: 'SETVAL',
    expected: '1 7 3',
    c: 'semctl-set-value',
    sync: () => {
      const id = newSet('123');
      semctl(id, 1, SETVAL, 7);
      return valuesOf(id);
    },
    promise: async () => {
      const object = setObject('123');
      await object.setValue(1, 7);
      return valuesOf(object.id);
    },
  },
  {
    id: 'semctl01',
    what: 'SETALL',
    expected: '7 8 9',
    c: 'semctl-set-all',
    sync: () => {
      const id = newSet('000');
      semctl(id, 0, SETALL, [7, 8, 9]);
      return valuesOf(id);
    },
    promise: async () => {
      const object = setObject('000');
      await object.setValues([7, 8, 9]);
      return valuesOf(object.id);
    },
  },
  {
    id: 'semctl06',
    what: 'SETVAL of another process',
    expected: '5',
    c: 'semctl-set-by-other',
    sync: async () => {
      const { id, key } = setObject();
      await inOther('semctl-set-value', key);
      return semctl(id, 0, GETVAL);
    },
    promise: async () => {
      const object = setObject();
      await inOther('set-set-value', object.key);
      return object.value();
    },
  },
];

async function pidAfter(call: string, pid: (object: sysv.SemaphoreSet) => Result): Promise<string> {
  const object = setObject();
  const other = start(call, object);
  await other.success();
  return pid(object) === other.pid ? 'other' : 'wrong';
}

const pids: Row[] = [
  {
    id: 'semctl07',
    what: 'GETPID of a semaphore that nobody has touched',
    expected: '0',
    c: 'semctl-pid-new',
    sync: () => semctl(newUntouched(), 0, GETPID),
    promise: absent('the class gives a new set its values'),
  },
  {
    id: 'own',
    what: 'GETPID after SETVAL',
    expected: 'self',
    c: 'semctl-pid-of-setter',
    sync: () => {
      const id = newUntouched();
      semctl(id, 0, SETVAL, 5);
      return self(semctl(id, 0, GETPID));
    },
    promise: async () => {
      const object = setObject();
      await object.setValue(0, 5);
      return self(await object.pid());
    },
  },
  {
    id: 'semctl01',
    what: 'GETPID after an operation of another process',
    expected: 'other',
    c: 'semctl-pid-of-other',
    sync: () => pidAfter('semop-add-nowait', ({ id }) => semctl(id, 0, GETPID)),
    promise: () => pidAfter('set-post', (object) => object.pidSync()),
  },
];

function newUntouched(): number {
  return adoptSetId(semget(IPC_PRIVATE, 1, 0o600));
}

function counts(takers: number, zeros: number): string {
  return `${String(takers)} and ${String(zeros)}`;
}

function countsOf(id: number): string {
  return counts(semctl(id, 0, GETNCNT), semctl(id, 0, GETZCNT));
}

async function countsOfObject(object: sysv.SemaphoreSet): Promise<string> {
  return counts(await object.waiters(), await object.zeroWaiters());
}

/** What is counted while somebody waits. */
async function countedDuring(
  object: sysv.SemaphoreSet,
  wait: (count: () => Promise<void>) => Promise<unknown>,
  count: () => string | Promise<string>,
): Promise<string> {
  let counted = '';
  await wait(async () => {
    counted = await count();
    operate(object.id, [0, semctl(object.id, 0, GETVAL) === 0 ? 1 : -1]);
  });
  return counted;
}

const waiters: Row[] = [
  {
    id: 'semctl07',
    what: 'GETNCNT and GETZCNT while nobody waits',
    expected: '0 and 0',
    c: 'semctl-counts-none',
    sync: () => countsOf(newSet()),
    promise: () => countsOfObject(setObject()),
  },
  {
    id: 'semctl01',
    what: 'GETNCNT and GETZCNT while somebody waits to take',
    expected: '1 and 0',
    c: 'semctl-count-takers',
    sync: () => {
      const object = setObject();
      const wait = (happen: () => Promise<void>): Promise<string> =>
        whileBlocked('semop', object, happen);
      return countedDuring(object, wait, () => countsOf(object.id));
    },
    promise: () => {
      const object = setObject();
      const wait = (happen: () => Promise<void>): Promise<void> =>
        whilePending('semop', object, object.wait(), happen);
      return countedDuring(object, wait, () => countsOfObject(object));
    },
  },
  {
    id: 'semctl01',
    what: 'GETNCNT and GETZCNT while somebody waits for 0',
    expected: '0 and 1',
    c: 'semctl-count-zeros',
    sync: () => {
      const object = setObject('1');
      const wait = (happen: () => Promise<void>): Promise<string> =>
        whileBlocked('semop', object, happen, 'semop-zero');
      return countedDuring(object, wait, () => countsOf(object.id));
    },
    promise: () => {
      const object = setObject('1');
      const wait = (happen: () => Promise<void>): Promise<void> =>
        whilePending('semop', object, object.waitForZero(), happen);
      return countedDuring(object, wait, () => countsOfObject(object));
    },
  },
  {
    id: 'SemopGetncntOnSignal',
    what: 'GETNCNT after a signal has ended who waited',
    expected: '0',
    c: 'semctl-count-after-signal',
    sync: () => afterKill('semop', ({ id }) => semctl(id, 0, GETNCNT)),
    promise: () => afterKill('set-wait', (object) => object.waitersSync()),
  },
  {
    id: 'SemopGetzcntOnSetRemoval',
    what: 'GETZCNT after the set was removed that somebody waited for',
    expected: 'EINVAL',
    c: 'semctl-count-after-removal',
    sync: async () => {
      const object = setObject('1');
      const happen = (): void => {
        object.removeSync();
      };
      await whileBlocked('semop', object, happen, 'semop-zero');
      return semctl(object.id, 0, GETZCNT);
    },
    promise: async () => {
      const object = setObject('1');
      const pending = object.waitForZero();
      await expect(whilePending('semop', object, pending, () => object.remove())).rejects.toThrow(
        'EIDRM',
      );
      return object.zeroWaiters();
    },
  },
];

async function afterKill(
  call: string,
  count: (object: sysv.SemaphoreSet) => number,
): Promise<number> {
  const object = setObject();
  const peer = start(call, object);
  await waitUntil('it is counted', () => count(object) === 1);
  peer.kill('SIGKILL');
  await soon('its end', peer.ended);
  return count(object);
}

const noCommand = absent('the class has no method for this command');

function ofAll(id: string, what: string, expected: string, name: string): Row {
  const sync = (): Promise<string> => inOwnNamespace(`semctl-${name}`);
  return { id, what, expected, c: `semctl-${name}`, sync, promise: noCommand, needs: ownNamespace };
}

const overview: Row[] = [
  {
    id: 'semctl01',
    what: 'IPC_INFO tells the limits',
    expected: 'as in /proc',
    c: 'semctl-info',
    sync: () => {
      const { semmsl, semmns, semopm, semmni, semvmx } = semctl(0, 0, IPC_INFO);
      const told = [semmsl, semmns, semopm, semmni].join(' ');
      return told === semaphoreLimits() && semvmx === 0x7fff ? 'as in /proc' : 'other';
    },
    promise: noCommand,
  },
  ofAll('semctl09', 'SEM_INFO counts what is there', 'index 1, sets 2, semaphores 5', 'usage'),
  ofAll('semctl01', 'SEM_STAT of an index', 'id 0, semaphores 3', 'index-status'),
  ofAll('own', 'SEM_STAT without permission to read', 'EACCES', 'index-denied'),
  ofAll('semctl09', 'SEM_STAT_ANY needs no permission', 'id 0, semaphores 3', 'index-any'),
  ofAll('own', 'SEM_STAT of an index without a set', 'EINVAL', 'index-none'),
];

export const semctlRows: Row[] = [
  ...status,
  ...values,
  ...pids,
  ...waiters,
  ...semctlRefusedRows,
  ...overview,
];
