import { check, type SystemErrorContext } from '../core/error';
import { checkControl, ownerHint } from './control';
import { IPC_SET, IPC_STAT } from './constants';
import { dateOf } from './ipc-perm';
import type { OwnerChanges } from './owner-changes';
import { semctlSet, semctlStatus } from './semid-ds';

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

/** semctl(IPC_SET) of what is given; the rest is read first and stays. */
export function change(id: number, changes: SemaphoreChanges, context: SystemErrorContext): void {
  const now = readStatus(id, context);
  const { uid = now.uid, gid = now.gid, mode = now.mode } = changes;
  const result = semctlSet(id, IPC_SET, uid, gid, mode);
  check(result, 'semctl', { ...context, hint: ownerHint(result) });
}
