/** Rows of semctl that fail. */

import { GETVAL, IPC_RMID, IPC_SET, IPC_STAT, SETALL, SETVAL, semctl } from 'posix-ipc/syscalls';

import { asNobody } from './elsewhere';
import { root } from './needs';
import type { Result } from './result';
import { absent, different, type Row } from './row';
import { newSet, NO_ID, removedObject, removedSet, setObject, withValues } from './sets';

const noObject = absent('no object is made of such an id');
const noStruct = 'the struct is an object, or the return value';
const noValue = 'the value is checked before the call';
const tooHigh = 0x8000;

interface Denied {
  expected: string;
  c: string;
  mode?: number;
  calls: [sync: string, promise: string];
}

function denied(id: string, what: string, { expected, c, mode, calls }: Denied): Row {
  const [sync, promise] = calls;
  return {
    id,
    what,
    expected,
    c,
    sync: () => asNobody(sync, setObject('0', mode).key),
    promise: () => asNobody(promise, setObject('0', mode).key),
    needs: root,
  };
}

function set(id: number): Result {
  semctl(id, 0, IPC_SET, { sem_perm: { uid: 0, gid: 0, mode: 0o600 } });
  return undefined;
}

function remove(id: number): Result {
  semctl(id, 0, IPC_RMID);
  return undefined;
}

const permission: Row[] = [
  denied('semctl02', 'IPC_STAT without permission to read', {
    expected: 'EACCES',
    c: 'semctl-status-denied',
    calls: ['semctl-stat', 'set-stat'],
  }),
  denied('own', 'GETVAL without permission to read', {
    expected: 'EACCES',
    c: 'semctl-value-denied',
    calls: ['semctl-value', 'set-value'],
  }),
  denied('own', 'SETVAL with permission to read only', {
    expected: 'EACCES',
    c: 'semctl-set-value-denied',
    mode: 0o644,
    calls: ['semctl-set-value', 'set-set-value'],
  }),
  denied('semctl04', "IPC_SET of another user's set", {
    expected: 'EPERM',
    c: 'semctl-set-denied',
    mode: 0o666,
    calls: ['semctl-set', 'set-set'],
  }),
  denied('semctl04', "IPC_RMID of another user's set", {
    expected: 'EPERM',
    c: 'semctl-remove-denied',
    mode: 0o666,
    calls: ['semctl-remove', 'set-remove'],
  }),
];

const memory: Row[] = [
  {
    id: 'own',
    what: 'IPC_STAT into no memory',
    expected: 'EFAULT',
    c: 'semctl-status-memory',
    sync: absent(noStruct),
    promise: absent(noStruct),
  },
  {
    id: 'semctl03',
    what: 'IPC_SET from no memory',
    expected: 'EFAULT',
    c: 'semctl-set-memory',
    sync: different('ERR_INVALID_ARG_TYPE', noStruct, () => {
      semctl(newSet(), 0, IPC_SET, undefined as never);
    }),
    promise: different('ERR_INVALID_ARG_TYPE', noStruct, () => setObject().set(null as never)),
  },
  {
    id: 'own',
    what: 'SETALL from no memory',
    expected: 'EFAULT',
    c: 'semctl-set-all-memory',
    sync: different('ERR_INVALID_ARG_TYPE', noStruct, () => {
      semctl(newSet(), 0, SETALL, undefined as never);
    }),
    promise: different('ERR_INVALID_ARG_TYPE', noStruct, () =>
      setObject().setValues(null as never),
    ),
  },
];

const numbers: Row[] = [
  {
    id: 'semctl03',
    what: 'a command that does not exist',
    expected: 'EINVAL',
    c: 'semctl-no-such-command',
    sync: () => semctl(newSet(), 0, 12345),
    promise: absent('the class has no method for this command'),
  },
  {
    id: 'own',
    what: 'GETVAL of a semaphore that the set does not have',
    expected: 'EINVAL',
    c: 'semctl-number-too-high',
    sync: () => semctl(newSet(), 1, GETVAL),
    promise: () => setObject().value(1),
  },
  {
    id: 'own',
    what: 'GETVAL of a negative number',
    expected: 'EINVAL',
    c: 'semctl-number-negative',
    sync: () => semctl(newSet(), -1, GETVAL),
    promise: different('ERR_OUT_OF_RANGE', 'a semaphore has no such number', () =>
      setObject().value(-1),
    ),
  },
  {
    id: 'semctl05',
    what: 'SETVAL of a negative value',
    expected: 'ERANGE',
    c: 'semctl-set-value-negative',
    sync: () => {
      semctl(newSet(), 0, SETVAL, -1);
    },
    promise: different('ERR_OUT_OF_RANGE', noValue, () => setObject().setValue(0, -1)),
  },
  {
    id: 'semctl05',
    what: 'SETVAL of a value above SEMVMX',
    expected: 'ERANGE',
    c: 'semctl-set-value-too-high',
    sync: () => {
      semctl(newSet(), 0, SETVAL, tooHigh);
    },
    promise: different('ERR_OUT_OF_RANGE', noValue, () => setObject().setValue(0, tooHigh)),
  },
  {
    id: 'semctl05',
    what: 'SETALL with one value above SEMVMX sets none',
    expected: 'ERANGE, values 1 2',
    c: 'semctl-set-all-too-high',
    sync: () => {
      const id = newSet('12');
      return withValues(id, () => {
        semctl(id, 0, SETALL, [3, tooHigh]);
      });
    },
    promise: different('ERR_OUT_OF_RANGE, values 1 2', noValue, () => {
      const object = setObject('12');
      return withValues(object.id, () => object.setValues([3, tooHigh]));
    }),
  },
];

const gone: Row[] = [
  {
    id: 'semctl03',
    what: 'IPC_STAT of an id that no set can have',
    expected: 'EINVAL',
    c: 'semctl-status-no-such-id',
    sync: () => semctl(NO_ID, 0, IPC_STAT),
    promise: noObject,
  },
  {
    id: 'own',
    what: 'IPC_RMID of an id that no set can have',
    expected: 'EINVAL',
    c: 'semctl-remove-no-such-id',
    sync: () => remove(NO_ID),
    promise: noObject,
  },
  {
    id: 'own',
    what: 'IPC_STAT of a removed set',
    expected: 'EINVAL',
    c: 'semctl-status-removed',
    sync: () => semctl(removedSet(), 0, IPC_STAT),
    promise: () => removedObject().stat(),
  },
  {
    id: 'own',
    what: 'GETVAL of a removed set',
    expected: 'EINVAL',
    c: 'semctl-value-removed',
    sync: () => semctl(removedSet(), 0, GETVAL),
    promise: () => removedObject().value(),
  },
  {
    id: 'own',
    what: 'IPC_SET of a removed set',
    expected: 'EINVAL',
    c: 'semctl-set-removed',
    sync: () => set(removedSet()),
    promise: () => removedObject().set({ mode: 0o600 }),
  },
  {
    id: 'own',
    what: 'IPC_RMID of a removed set',
    expected: 'EINVAL',
    c: 'semctl-removed-twice',
    sync: () => remove(removedSet()),
    promise: () => removedObject().remove(),
  },
];

export const semctlRefusedRows: Row[] = [...permission, ...memory, ...numbers, ...gone];
