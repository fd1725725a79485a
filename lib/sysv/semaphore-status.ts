import type { SystemErrorContext } from '../core/error';
import { checkControl, checkSet, readToSet, type StatusCall } from './control';
import { IPC_SET, IPC_STAT, SEM_STAT_ANY } from './constants';
import { dateOf } from './ipc-perm';
import { ownerAfter, type OwnerChanges } from './owner-changes';
import { semctlSet, semctlStatus, type SemidDs } from './semid-ds';

/** What the kernel knows about a set: struct semid_ds of semctl(2), in words. */
export interface SemaphoreStatus {
  /** The System V identifier. */
  id: number;
  /** The key; 0 for IPC_PRIVATE. */
  key: number;
  /** Permission bits. */
  mode: number;
  /** Owner. */
  uid: number;
  /** Owner's group. */
  gid: number;
  /** Creator. */
  cuid: number;
  /** Creator's group. */
  cgid: number;
  /** How many semaphores the set has. */
  count: number;
  /** Time of the last operation, to the second; undefined if there was none. */
  operatedAt: Date | undefined;
  /** Time of creation, or of the last change by `set`, `setValue` or `setValues`, to the second. */
  changedAt: Date;
}

/** What `set` changes; what is absent stays as it is. */
export type SemaphoreChanges = OwnerChanges;

/** semctl(IPC_STAT). */
export function readStatus(id: number, context: SystemErrorContext): SemaphoreStatus {
  const [result, ds] = semctlStatus(id, IPC_STAT);
  checkControl(result, 'semctl', 'set', context);
  return statusOf(id, ds);
}

/** What semctl(2) has told of a set. */
export function statusOf(id: number, ds: SemidDs): SemaphoreStatus {
  const { key, mode, uid, gid, cuid, cgid } = ds.sem_perm;
  return {
    id,
    key,
    mode,
    uid,
    gid,
    cuid,
    cgid,
    count: ds.sem_nsems,
    operatedAt: dateOf(ds.sem_otime),
    changedAt: new Date(ds.sem_ctime * 1000),
  };
}

const asked: StatusCall<SemidDs> = {
  syscall: 'semctl',
  what: 'set',
  status: semctlStatus,
  any: SEM_STAT_ANY,
};

/** semctl(IPC_SET) of what is given; the rest stays. */
export function change(id: number, changes: SemaphoreChanges, context: SystemErrorContext): void {
  const { uid, gid, mode } = ownerAfter(changes, () => readToSet(asked, id, context).sem_perm);
  checkSet(semctlSet(id, IPC_SET, uid, gid, mode), asked, context);
}
