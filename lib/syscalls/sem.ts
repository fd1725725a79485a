/** semget, semop, semtimedop, semctl. */

import { check, invalidType, outOfRange } from '../core/error';
import { integer, objectOf } from '../core/options';
import { quick3 } from '../core/quick';
import { native } from '../native';
import {
  GETALL,
  type GETNCNT,
  type GETPID,
  type GETVAL,
  type GETZCNT,
  IPC_INFO,
  type IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SEM_INFO,
  SEM_STAT,
  SEM_STAT_ANY,
  SETALL,
  SETVAL,
} from '../sysv/constants';
import { SEMBUFS, sembufs, WORDS_PER_SEMBUF } from '../sysv/sembuf';
import {
  semctlInfo,
  semctlSet,
  semctlStatus,
  semctlValue,
  type SemidDs,
  type SemInfo,
} from '../sysv/semid-ds';
import type { Timespec } from './timespec';

/** struct sembuf: one operation of semop(2). */
export interface Sembuf {
  /** The semaphore's number in the set. */
  sem_num: number;
  /** Above 0: added. Below 0: taken away, when there is as much. 0: waits for the value 0. */
  sem_op: number;
  /** IPC_NOWAIT, SEM_UNDO, or 0. */
  sem_flg: number;
}

/**
 * semget - get a System V semaphore set identifier.
 *
 * Errors: EACCES, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC. Source: semget(2).
 */
export function semget(key: number, nsems: number, semflg: number): number {
  return check(native.semget(key, nsems, semflg), 'semget', { key });
}

/**
 * semop - the first `nsops` operations, all at once or none.
 *
 * Errors: E2BIG, EACCES, EAGAIN, EFBIG, EIDRM, EINTR, EINVAL, ENOMEM, ERANGE. Source: semop(2).
 *
 * ```js
 * semop(id, [{ sem_num: 0, sem_op: -1, sem_flg: SEM_UNDO }], 1);
 * ```
 */
export function semop(semid: number, sops: readonly Sembuf[], nsops: number): void {
  pack(sops, nsops);
  check(operate(semid, nsops), 'semop', { id: semid });
}

/**
 * semtimedop - as semop, for so long; null waits for ever.
 *
 * The time is relative and monotonic; EAGAIN when it is over. Errors: as semop. Source: semop(2).
 */
export function semtimedop(
  semid: number,
  sops: readonly Sembuf[],
  nsops: number,
  timeout: Timespec | null,
): void {
  if (timeout === null) {
    pack(sops, nsops);
    check(operate(semid, nsops), 'semtimedop', { id: semid });
    return;
  }
  const { tv_sec, tv_nsec } = objectOf('timeout', timeout); // first: a getter may make calls, too
  pack(sops, nsops);
  const result = native.semtimedop(semid, SEMBUFS, nsops, tv_sec, tv_nsec);
  check(result, 'semtimedop', { id: semid });
}

/** The fields that IPC_SET reads; all are needed, as in C. */
export interface SemidDsChanges {
  sem_perm: { uid: number; gid: number; mode: number };
}

/**
 * semctl - control a semaphore set, or the semaphore `semnum` of it.
 *
 * GETVAL, GETPID, GETNCNT and GETZCNT return a number; SETVAL takes one. GETALL returns all values;
 * SETALL takes them, as many as there are semaphores. IPC_STAT, SEM_STAT and SEM_STAT_ANY return the
 * struct (the latter two take an index, and give the identifier as `semid`); IPC_INFO and SEM_INFO
 * return struct seminfo, with the highest used index; IPC_SET reads `sem_perm.uid`, `.gid` and
 * `.mode`; IPC_RMID removes the set.
 * Errors: EACCES, EIDRM, EINVAL, EPERM, ERANGE. Source: semctl(2).
 */
