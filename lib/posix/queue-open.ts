import { readlinkSync } from 'node:fs';

import { SystemError, errnoOf } from '../core/error';
import { word } from '../core/mapping-options';
import { checkName, randomName } from '../core/name';
import { fileMode, integer, optionsOf } from '../core/options';
import { descriptorOf, OwnedDescriptor, type FromFdOptions } from '../core/owned-descriptor';
import { native } from '../native';
import { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } from './constants';
import { defaultSize, openHint, type QueueSize } from './queue-limits';

/** What a queue is opened for. */
export type QueueAccess = 'receive' | 'send' | 'both';

/** How a queue is opened. */
export interface OpenQueueOptions {
  /** What this object does with it; what else it is asked for is EBADF. Default `'both'`. */
  access?: QueueAccess | undefined;
}

/** What a queue is made with. */
export interface QueueOptions extends OpenQueueOptions {
  /** Most messages that it holds; fs.mqueue.msg_default (10) by default, at most fs.mqueue.msg_max (10). */
  maxMessages?: number | undefined;
  /**
   * The longest message, in bytes; fs.mqueue.msgsize_default (8192) by default, at most
   * fs.mqueue.msgsize_max (8192).
   */
  messageSize?: number | undefined;
  /** Permission bits, exactly, whatever the umask. Default 0o600. */
  mode?: number | undefined;
}

/** A queue that was just opened or made. */
export interface OpenedQueue {
  descriptor: OwnedDescriptor;
  name: string;
  /** Nobody else has its open file: see `share`. */
  isPrivate: boolean;
}

/** Calls on an open file that has O_NONBLOCK are quicker; but who shares it may want to wait. */
function privately(descriptor: OwnedDescriptor, name: string): OpenedQueue {
  return { descriptor, name, isPrivate: native.mqAnswerAtOnce(descriptor.handle, true) === 0 };
}

/** Before somebody else is given the descriptor: its open file is as mq_open(3) makes it then. */
export function share(queue: OpenedQueue): void {
  if (!queue.isPrivate) return;
  queue.isPrivate = false;
  native.mqAnswerAtOnce(queue.descriptor.handle, false);
}

/** What a name in the kernel's file system of queues can have. */
const longestName = 255;

const EACCES = -errnoOf('EACCES');
const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');

const flagsOf: Readonly<Record<QueueAccess, number>> = {
  receive: O_RDONLY,
  send: O_WRONLY,
  both: O_RDWR,
};

interface CreatePlan {
  flags: number;
  mode: number;
  /** Undefined: the kernel's defaults. */
  size: QueueSize | undefined;
}

export function queueName(name: unknown): string {
  return checkName(name, longestName);
}

function accessFlags(options: OpenQueueOptions | undefined): number {
  const { access = 'both' } = optionsOf(options);
  return word('options.access', flagsOf, access);
}

function sizeOf(options: Partial<QueueOptions>): QueueSize | undefined {
  const { maxMessages, messageSize } = options;
  const most = Number.MAX_SAFE_INTEGER;
  if (maxMessages !== undefined) integer('options.maxMessages', maxMessages, 1, most);
  if (messageSize !== undefined) integer('options.messageSize', messageSize, 1, most);
  if (maxMessages === undefined && messageSize === undefined) return undefined;
  const usual = defaultSize();
  return {
    maxMessages: maxMessages ?? usual.maxMessages,
    messageSize: messageSize ?? usual.messageSize,
  };
}

function createPlan(options: QueueOptions | undefined): CreatePlan {
  const given = optionsOf(options);
  const { mode = 0o600 } = given;
  return {
    flags: accessFlags(given),
    mode: fileMode('options.mode', mode),
    size: sizeOf(given),
  };
}

/** Of a queue that could not be made. */
function failure(error: number, name: string, plan: CreatePlan): SystemError {
  const hint = openHint(error, plan.size ?? defaultSize());
  return new SystemError(error, 'mq_open', { path: name, hint });
}

