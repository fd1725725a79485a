/** Rows of shmctl that fail. */

import {
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SHM_INFO,
  SHM_LOCK,
  type SHM_UNLOCK,
  shmctl,
} from 'posix-ipc/syscalls';

import { asNobody } from './elsewhere';
import { root } from './needs';
import type { Result } from './result';
import { absent, different, type Row } from './row';
import { newSegment, NO_ID, removedObject, removedSegment, segmentObject } from './segments';

const noObject = absent('no object is made of such an id');
const noStruct = 'the struct is an object, or the return value';

/** `name` is the end of the names of the calls; the owner has given all permissions, or none. */
function denied(id: string, what: string, expected: string, name: string, mode = 0o666): Row {
  return {
    id,
    what,
    expected,
    c: `shmctl-${name}-denied`,
    sync: () => asNobody(`shmctl-${name}`, segmentObject(mode).id),
    promise: () => asNobody(`segment-${name}-id`, segmentObject(mode).id),
    needs: root,
  };
}

function set(id: number): Result {
  shmctl(id, IPC_SET, { shm_perm: { uid: 0, gid: 0, mode: 0o600 } });
  return undefined;
}

function command(id: number, cmd: typeof IPC_RMID | typeof SHM_LOCK | typeof SHM_UNLOCK): Result {
  shmctl(id, cmd);
  return undefined;
}

function told(id: number, cmd: typeof IPC_INFO | typeof SHM_INFO): Result {
  shmctl(id, cmd as number);
  return undefined;
}

const permission: Row[] = [
  denied('shmctl02', 'IPC_STAT without permission to read', 'EACCES', 'status', 0o600),
  denied('shmctl02', "IPC_SET of another user's segment", 'EPERM', 'set'),
  denied('shmctl02', "IPC_RMID of another user's segment", 'EPERM', 'remove'),
  denied('shmctl02', "SHM_LOCK of another user's segment", 'EPERM', 'lock'),
  denied('shmctl02', "SHM_UNLOCK of another user's segment", 'EPERM', 'unlock'),
];

const wrong: Row[] = [
  {
    id: 'shmctl02',
    what: 'IPC_STAT into no memory',
    expected: 'EFAULT',
    c: 'shmctl-status-memory',
    sync: absent(noStruct),
    promise: absent(noStruct),
  },
  {
    id: 'shmctl02',
    what: 'IPC_SET from no memory',
    expected: 'EFAULT',
    c: 'shmctl-set-memory',
    sync: different('ERR_INVALID_ARG_TYPE', noStruct, () => {
      shmctl(newSegment(), IPC_SET, undefined as never);
    }),
    promise: different('ERR_INVALID_ARG_TYPE', noStruct, () => segmentObject().set(null as never)),
  },
  {
    id: 'shmctl02',
    what: 'a command that does not exist',
    expected: 'EINVAL',
    c: 'shmctl-no-such-command',
    sync: () => shmctl(newSegment(), 12345),
    promise: absent('the class has no method for this command'),
  },
  {
    id: 'shmctl02',
    what: 'IPC_STAT of an id that no segment can have',
    expected: 'EINVAL',
    c: 'shmctl-status-no-such-id',
    sync: () => shmctl(NO_ID, IPC_STAT),
    promise: noObject,
  },
  {
    id: 'shmctl02',
    what: 'IPC_SET of an id that no segment can have',
    expected: 'EINVAL',
    c: 'shmctl-set-no-such-id',
    sync: () => set(NO_ID),
    promise: noObject,
  },
  {
    id: 'shmctl02',
    what: 'IPC_RMID of an id that no segment can have',
    expected: 'EINVAL',
    c: 'shmctl-remove-no-such-id',
    sync: () => command(NO_ID, IPC_RMID),
    promise: noObject,
  },
  {
    id: 'shmctl02',
    what: 'SHM_LOCK of an id that no segment can have',
    expected: 'EINVAL',
    c: 'shmctl-lock-no-such-id',
    sync: () => command(NO_ID, SHM_LOCK),
    promise: noObject,
  },
  ...([IPC_INFO, SHM_INFO] as const).map((cmd) => ({
    id: 'own',
    what: `${cmd === IPC_INFO ? 'IPC_INFO' : 'SHM_INFO'} of an id that no segment can have`,
    expected: 'EINVAL',
    c: cmd === IPC_INFO ? 'shmctl-limits-no-such-id' : 'shmctl-usage-no-such-id',
    sync: () => told(NO_ID, cmd),
    promise: noObject,
  })),
];

const gone: Row[] = [
  {
    id: 'own',
    what: 'IPC_STAT of a removed segment',
    expected: 'EINVAL',
    c: 'shmctl-status-removed',
    sync: () => shmctl(removedSegment(), IPC_STAT),
    promise: () => removedObject().stat(),
  },
  {
    id: 'own',
    what: 'IPC_SET of a removed segment',
    expected: 'EINVAL',
    c: 'shmctl-set-removed',
    sync: () => set(removedSegment()),
    promise: () => removedObject().set({ mode: 0o600 }),
  },
  {
    id: 'own',
    what: 'SHM_LOCK of a removed segment',
    expected: 'EINVAL',
    c: 'shmctl-lock-removed',
    sync: () => command(removedSegment(), SHM_LOCK),
    promise: () => removedObject().lock(),
  },
  {
    id: 'own',
    what: 'IPC_RMID of a removed segment',
    expected: 'EINVAL',
    c: 'shmctl-removed-twice',
    sync: () => command(removedSegment(), IPC_RMID),
    promise: () => removedObject().remove(),
  },
];

export const shmctlRefusedRows: Row[] = [...permission, ...wrong, ...gone];