export function semctl(
  semid: number,
  semnum: number,
  cmd: typeof GETVAL | typeof GETPID | typeof GETNCNT | typeof GETZCNT,
): number;
export function semctl(semid: number, semnum: number, cmd: typeof SETVAL, val: number): void;
export function semctl(semid: number, semnum: number, cmd: typeof GETALL): number[];
export function semctl(
  semid: number,
  semnum: number,
  cmd: typeof SETALL,
  array: readonly number[],
): void;
export function semctl(semid: number, semnum: number, cmd: typeof IPC_STAT): SemidDs;
export function semctl(
  index: number,
  semnum: number,
  cmd: typeof SEM_STAT | typeof SEM_STAT_ANY,
): SemidDs & { semid: number };
export function semctl(
  semid: number,
  semnum: number,
  cmd: typeof IPC_INFO | typeof SEM_INFO,
): SemInfo & { index: number };
export function semctl(
  semid: number,
  semnum: number,
  cmd: typeof IPC_SET,
  buf: SemidDsChanges,
): void;
export function semctl(semid: number, semnum: number, cmd: typeof IPC_RMID): void;
export function semctl(semid: number, semnum: number, cmd: number, arg?: unknown): unknown;
export function semctl(semid: number, semnum: number, cmd: number, arg?: unknown): unknown {
  const context = { id: semid };
  switch (cmd) {
    case IPC_STAT: {
      const [result, ds] = semctlStatus(semid, cmd);
      check(result, 'semctl', context);
      return ds;
    }
    case SEM_STAT:
    case SEM_STAT_ANY: {
      const [result, ds] = semctlStatus(semid, cmd);
      return { ...ds, semid: check(result, 'semctl', context) };
    }
    case IPC_INFO:
    case SEM_INFO: {
      const [result, info] = semctlInfo(cmd, semid);
      return { ...info, index: check(result, 'semctl', context) };
    }
    case IPC_SET: {
      const { uid, gid, mode } = changesOf(arg);
      check(semctlSet(semid, cmd, uid, gid, mode), 'semctl', context);
      return undefined;
    }
    case GETALL:
      return allValues(semid);
    case SETALL:
      setAllValues(semid, arg);
      return undefined;
    case SETVAL:
      check(semctlValue(semid, semnum, cmd, int('val', arg)), 'semctl', context);
      return undefined;
    default:
      return check(semctlValue(semid, semnum, cmd), 'semctl', context);
  }
}

function int(name: string, value: unknown): number {
  return integer(name, value, -(2 ** 31), 2 ** 31 - 1);
}

function allValues(semid: number): number[] {
  const context = { id: semid };
  const [result, { sem_nsems: count }] = semctlStatus(semid, IPC_STAT);
  check(result, 'semctl', context);
  const values = new Uint16Array(count);
  check(native.semctlAll(semid, GETALL, values), 'semctl', context);
  return [...values];
}

function setAllValues(semid: number, array: unknown): void {
  if (!Array.isArray(array)) throw invalidType('array', 'an array', array);
  const list: unknown[] = array;
  const values = Uint16Array.from(list, (value) => integer('array', value, 0, 0xffff));
  // The set's size can only be looked at by who may read it; who may not is trusted to know it.
  const [result, { sem_nsems: count }] = semctlStatus(semid, IPC_STAT);
  if (result >= 0 && values.length !== count) {
    throw outOfRange('array', `an array of ${String(count)} values`, values.length);
  }
  check(native.semctlAll(semid, SETALL, values), 'semctl', { id: semid });
}

function changesOf(buf: unknown): SemidDsChanges['sem_perm'] {
  if (buf === undefined) throw invalidType('buf', 'an object', buf);
  const { sem_perm } = objectOf('buf', buf as SemidDsChanges);
  const { uid, gid, mode } = objectOf('buf.sem_perm', sem_perm);
  const most = 2 ** 32 - 1;
  return {
    uid: integer('buf.sem_perm.uid', uid, 0, most),
    gid: integer('buf.sem_perm.gid', gid, 0, most),
    mode: integer('buf.sem_perm.mode', mode, 0, 0xffff),
  };
}

/** What is no number is refused, as everywhere; numbers are quick. */
function operate(semid: number, nsops: number): number {
  return typeof semid === 'number'
    ? quick3(native.semopQuick, semid, SEMBUFS, nsops)
    : native.semop(semid, SEMBUFS, nsops);
}

/** What was read of the operations; absent while that is done: a getter may make calls, too. */
let read: number[] | undefined;

/** The operations, as the kernel reads them. */
function pack(sops: readonly Sembuf[], nsops: number): void {
  if (!Array.isArray(sops)) throw invalidType('sops', 'an array', sops);
  const count = integer('nsops', nsops, 0, 2 ** 24);
  if (count > sops.length) throw outOfRange('nsops', `at most ${String(sops.length)}`, nsops);
  // All are read before the first is written: classes use the same memory.
  const numbers = read ?? [];
  read = undefined;
  for (let i = 0; i < count; i++) {
    const { sem_num, sem_op, sem_flg } = objectOf('sops', sops[i] as Sembuf);
    const at = i * WORDS_PER_SEMBUF;
    numbers[at] = integer('sem_num', sem_num, 0, 0xffff);
    numbers[at + 1] = integer('sem_op', sem_op, -0x8000, 0x7fff);
    numbers[at + 2] = integer('sem_flg', sem_flg, -0x8000, 0xffff);
  }
  const words = sembufs(count);
  const length = count * WORDS_PER_SEMBUF;
  for (let at = 0; at < length; at++) words[at] = numbers[at] as number;
  read = numbers;
}
