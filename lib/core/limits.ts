import type { Limits } from './lane';
import { optionsOf, signalOf, throwIfAborted, timeoutOf, type WaitOptions } from './options';

const forEver: Limits = { timeout: Infinity, signal: undefined };

/** The checked limits of waits that begin later. */
export function laterLimitsOf(options: WaitOptions | undefined): Limits {
  if (options === undefined) return forEver;
  const given = optionsOf(options);
  return { timeout: timeoutOf(given), signal: signalOf(given) };
}

/** The checked limits of a wait. Throws the reason of a signal that is aborted already. */
export function limitsOf(options: WaitOptions | undefined): Limits {
  const limits = laterLimitsOf(options);
  throwIfAborted(limits.signal);
  return limits;
}