/** Of one that is there, and could not be opened. */
function openFailure(error: number, name: string, flags: number): SystemError {
  const hint =
    error === EACCES && flags === O_RDWR
      ? "access 'both' takes the permission to read and to write; 'receive' or 'send' takes one"
      : openHint(error);
  return new SystemError(error, 'mq_open', { path: name, hint });
}

/** mq_open of a new queue with its exact mode; a negated errno where that fails. */
function make(name: string, { flags, mode, size }: CreatePlan): OpenedQueue | number {
  const { maxMessages, messageSize } = size ?? { maxMessages: 0, messageSize: 0 };
  const sized = size !== undefined;
  // The umask takes bits away, so until fchmod nobody has more permission than wanted.
  const made = O_CREAT | O_EXCL | flags;
  const handle = native.mqOwned(name, made, mode, sized, maxMessages, messageSize);
  if (handle < 0) return handle;
  const descriptor = new OwnedDescriptor(handle);
  const changed = native.fchmod(descriptor.number, mode);
  if (changed === 0) return privately(descriptor, name);
  descriptor.close();
  native.mqUnlink(name);
  throw new SystemError(changed, 'fchmod', { path: name });
}

function find(name: string, flags: number): OpenedQueue | number {
  const handle = native.mqOwned(name, flags, 0, false, 0, 0);
  return handle < 0 ? handle : privately(new OwnedDescriptor(handle), name);
}

/** A new queue; EEXIST if there is one of this name. */
export function create(name: string | undefined, options: QueueOptions | undefined): OpenedQueue {
  const given = name === undefined ? undefined : queueName(name);
  const plan = createPlan(options);
  for (;;) {
    const chosen = given ?? randomName();
    const made = make(chosen, plan);
    if (typeof made !== 'number') return made;
    if (made !== EEXIST || given !== undefined) throw failure(made, chosen, plan);
  }
}

/** The queue of a name; ENOENT if none. */
export function open(name: string, options: OpenQueueOptions | undefined): OpenedQueue {
  const checked = queueName(name);
  const flags = accessFlags(options);
  const found = find(checked, flags);
  if (typeof found === 'number') throw openFailure(found, checked, flags);
  return found;
}

/** The queue of a name, or a new one. */
export function openOrCreate(name: string, options: QueueOptions | undefined): OpenedQueue {
  const checked = queueName(name);
  const plan = createPlan(options);
  for (;;) {
    // Two calls, so that only a queue that we made gets our mode; and again, if it was made or
    // unlinked between them.
    const found = find(checked, plan.flags);
    if (typeof found !== 'number') return found;
    if (found !== ENOENT) throw openFailure(found, checked, plan.flags);
    const made = make(checked, plan);
    if (typeof made !== 'number') return made;
    if (made !== EEXIST) throw failure(made, checked, plan);
  }
}

/** A queue that somebody else has opened. */
export function take(fd: number, options: FromFdOptions | undefined): OpenedQueue {
  const descriptor = descriptorOf(fd, options, (number) => readSize(number));
  return { descriptor, name: nameOf(fd), isPrivate: false };
}

const values = new Float64Array(4);

/** How many messages there can be, how long, and how many there are. */
export function readSize(fd: number): [maxMessages: number, messageSize: number, now: number] {
  const result = native.mqGetattr(fd, values);
  if (result < 0) {
    const hint = 'it is the descriptor of no message queue, or not open';
    throw new SystemError(result, 'mq_getattr', { fd, hint });
  }
  const [, maxMessages = 0, messageSize = 0, now = 0] = values;
  return [maxMessages, messageSize, now];
}

/**
 * The name that it was opened by: the last part of what proc(5) shows, wherever it is mounted. None
 * where there is no /proc.
 */
function nameOf(fd: number): string {
  try {
    const path = readlinkSync(`/proc/self/fd/${String(fd)}`).replace(/ \(deleted\)$/, '');
    return path.slice(path.lastIndexOf('/'));
  } catch {
    return '';
  }
}
