import { native } from '../native';
import { permOf, type IpcPerm } from './ipc-perm';

/** struct shmid_ds of shmctl(2); times in seconds, the size in bytes. */
export interface ShmidDs {
  shm_perm: IpcPerm;
  shm_segsz: number;
  shm_atime: number;
  shm_dtime: number;
  shm_ctime: number;
  shm_cpid: number;
  shm_lpid: number;
  shm_nattch: number;
}

/** struct shminfo of shmctl(2), IPC_INFO: the limits. */
export interface ShmInfo {
  /** Bytes; a bigint, because the default is nearly 2^64. */
  shmmax: bigint;
  shmmin: number;
  shmmni: number;
  shmseg: number;
  /** Pages; a bigint, because the default is nearly 2^64. */
  shmall: bigint;
}

/** struct shm_info of shmctl(2), SHM_INFO: what is used; sizes in pages. */
export interface ShmUsage {
  used_ids: number;
  shm_tot: number;
  shm_rss: number;
  shm_swp: number;
  swap_attempts: number;
  swap_successes: number;
}

const values = new Float64Array(16);

function value(index: number): number {
  return values[index] ?? 0;
}

function long(index: number): bigint {
  return (BigInt(value(index)) << 32n) | BigInt(value(index + 1));
}

/**
 * shmat: the handle of the mapping or a negated errno, and the length. It is that of what is attached: an
 * identifier may name another segment by now.
 */
export function attach(shmid: number, flags: number): [handle: number, length: number] {
  const handle = native.shmat(shmid, flags, values);
  return [handle, value(0)];
}

/** A command that needs no struct: its result or negated errno. */
export function shmctlPlain(shmid: number, command: number): number {
  return native.shmctl(shmid, command, values);
}

/** A command that fills shmid_ds: its result or negated errno, and the struct. */
export function shmctlStatus(shmid: number, command: number): [result: number, ds: ShmidDs] {
  const result = native.shmctl(shmid, command, values);
  return [
    result,
    {
      shm_perm: permOf(values),
      shm_segsz: value(7),
      shm_atime: value(8),
      shm_dtime: value(9),
      shm_ctime: value(10),
      shm_cpid: value(11),
      shm_lpid: value(12),
      shm_nattch: value(13),
    },
  ];
}

/** IPC_INFO: its result (the highest used index) or negated errno, and the struct. */
export function shmctlInfo(command: number, shmid = 0): [result: number, info: ShmInfo] {
  const result = native.shmctl(shmid, command, values);
  return [
    result,
    {
      shmmax: long(0),
      shmmin: value(2),
      shmmni: value(3),
      shmseg: value(4),
      shmall: long(5),
    },
  ];
}

/** SHM_INFO: its result (the highest used index) or negated errno, and the struct. */
export function shmctlUsage(command: number, shmid = 0): [result: number, usage: ShmUsage] {
  const result = native.shmctl(shmid, command, values);
  return [
    result,
    {
      used_ids: value(0),
      shm_tot: value(1),
      shm_rss: value(2),
      shm_swp: value(3),
      swap_attempts: value(4),
      swap_successes: value(5),
    },
  ];
}

/** IPC_SET: what it sets, and nothing else of the struct. */
export function shmctlSet(
  shmid: number,
  command: number,
  uid: number,
  gid: number,
  mode: number,
): number {
  values.set([uid, gid, mode]);
  return native.shmctl(shmid, command, values);
}
