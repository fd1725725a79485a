/** Semaphore sets as the rows need them: small, and with results to compare. */

import { sysv } from 'posix-ipc';
import {
  GETALL,
  IPC_CREAT,
  IPC_NOWAIT,
  IPC_PRIVATE,
  IPC_RMID,
  SETALL,
  semctl,
  semget,
  semop,
  type Sembuf,
} from 'posix-ipc/syscalls';

import { adoptSet, adoptSetId } from '../support/semaphore-sets';
import { resultOf, type Run, type Result } from './result';

export const NO_ID = -1;

/** As `semop` gets them: number, change, flags. */
export type Operation = [number: number, by: number, flags?: number];

/** A set without a key, with a value for each digit. */
export function newSet(digits = '0', mode = 0o600): number {
  const id = adoptSetId(semget(IPC_PRIVATE, digits.length, IPC_CREAT | mode));
  semctl(id, 0, SETALL, [...digits].map(Number));
  return id;
}

/** A set of the class, with a value for each digit, that others find. */
export function setObject(digits = '0', mode = 0o600): sysv.SemaphoreSet {
  const values = [...digits].map(Number);
  return adoptSet(sysv.SemaphoreSet.createSync('random', { values, mode }));
}

export function removedSet(): number {
  const id = newSet();
  semctl(id, 0, IPC_RMID);
  return id;
}

export function removedObject(): sysv.SemaphoreSet {
  const set = setObject();
  set.removeSync();
  return set;
}

function sembuf([sem_num, sem_op, sem_flg = IPC_NOWAIT]: Operation): Sembuf {
  return { sem_num, sem_op, sem_flg };
}

/** semop of some operations; without flags they do not wait. */
export function operate(id: number, ...operations: Operation[]): Result {
  semop(id, operations.map(sembuf), operations.length);
  return undefined;
}

/** The same list for the class. */
export function listOf(...operations: Operation[]): sysv.SemaphoreOperation[] {
  return operations.map(([index, by, flags = IPC_NOWAIT]) => ({
    index,
    by,
    noWait: (flags & IPC_NOWAIT) !== 0,
  }));
}

export function valuesOf(id: number): string {
  return semctl(id, 0, GETALL).join(' ');
}

/** What comes of the call, and what the values are then. */
export async function withValues(id: number, run: Run): Promise<string> {
  const result = await resultOf(run);
  return `${result}, values ${valuesOf(id)}`;
}
