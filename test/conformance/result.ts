/** Results as texts that a C program can print too: what the columns of the table are compared by. */

import type { lock, sysv } from 'posix-ipc';

/** What a row's call gives: nothing is `done`, a message is its type and its text. */
export type Result = string | number | sysv.Message | undefined;

/** Gives a Result, or a promise of one. Calls that give nothing are functions without a value. */
export type Run = () => unknown;

function textOf(result: Result): string {
  if (result === undefined) return 'done';
  if (typeof result !== 'object') return String(result);
  return `${String(result.type)} ${result.data.toString()}`;
}

/** By shape, not by instanceof: errors made in C++ are of another context than those of jest. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  throw error;
}

/** Runs the call: its result as a text, or the code of its error. */
export async function resultOf(run: Run): Promise<string> {
  try {
    return textOf((await run()) as Result);
  } catch (error) {
    return codeOf(error);
  }
}

/** The results of several calls in one text. */
export async function resultsOf(...runs: Run[]): Promise<string> {
  const results: string[] = [];
  for (const run of runs) results.push(await resultOf(run));
  return results.join(' ');
}

export function sameness(first: unknown, second: unknown): string {
  return first === second ? 'same' : 'different';
}

/** How the class says EAGAIN: `trySend`, `tryWait` and others answer false. */
export function orEagain(could: boolean): string {
  return could ? 'done' : 'EAGAIN';
}

/** How the class says ENOMSG: `tryReceive` and `peek` answer undefined. */
export function orEnomsg(message: sysv.Message | undefined): sysv.Message | string {
  return message ?? 'ENOMSG';
}

/** How the class says EOWNERDEAD: the guard that it gives tells. */
export function tellOfDeath({ ownerDied }: lock.MutexGuard): string {
  return ownerDied ? 'EOWNERDEAD' : 'done';
}

/** How `tryLock` says EBUSY. */
export function orBusy(guard: lock.MutexGuard | undefined): string {
  return guard === undefined ? 'EBUSY' : tellOfDeath(guard);
}
