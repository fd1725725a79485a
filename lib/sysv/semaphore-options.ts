import {
  boolean,
  integer,
  listOf,
  objectOf,
  optionsOf,
  signalOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { outOfRange } from '../core/error';
import { IPC_NOWAIT, SEM_UNDO } from './constants';
import { Single, Vector, type Operations } from './semaphore-operations';

/** One operation of a list that the kernel performs all at once, or not at all. */
export interface SemaphoreOperation {
  /** The semaphore's number in the set; 0 by default. */
  index?: number | undefined;
  /**
   * Above 0: added to the value. Below 0: taken away, as soon as the value is as large. 0: waits
   * until the value is 0. From -32768 to 32767.
   */
  by: number;
  /** Taken back by the kernel when this process ends (SEM_UNDO); false by default. */
  undo?: boolean | undefined;
  /** Where this one would have to wait, the whole list fails with EAGAIN (IPC_NOWAIT). */
  noWait?: boolean | undefined;
}

/** How much to take or to give. */
export interface AmountOptions {
  /** How much, 1 to 32767; 1 by default. */
  by?: number | undefined;
  /**
   * Taken back by the kernel when this PROCESS ends, however it ends (SEM_UNDO); false by default.
   * The end of a worker undoes nothing. Give it to the wait and to the post, or to neither.
   */
  undo?: boolean | undefined;
}

/** Options of `wait`. */
export interface SemaphoreWaitOptions extends AmountOptions, WaitOptions {}
/** Options of `waitSync`. */
export interface SemaphoreWaitSyncOptions extends AmountOptions, TimeoutOptions {}

/** Which semaphore to acquire, and how much of it. */
export interface AcquireTryOptions extends AmountOptions {
  /** The semaphore's number in the set; 0 by default. */
  index?: number | undefined;
}

/** Options of `acquire` and `use`. */
export interface AcquireOptions extends AcquireTryOptions, WaitOptions {}
/** Options of `acquireSync`. */
export interface AcquireSyncOptions extends AcquireTryOptions, TimeoutOptions {}

/** Checked limits of a wait. */
export interface WaitPlan {
  timeout: number;
  signal: AbortSignal | undefined;
}

const forEver: WaitPlan = { timeout: Infinity, signal: undefined };

/** The kernel's type of a semaphore's number. */
const most16 = 0xffff;
/** SEMVMX: the largest value of a semaphore; the kernel's type of an operation ends there too. */
export const SEMVMX = 0x7fff;

export function semaphoreIndex(name: string, index: unknown): number {
  return index === undefined ? 0 : integer(name, index, 0, most16);
}

export function waitPlan(options: WaitOptions | undefined): WaitPlan {
  if (options === undefined) return forEver;
  const given = optionsOf(options);
  return { timeout: timeoutOf(given), signal: signalOf(given) };
}

function flag(name: string, value: unknown, bit: number): number {
  return value !== undefined && boolean(name, value) ? bit : 0;
}

/** One operation on one semaphore; `sign` is -1 for taking, 1 for giving. */
export function amount(
  index: number | undefined,
  options: AmountOptions | undefined,
  sign: 1 | -1,
): Single {
  const number = semaphoreIndex('index', index);
  if (options === undefined) return new Single(number, sign, 0);
  const { by, undo } = optionsOf(options);
  const size = by === undefined ? 1 : integer('options.by', by, 1, SEMVMX);
  return new Single(number, sign * size, flag('options.undo', undo, SEM_UNDO));
}

/** A list of operations, packed for the kernel. The first one is not worth an array. */
export function operationsOf(list: Iterable<SemaphoreOperation>): Operations {
  let [firstIndex, firstBy, firstFlags, count] = [0, 0, 0, 0];
  let numbers: number[] | undefined;
  for (const operation of listOf('operations', list)) {
    const { index, by, undo, noWait } = objectOf('operation', operation);
    const one = semaphoreIndex('operation.index', index);
    const change = integer('operation.by', by, -SEMVMX - 1, SEMVMX);
    const flags =
      flag('operation.undo', undo, SEM_UNDO) | flag('operation.noWait', noWait, IPC_NOWAIT);
    if (numbers !== undefined) numbers.push(one, change, flags);
    else if (count === 1) numbers = [firstIndex, firstBy, firstFlags, one, change, flags];
    else [firstIndex, firstBy, firstFlags] = [one, change, flags];
    count++;
  }
  if (count === 0) throw outOfRange('operations', 'a list of at least one', 'none');
  if (numbers !== undefined) return new Vector(numbers);
  return (firstFlags & IPC_NOWAIT) === 0
    ? new Single(firstIndex, firstBy, firstFlags)
    : new Vector([firstIndex, firstBy, firstFlags]);
}
