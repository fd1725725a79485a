/** pidfd_open, pidfd_send_signal, sigqueue. */

import { check } from '../core/error';
import { native } from '../native';

/**
 * pidfd_open - a descriptor of a process, readable when it has ended. Close it with `fs.closeSync`.
 *
 * Errors: EINVAL, EMFILE, ENOSYS (before Linux 5.3), ESRCH. Source: pidfd_open(2).
 */
export function pidfd_open(pid: number, flags: number): number {
  return check(native.pidfdOpen(pid, flags), 'pidfd_open', { pid });
}

/** pidfd_send_signal - signal a process; 0 only asks. Errors: EBADF, EINVAL, EPERM, ESRCH. Source: pidfd_send_signal(2). */
export function pidfd_send_signal(pidfd: number, sig: number): void {
  check(native.pidfdSendSignal(pidfd, sig), 'pidfd_send_signal');
}

/** sigqueue - queue a signal with a value, 32 bits. Errors: EAGAIN, EINVAL, EPERM, ESRCH. Source: sigqueue(3). */
export function sigqueue(pid: number, sig: number, value: number): void {
  check(native.sigqueue(pid, sig, value), 'sigqueue', { pid });
}
