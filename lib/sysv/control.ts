/** What the failure of a call means to who has the id of an object. */

import { errnoOf, SystemError, type SystemErrorContext } from '../core/error';

const EINVAL = -errnoOf('EINVAL');
const EPERM = -errnoOf('EPERM');

/** What EINVAL means where the other arguments have been checked. */
export function goneHint(what: string): string {
  return `no ${what} has this id: it was removed, or never made`;
}

/** Of a call that changes an object or removes it. */
export function ownerHint(error: number): string | undefined {
  return error === EPERM
    ? 'only its owner, its creator, or a process with CAP_SYS_ADMIN may do that'
    : undefined;
}

/** The result of msgctl, semctl or shmctl where only the id can be wrong; `what` it is of. */
export function checkControl(
  result: number,
  syscall: 'msgctl' | 'semctl' | 'shmctl',
  what: string,
  { id, key }: SystemErrorContext,
): number {
  if (result >= 0) return result;
  const hint = result === EINVAL ? goneHint(what) : ownerHint(result);
  throw new SystemError(result, syscall, { id, key, hint });
}
