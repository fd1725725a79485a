import { errnoOf, SystemError } from '../core/error';
import { integer } from '../core/options';
import { signalNumber } from '../core/signal-number';
import { native } from '../native';

const { SIGRTMIN: first, SIGRTMAX: last } = native;

/** The lowest real-time signal that libc leaves to programs: sigqueue(3) queues them with a value. */
export const SIGRTMIN = first;

/** The highest real-time signal. */
export const SIGRTMAX = last;

const EAGAIN = -errnoOf('EAGAIN');

/**
 * Sends a signal with a value, a signed 32-bit number. Real-time signals are queued: none is lost,
 * and those of one number arrive in the order in which they were sent.
 *
 * Errors: ESRCH, EPERM, EAGAIN (RLIMIT_SIGPENDING). Source: sigqueue(3).
 *
 * ```js
 * event.sigqueue(pid, event.SIGRTMIN + 1, 42);
 * ```
 */
export function sigqueue(pid: number, signal: number | NodeJS.Signals, value = 0): void {
  const result = native.sigqueue(
    integer('pid', pid, 1, 2 ** 31 - 1),
    signalNumber('signal', signal, 0),
    integer('value', value, -(2 ** 31), 2 ** 31 - 1),
  );
  if (result >= 0) return;
  const hint =
    result === EAGAIN
      ? 'RLIMIT_SIGPENDING signals of its user wait: ulimit -i of the receiver'
      : undefined;
  throw new SystemError(result, 'sigqueue', { pid, hint });
}
