import type { Limits } from '../core/lane';
import { laterLimitsOf } from '../core/limits';
import {
  integer,
  optionsOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { MQ_PRIO_MAX } from './constants';

/** What to send a message as. */
export interface PriorityOptions {
  /** 0, the default, to 32,767: the highest is received first, and of one priority the oldest. */
  priority?: number | undefined;
}

/** Options of `send` of a POSIX queue. */
export interface MessageSendOptions extends PriorityOptions, WaitOptions {}
/** Options of `sendSync` of a POSIX queue. */
export interface MessageSendSyncOptions extends PriorityOptions, TimeoutOptions {}

/** Options of `drain` of a POSIX queue. */
export interface MessageDrainOptions {
  /** Most messages to take; by default as many as the queue can hold. */
  limit?: number | undefined;
}

/** Options of `batches` of a POSIX queue. */
export interface MessageBatchOptions extends WaitOptions {
  /** Most messages of one batch, 1 or more; 64 by default. */
  limit?: number | undefined;
}

const mostMessages = 2 ** 31 - 1;

export function priorityOf(options: PriorityOptions | undefined): number {
  if (options === undefined) return 0;
  const { priority } = optionsOf(options);
  return priority === undefined ? 0 : integer('options.priority', priority, 0, MQ_PRIO_MAX - 1);
}

/** The checked timeout of a Sync form. */
export function syncTimeoutOf(options: TimeoutOptions | undefined): number {
  return options === undefined ? Infinity : timeoutOf(optionsOf(options));
}

export function drainLimit(options: MessageDrainOptions | undefined): number | undefined {
  const { limit } = optionsOf(options);
  return limit === undefined ? undefined : integer('options.limit', limit, 0, mostMessages);
}

export function batchPlan(options: MessageBatchOptions | undefined): {
  limits: Limits;
  limit: number;
} {
  const { limit = 64 } = optionsOf(options);
  return {
    limits: laterLimitsOf(options),
    limit: integer('options.limit', limit, 1, mostMessages),
  };
}
