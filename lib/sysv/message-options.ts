import {
  boolean,
  integer,
  long,
  optionsOf,
  signalOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { outOfRange } from '../core/error';
import { MSG_EXCEPT, MSG_NOERROR } from './constants';

/** What to send a message as. */
export interface TypeOptions {
  /** The message's type, 1 or more; 1 by default. A bigint reaches the whole range of a C long. */
  type?: number | bigint | undefined;
}

/** Which messages a call means. */
export interface Selector {
  /**
   * 0 (default): the first message. Above 0: the first of that type. Below 0: the first of the
   * lowest type that is not above the absolute value.
   */
  type?: number | bigint | undefined;
  /** The first message whose type is NOT `type` (MSG_EXCEPT; the kernel ignores it for types below 1). */
  except?: boolean | undefined;
}

/** Which message to receive, and how much of it. */
export interface MessageOptions extends Selector {
  /** Longest payload to accept, in bytes; by default whatever the kernel allows. */
  maxLength?: number | undefined;
  /** Cut a longer message to `maxLength` (MSG_NOERROR), instead of failing with E2BIG. */
  truncate?: boolean | undefined;
}

/** Options of `send`. */
export interface SendOptions extends TypeOptions, WaitOptions {}
/** Options of `sendSync`. */
export interface SendSyncOptions extends TypeOptions, TimeoutOptions {}
/** Options of `receive`. */
export interface ReceiveOptions extends MessageOptions, WaitOptions {}
/** Options of `receiveSync`. */
export interface ReceiveSyncOptions extends MessageOptions, TimeoutOptions {}
/** Options of `drain`. */
export interface DrainOptions extends Selector {
  /** Most messages to take; by default as many as there are when the call begins. */
  limit?: number | undefined;
}

/** Options of `batches`. */
export interface BatchOptions extends Selector, WaitOptions {
  /** Most messages of one batch, 1 or more; 64 by default. */
  limit?: number | undefined;
}

/** Checked numbers for the addon. */
export interface SendPlan {
  type: number | bigint;
  timeout: number;
  signal: AbortSignal | undefined;
}

export interface ReceivePlan {
  type: number | bigint;
  /** MSG_EXCEPT or 0. */
  except: number;
  /** MSG_NOERROR or 0. */
  truncate: number;
  maxLength: number;
  timeout: number;
  signal: AbortSignal | undefined;
}

const plainSend: SendPlan = { type: 1, timeout: Infinity, signal: undefined };

const plainReceive: ReceivePlan = {
  type: 0,
  except: 0,
  truncate: 0,
  maxLength: Infinity,
  timeout: Infinity,
  signal: undefined,
};

function messageType(type: number | bigint | undefined): number | bigint {
  if (type === undefined) return 1;
  const checked = long('options.type', type);
  if (checked < 1) throw outOfRange('options.type', '>= 1', type);
  return checked;
}

/** One number for one selector, whether it was given as a number or as a bigint. */
function selectorType(type: number | bigint | undefined): number | bigint {
  if (type === undefined) return 0;
  const checked = long('options.type', type);
  const number = Number(checked);
  return Number.isSafeInteger(number) ? number : checked;
}

function flag(name: string, value: boolean | undefined, bit: number): number {
  return value !== undefined && boolean(name, value) ? bit : 0;
}

export function sendPlan(options: SendOptions | undefined): SendPlan {
  return options === undefined ? plainSend : sendPlanOf(options);
}

function sendPlanOf(options: SendOptions): SendPlan {
  const given = optionsOf(options);
  return { type: messageType(given.type), timeout: timeoutOf(given), signal: signalOf(given) };
}

export function receivePlan(options: ReceiveOptions | undefined): ReceivePlan {
  return options === undefined ? plainReceive : receivePlanOf(options);
}

function receivePlanOf(options: ReceiveOptions): ReceivePlan {
  const given = optionsOf(options);
  const { maxLength } = given;
  return {
    type: selectorType(given.type),
    except: flag('options.except', given.except, MSG_EXCEPT),
    truncate: flag('options.truncate', given.truncate, MSG_NOERROR),
    maxLength:
      maxLength === undefined
        ? Infinity
        : integer('options.maxLength', maxLength, 0, Number.MAX_SAFE_INTEGER),
    timeout: timeoutOf(given),
    signal: signalOf(given),
  };
}

/** Whole messages: `maxLength` and `truncate` are no options of what takes many. */
function wholePlan({ type, except, timeout, signal }: BatchOptions): ReceivePlan {
  return receivePlan({ type, except, timeout, signal });
}

interface DrainPlan {
  plan: ReceivePlan;
  limit: number | undefined;
}

const plainDrain: DrainPlan = { plan: plainReceive, limit: undefined };

export function drainPlan(options: DrainOptions | undefined): DrainPlan {
  if (options === undefined) return plainDrain;
  const { type, except, limit } = optionsOf(options);
  return {
    plan: wholePlan({ type, except }),
    limit: limit === undefined ? undefined : integer('options.limit', limit, 0, 2 ** 31 - 1),
  };
}

export function batchPlan(options: BatchOptions | undefined): { plan: ReceivePlan; limit: number } {
  const given = optionsOf(options);
  const { limit = 64 } = given;
  return { plan: wholePlan(given), limit: integer('options.limit', limit, 1, 2 ** 31 - 1) };
}

/** What tells one selector from another. */
export function selectorKey(plan: ReceivePlan): number | bigint | string {
  return plan.except === 0 || plan.type <= 0 ? plan.type : `except ${String(plan.type)}`;
}
