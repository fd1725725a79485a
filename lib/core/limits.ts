import type { Limits } from './lane';
import { optionsOf, signalOf, throwIfAborted, timeoutOf, type WaitOptions } from './options';

const forEver: Limits = { timeout: Infinity, signal: undefined };

/** The checked limits of a wait. Throws the reason of a signal that is aborted already. */
export function limitsOf(options: WaitOptions | undefined): Limits {
  if (options === undefined) return forEver;
  const given = optionsOf(options);
  const limits = { timeout: timeoutOf(given), signal: signalOf(given) };
  throwIfAborted(limits.signal);
  return limits;
}
