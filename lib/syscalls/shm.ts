/** shmget, shmat, shmdt, shmctl. */

import { check, invalidType, SystemError } from '../core/error';
import { adoptMapping, type Mapping } from '../core/mapping';
import { integer, objectOf } from '../core/options';
import { native } from '../native';
import {
  IPC_INFO,
  type IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SHM_INFO,
  type SHM_LOCK,
  SHM_RDONLY,
  SHM_STAT,
  SHM_STAT_ANY,
  type SHM_UNLOCK,
} from '../sysv/constants';
import {
  attach,
  shmctlInfo,
  shmctlPlain,
  shmctlSet,
  shmctlStatus,
  shmctlUsage,
  type ShmidDs,
  type ShmInfo,
  type ShmUsage,
} from '../sysv/shmid-ds';

/** Those that shmat gave: shmdt refuses others, as in C. */
const attached = new WeakSet<Mapping>();

/**
 * shmget - get a System V shared memory segment identifier; `size` in bytes.
 *
 * SHM_HUGETLB with SHM_NORESERVE is refused: a touch could end the process.
 * Errors: EACCES, EEXIST, EINVAL, ENFILE, ENOENT, ENOMEM, ENOSPC, EPERM. Source: shmget(2).
 */
export function shmget(key: number, size: number, shmflg: number): number {
  return check(native.shmget(key, size, shmflg), 'shmget', { key });
}

/**
 * shmat - attach a segment. Returns a mapping in place of an address.
 *
 * `shmaddr` is null: the kernel chooses the address. One that a caller chooses could lie where the
 * stack is about to grow, and SHM_REMAP there would replace memory in use: both would end the process.
 * Errors: EACCES, EIDRM, EINVAL, ENOMEM. Source: shmop(2).
 *
 * ```js
 * const mapping = shmat(id, null, SHM_RDONLY);
 * console.log(mapping.read(0, 16));
 * shmdt(mapping);
 * ```
 */
export function shmat(shmid: number, shmaddr: null, shmflg: number): Mapping {
  if ((shmaddr as unknown) !== null) {
    throw invalidType('shmaddr', 'null: the kernel chooses the address', shmaddr);
  }
  const [result, length] = attach(shmid, shmflg);
  const handle = check(result, 'shmat', { id: shmid });
  const access = (shmflg & SHM_RDONLY) === 0 ? 'write' : 'read';
  const mapping = adoptMapping(handle, { length, access });
  attached.add(mapping);
  return mapping;
}

/**
 * shmdt - detach what shmat has given. All its views are empty afterwards.
 *
 * Errors: EINVAL (not attached, or not any more). Source: shmop(2).
 */
export function shmdt(shmaddr: Mapping): void {
  objectOf('shmaddr', shmaddr);
  if (!attached.delete(shmaddr) || shmaddr.closed) throw new SystemError('EINVAL', 'shmdt');
  shmaddr.close();
}

/** The fields that IPC_SET reads; all are needed, as in C. */
export interface ShmidDsChanges {
  shm_perm: { uid: number; gid: number; mode: number };
}

/**
 * shmctl - control a shared memory segment.
 *
 * IPC_STAT, SHM_STAT and SHM_STAT_ANY return the struct (the latter two take an index, and give the
 * identifier as `shmid`); IPC_INFO returns struct shminfo, SHM_INFO struct shm_info, each with the
 * highest used index; IPC_SET reads `shm_perm.uid`, `.gid` and `.mode`; SHM_LOCK and SHM_UNLOCK keep
 * the segment in memory or do not; IPC_RMID removes it, with its last attachment.
 * Errors: EACCES, EIDRM, EINVAL, ENOMEM, EPERM. Source: shmctl(2).
 */
export function shmctl(shmid: number, cmd: typeof IPC_STAT): ShmidDs;
export function shmctl(
  index: number,
  cmd: typeof SHM_STAT | typeof SHM_STAT_ANY,
): ShmidDs & { shmid: number };
export function shmctl(shmid: number, cmd: typeof IPC_INFO): ShmInfo & { index: number };
export function shmctl(shmid: number, cmd: typeof SHM_INFO): ShmUsage & { index: number };
export function shmctl(shmid: number, cmd: typeof IPC_SET, buf: ShmidDsChanges): void;
export function shmctl(
  shmid: number,
  cmd: typeof IPC_RMID | typeof SHM_LOCK | typeof SHM_UNLOCK,
): void;
export function shmctl(shmid: number, cmd: number): unknown;
export function shmctl(shmid: number, cmd: number, buf?: ShmidDsChanges): unknown {
  const context = { id: shmid };
  switch (cmd) {
    case IPC_STAT: {
      const [result, ds] = shmctlStatus(shmid, cmd);
      check(result, 'shmctl', context);
      return ds;
    }
    case SHM_STAT:
    case SHM_STAT_ANY: {
      const [result, ds] = shmctlStatus(shmid, cmd);
      return { ...ds, shmid: check(result, 'shmctl', context) };
    }
    case IPC_INFO: {
      const [result, info] = shmctlInfo(cmd, shmid);
      return { ...info, index: check(result, 'shmctl', context) };
    }
    case SHM_INFO: {
      const [result, usage] = shmctlUsage(cmd, shmid);
      return { ...usage, index: check(result, 'shmctl', context) };
    }
    case IPC_SET: {
      const { uid, gid, mode } = changesOf(buf);
      check(shmctlSet(shmid, cmd, uid, gid, mode), 'shmctl', context);
      return undefined;
    }
    default:
      check(shmctlPlain(shmid, cmd), 'shmctl', context);
      return undefined;
  }
}

function changesOf(buf: ShmidDsChanges | undefined): ShmidDsChanges['shm_perm'] {
  if (buf === undefined) throw invalidType('buf', 'an object', buf);
  const { uid, gid, mode } = objectOf('buf.shm_perm', objectOf('buf', buf).shm_perm);
  const most = 2 ** 32 - 1;
  return {
    uid: integer('buf.shm_perm.uid', uid, 0, most),
    gid: integer('buf.shm_perm.gid', gid, 0, most),
    mode: integer('buf.shm_perm.mode', mode, 0, 0xffff),
  };
}
