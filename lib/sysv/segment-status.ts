import type { SystemErrorContext } from '../core/error';
import { checkControl, checkSet, readToSet, type StatusCall } from './control';
import { IPC_SET, IPC_STAT, SHM_DEST, SHM_LOCKED, SHM_STAT_ANY } from './constants';
import { dateOf } from './ipc-perm';
import { ownerAfter, type OwnerChanges } from './owner-changes';
import { shmctlSet, shmctlStatus, type ShmidDs } from './shmid-ds';

/** What the kernel knows about a segment: struct shmid_ds of shmctl(2), in words. */
export interface SegmentStatus {
  /** The System V identifier. */
  id: number;
  /** The key; 0 for IPC_PRIVATE, and once it is removed. */
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
  /** Size in bytes, as it was asked for. */
  size: number;
  /** How many times it is attached, in all processes. */
  attachments: number;
  /** It was removed, and goes with its last attachment. */
  removed: boolean;
  /** It is locked in memory. */
  locked: boolean;
  /** The process that made it; 0 if this PID namespace does not see it. */
  creatorPid: number;
  /** The process that attached or detached it last; 0 if none, or none that this PID namespace sees. */
  lastPid: number;
  /** Time of the last attachment, to the second. */
  attachedAt: Date | undefined;
  /** Time of the last detachment, to the second. */
  detachedAt: Date | undefined;
  /** Time of creation or of the last change by `set`, to the second. */
  changedAt: Date;
}

/** What `set` changes; what is absent stays as it is. */
export type SegmentChanges = OwnerChanges;

const permissionBits = 0o777;

/** shmctl(IPC_STAT). */
export function readSegment(id: number, context: SystemErrorContext): SegmentStatus {
  const [result, ds] = shmctlStatus(id, IPC_STAT);
  checkControl(result, 'shmctl', 'segment', context);
  return segmentOf(id, ds);
}

/** What shmctl(2) has told of a segment. */
export function segmentOf(id: number, ds: ShmidDs): SegmentStatus {
  const { key, mode, uid, gid, cuid, cgid } = ds.shm_perm;
  return {
    id,
    key,
    mode: mode & permissionBits,
    uid,
    gid,
    cuid,
    cgid,
    size: ds.shm_segsz,
    attachments: ds.shm_nattch,
    removed: (mode & SHM_DEST) !== 0,
    locked: (mode & SHM_LOCKED) !== 0,
    creatorPid: ds.shm_cpid,
    lastPid: ds.shm_lpid,
    attachedAt: dateOf(ds.shm_atime),
    detachedAt: dateOf(ds.shm_dtime),
    changedAt: new Date(ds.shm_ctime * 1000),
  };
}

const asked: StatusCall<ShmidDs> = {
  syscall: 'shmctl',
  what: 'segment',
  status: shmctlStatus,
  any: SHM_STAT_ANY,
};

/** shmctl(IPC_SET) of what is given; the rest stays. */
export function changeSegment(
  id: number,
  changes: OwnerChanges,
  context: SystemErrorContext,
): void {
  const { uid, gid, mode } = ownerAfter(changes, () => readToSet(asked, id, context).shm_perm);
  checkSet(shmctlSet(id, IPC_SET, uid, gid, mode & permissionBits), asked, context);
}
