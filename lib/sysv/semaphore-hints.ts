/** What a failed call on a set was about: the limit that was hit, and how it is raised. */

import { errnoOf } from '../core/error';
import { IPC_INFO, IPC_STAT, SEM_INFO } from './constants';
import { goneHint } from './control';
import { semctlInfo, semctlStatus } from './semid-ds';

const E2BIG = -errnoOf('E2BIG');
const EFBIG = -errnoOf('EFBIG');
const EIDRM = -errnoOf('EIDRM');
const EINVAL = -errnoOf('EINVAL');
const ENOSPC = -errnoOf('ENOSPC');
const ERANGE = -errnoOf('ERANGE');

/** The limits, as sysctl takes them: SEMMSL SEMMNS SEMOPM SEMMNI. */
function settingWith(changes: { semmsl?: number; semopm?: number }): string {
  const [, { semmsl, semmns, semopm, semmni }] = semctlInfo(IPC_INFO);
  const numbers = [changes.semmsl ?? semmsl, semmns, changes.semopm ?? semopm, semmni];
  return `raise it with sysctl -w kernel.sem='${numbers.join(' ')}'`;
}

/** Whether there is no such set any more. */
export function isGone(id: number): boolean {
  const [result] = semctlStatus(id, IPC_STAT);
  return result === EINVAL || result === EIDRM;
}

/** Of an operation on, or a command about, the set `id`; `count` is the number of operations. */
export function hintOf(error: number | string, id: number, count = 1): string | undefined {
  switch (error) {
    case E2BIG: {
      const [, { semopm }] = semctlInfo(IPC_INFO);
      return `${String(count)} operations are more than SEMOPM = ${String(semopm)}; ${settingWith({ semopm: count })}`;
    }
    case EFBIG:
    case EINVAL: {
      const [result, { sem_nsems: size }] = semctlStatus(id, IPC_STAT);
      if (result < 0) return result === EINVAL ? goneHint('set') : undefined;
      return `the set has ${String(size)} semaphores, 0 to ${String(size - 1)}`;
    }
    case ERANGE:
      return 'the value of a semaphore, and what a process has to undo, are at most SEMVMX = 32767';
    default:
      return undefined;
  }
}

/** Of semget with so many semaphores. */
export function semgetHint(error: number, count: number): string | undefined {
  const [, { semmsl, semmns, semmni }] = semctlInfo(IPC_INFO);
  if (error === EINVAL && count > semmsl) {
    return `${String(count)} semaphores are more than SEMMSL = ${String(semmsl)}; ${settingWith({ semmsl: count })}`;
  }
  if (error !== ENOSPC) return undefined;
  const [, { semusz: sets, semaem: semaphores }] = semctlInfo(SEM_INFO);
  return (
    `kernel.sem allows SEMMNI = ${String(semmni)} sets (there are ${String(sets)}) ` +
    `and SEMMNS = ${String(semmns)} semaphores (there are ${String(semaphores)}); ` +
    "remove some (ipcs -s, ipcrm), or raise it with sysctl -w kernel.sem='SEMMSL SEMMNS SEMOPM SEMMNI'"
  );
}
