/** How segments are made and found. */

import { check, errnoOf, SystemError } from '../core/error';
import { word } from '../core/mapping-options';
import { fileMode, integer, objectOf } from '../core/options';
import { kernelSetting } from '../core/proc';
import { native } from '../native';
import {
  IPC_CREAT,
  IPC_EXCL,
  IPC_INFO,
  IPC_PRIVATE,
  IPC_STAT,
  SHM_HUGE_1GB,
  SHM_HUGE_2MB,
  SHM_HUGETLB,
  SHM_INFO,
} from './constants';
import { checkKey, checkKeyOf, randomKey, type Key } from './key';
import { shmctlInfo, shmctlStatus, shmctlUsage } from './shmid-ds';

/** Pages of the reserved pool (vm.nr_hugepages); `'reserved'`: of the default size. */
export type SegmentHugePages = 'reserved' | '2MiB' | '1GiB';

/** What a segment is made with. */
export interface SharedMemoryOptions {
  /** Size in bytes, 1 or more. */
  size: number;
  /** Permission bits, exactly: System V ignores the umask. Default 0o600. */
  mode?: number | undefined;
  /** Take huge pages, which have to be reserved before; takes CAP_IPC_LOCK or vm.hugetlb_shm_group. */
  hugePages?: SegmentHugePages | undefined;
}

/** A segment that was just found or made. */
export interface OpenedSegment {
  id: number;
  key: number;
  size: number;
}

interface Plan {
  size: number;
  flags: number;
}

const EEXIST = -errnoOf('EEXIST');
const EIDRM = -errnoOf('EIDRM');
const EINVAL = -errnoOf('EINVAL');
const ENOENT = -errnoOf('ENOENT');
const ENOMEM = -errnoOf('ENOMEM');
const ENOSPC = -errnoOf('ENOSPC');
const EPERM = -errnoOf('EPERM');

const hugeFlags: Record<SegmentHugePages, number> = {
  reserved: SHM_HUGETLB,
  '2MiB': SHM_HUGETLB | SHM_HUGE_2MB,
  '1GiB': SHM_HUGETLB | SHM_HUGE_1GB,
};

function planOf(options: SharedMemoryOptions): Plan {
  const { size, mode, hugePages } = objectOf('options', options);
  const permissions = mode === undefined ? 0o600 : fileMode('options.mode', mode);
  const huge = hugePages === undefined ? 0 : word('options.hugePages', hugeFlags, hugePages);
  return {
    size: integer('options.size', size, 1, Number.MAX_SAFE_INTEGER),
    flags: IPC_CREAT | IPC_EXCL | permissions | huge,
  };
}

const hugeHint =
  'huge pages of that size have to be reserved before: sysctl -w vm.nr_hugepages=N, or /sys/kernel/mm/hugepages';

function hugeGroupHint(): string {
  const group = kernelSetting('vm/hugetlb_shm_group');
  return `huge pages take CAP_IPC_LOCK, or the group vm.hugetlb_shm_group = ${group}`;
}

/** Which limit of the kernel shmget has hit, and how it is raised. */
function hintOf(error: number, { size, flags }: Plan): string | undefined {
  const huge = (flags & SHM_HUGETLB) !== 0;
  if (huge && error === ENOMEM) return hugeHint;
  if (huge && error === EPERM) return hugeGroupHint();
  const [, { shmmax, shmmni, shmall }] = shmctlInfo(IPC_INFO);
  if (error === EINVAL && BigInt(size) > shmmax) {
    return `${String(size)} bytes are more than kernel.shmmax = ${String(shmmax)}; raise it with sysctl -w kernel.shmmax=${String(size)}`;
  }
  if (error !== ENOSPC) return undefined;
  const [, { used_ids, shm_tot }] = shmctlUsage(SHM_INFO);
  return (
    `the limits are kernel.shmmni = ${String(shmmni)} segments (there are ${String(used_ids)}) ` +
    `and kernel.shmall = ${String(shmall)} pages (${String(shm_tot)} are used); ` +
    'remove some (ipcs -m, ipcrm), or raise them with sysctl -w kernel.shmmni=N kernel.shmall=N'
  );
}

function failure(error: number, key: number, plan: Plan): SystemError {
  return new SystemError(error, 'shmget', { key, hint: hintOf(error, plan) });
}

/** A new segment; EEXIST if the key has one. */
export function createSegment(key: Key, options: SharedMemoryOptions): OpenedSegment {
  const checked = checkKey(key);
  const plan = planOf(options);
  for (;;) {
    const chosen = checked === 'random' ? randomKey() : checked;
    const id = native.shmget(chosen, plan.size, plan.flags);
    if (id >= 0) return { id, key: chosen, size: plan.size };
    if (id !== EEXIST || checked !== 'random') throw failure(id, chosen, plan);
  }
}

/** What shmget has found; undefined: look again, for it was removed in this moment. */
function found(id: number, key: number): OpenedSegment | undefined {
  const [result, { shm_segsz: size }] = shmctlStatus(id, IPC_STAT);
  if (result === EINVAL || result === EIDRM) return undefined;
  check(result, 'shmctl', { id, key });
  return { id, key, size };
}

/** The segment that the key has; ENOENT if none. */
export function openSegment(key: number): OpenedSegment {
  const checked = checkKeyOf('segment', key);
  for (;;) {
    const id = check(native.shmget(checked, 0, 0), 'shmget', { key: checked });
    const segment = found(id, checked);
    if (segment !== undefined) return segment;
  }
}

/** The segment that the key has, or a new one. */
export function openOrCreateSegment(key: Key, options: SharedMemoryOptions): OpenedSegment {
  const checked = checkKey(key);
  if (checked === 'random' || checked === IPC_PRIVATE) return createSegment(key, options);
  const plan = planOf(options);
  for (;;) {
    const id = native.shmget(checked, 0, 0);
    const segment = id >= 0 ? found(id, checked) : undefined;
    if (segment !== undefined) return largeEnough(segment, plan);
    if (id >= 0) continue;
    if (id !== ENOENT) throw failure(id, checked, plan);
    const made = native.shmget(checked, plan.size, plan.flags);
    if (made >= 0) return { id: made, key: checked, size: plan.size };
    if (made !== EEXIST) throw failure(made, checked, plan);
  }
}

function largeEnough(segment: OpenedSegment, { size }: Plan): OpenedSegment {
  if (segment.size >= size) return segment;
  const { id, key } = segment;
  const hint = `the segment has ${String(segment.size)} bytes, fewer than ${String(size)}`;
  throw new SystemError(EINVAL, 'shmget', { id, key, hint });
}
