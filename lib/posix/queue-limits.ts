/** The kernel's limits of POSIX message queues: mq_overview(7), getrlimit(2). */

import { readFileSync } from 'node:fs';

import { errnoOf } from '../core/error';

const EINVAL = -errnoOf('EINVAL');
const EMFILE = -errnoOf('EMFILE');
const ENFILE = -errnoOf('ENFILE');
const ENOSPC = -errnoOf('ENOSPC');
const ENOSYS = -errnoOf('ENOSYS');

/** What a new queue holds at most. */
export interface QueueSize {
  maxMessages: number;
  messageSize: number;
}

/** struct msg_msg and struct posix_msg_tree_node, which the kernel counts for each message. */
const perMessage = 48;
const perPriority = 48;
const priorities = 32_768;

/** A number in /proc/sys/fs/mqueue; undefined where it cannot be read. */
function limit(name: string): number | undefined {
  try {
    const number = Number(readFileSync(`/proc/sys/fs/mqueue/${name}`, 'latin1'));
    return Number.isInteger(number) ? number : undefined;
  } catch {
    return undefined;
  }
}

/** What a queue gets of which not all was asked for. */
export function defaultSize(): QueueSize {
  const least = (own: string, most: string, otherwise: number): number =>
    Math.min(limit(own) ?? otherwise, limit(most) ?? otherwise);
  return {
    maxMessages: least('msg_default', 'msg_max', 10),
    messageSize: least('msgsize_default', 'msgsize_max', 8192),
  };
}

function over(what: string, value: number, name: string): string | undefined {
  const most = limit(name);
  if (most === undefined || value <= most) return undefined;
  return (
    `${what} ${String(value)} is more than fs.mqueue.${name} = ${String(most)}: raise it with ` +
    `sysctl -w fs.mqueue.${name}=${String(value)}, or run with CAP_SYS_RESOURCE`
  );
}

function tooMany(): string {
  const most = limit('queues_max');
  const count = most === undefined ? '' : ` = ${String(most)}`;
  return (
    `there are fs.mqueue.queues_max${count} queues: unlink some, raise it with ` +
    'sysctl -w fs.mqueue.queues_max=N, or run with CAP_SYS_RESOURCE'
  );
}

/** A soft limit of this process; undefined where it cannot be read, as without a descriptor left. */
function resourceLimit(name: string): string | undefined {
  try {
    const line = readFileSync('/proc/self/limits', 'latin1')
      .split('\n')
      .find((one) => one.startsWith(name));
    return line?.slice(name.length).trim().split(/\s+/)[0];
  } catch {
    return undefined;
  }
}

/** Two limits have this errno: descriptors, and the bytes of a user's queues. */
function noMemory(size: QueueSize | undefined): string {
  const most = resourceLimit('Max msgqueue size');
  if (size === undefined || most === undefined) {
    return 'this process has as many descriptors as RLIMIT_NOFILE allows: raise it with ulimit -n';
  }
  const { maxMessages, messageSize } = size;
  const needed =
    maxMessages * (messageSize + perMessage) + Math.min(maxMessages, priorities) * perPriority;
  return (
    `all queues of a user together have RLIMIT_MSGQUEUE = ${most} bytes, and this one needs ` +
    `${String(needed)}: unlink queues, ask for a smaller one, or raise the limit with ulimit -q`
  );
}

/** What stood in the way of opening a queue, or, with its size, of making one. */
export function openHint(error: number, size?: QueueSize): string | undefined {
  switch (error) {
    case EINVAL:
      return size === undefined
        ? undefined
        : (over('maxMessages', size.maxMessages, 'msg_max') ??
            over('messageSize', size.messageSize, 'msgsize_max') ??
            'the kernel holds no queues of this size');
    case EMFILE:
      return noMemory(size);
    case ENFILE:
      return 'the system has as many open files as fs.file-max allows: raise it with sysctl';
    case ENOSPC:
      return tooMany();
    case ENOSYS:
      return 'the kernel was built without CONFIG_POSIX_MQUEUE';
    default:
      return undefined;
  }
}
