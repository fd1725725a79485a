/** What the failure of a call means to who has the id of an object. */

import { errnoOf, SystemError, type SystemErrorContext } from '../core/error';
import { IPC_STAT } from './constants';

const EACCES = -errnoOf('EACCES');
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

type ControlCall = 'msgctl' | 'semctl' | 'shmctl';

/** The result of msgctl, semctl or shmctl where only the id can be wrong; `what` it is of. */
export function checkControl(
  result: number,
  syscall: ControlCall,
  what: string,
  { id, key }: SystemErrorContext,
): number {
  if (result >= 0) return result;
  const hint = result === EINVAL ? goneHint(what) : ownerHint(result);
  throw new SystemError(result, syscall, { id, key, hint });
}

/** The same of IPC_SET, where the owner can be wrong too. */
export function checkSet(
  result: number,
  { syscall, what }: Pick<StatusCall<unknown>, 'syscall' | 'what'>,
  { id, key }: SystemErrorContext,
): void {
  if (result >= 0) return;
  const hint =
    result === EINVAL
      ? `${goneHint(what)}; or this user namespace has no such uid or gid`
      : ownerHint(result);
  throw new SystemError(result, syscall, { id, key, hint });
}

/** How a kind of object is asked for its status. */
export interface StatusCall<D> {
  syscall: ControlCall;
  /** What it is of. */
  what: string;
  /** A command that fills the struct: its result or negated errno, and the struct. */
  status: (id: number, command: number) => [result: number, ds: D];
  /** MSG_STAT_ANY, or its like. */
  any: number;
}

/**
 * What an object has now, of which IPC_SET sets a part again.
 *
 * IPC_SET takes no permission to read, and nor does this: what IPC_STAT refuses, the command that
 * takes an index tells everybody (Linux 4.17). The kernel finds the index in the identifier.
 */
export function readToSet<D>(
  { syscall, what, status, any }: StatusCall<D>,
  id: number,
  context: SystemErrorContext,
): D {
  const [result, ds] = status(id, IPC_STAT);
  if (result === EACCES) {
    const [found, told] = status(id, any);
    if (found === id) return told;
    const hint = 'what is not given stays, and takes the permission to read: give all that is set';
    throw new SystemError(result, syscall, { ...context, hint });
  }
  checkControl(result, syscall, what, context);
  return ds;
}
