import { fstatSync } from 'node:fs';

import { check, errnoOf } from '../core/error';
import { signalNumber } from '../core/signal-number';
import { native } from '../native';
import { SIGEV_SIGNAL } from './constants';
import { readSize } from './queue-open';

/** What a queue holds at most, and how many messages there are. */
export interface QueueAttributes {
  /** Most messages. */
  maxMessages: number;
  /** Most bytes of one message. */
  messageSize: number;
  /** Messages that are there now. */
  messages: number;
}

/** What the kernel knows about a queue. */
export interface QueueStatus extends QueueAttributes {
  /** With its leading slash. */
  name: string;
  /** Permission bits. */
  mode: number;
  /** Owner. */
  uid: number;
  /** Owner's group. */
  gid: number;
}

const EBUSY = -errnoOf('EBUSY');

export function readAttributes(fd: number): QueueAttributes {
  const [maxMessages, messageSize, messages] = readSize(fd);
  return { maxMessages, messageSize, messages };
}

export function readStatus(fd: number, name: string): QueueStatus {
  const { mode, uid, gid } = fstatSync(fd);
  return { name, ...readAttributes(fd), mode: mode & 0o777, uid, gid };
}

const unregister = -1;

/** mq_notify: by a signal, or no more. */
export function register(
  fd: number,
  name: string,
  signal: NodeJS.Signals | number | undefined,
): void {
  const result =
    signal === undefined
      ? native.mqNotify(fd, unregister, 0, 0)
      : native.mqNotify(fd, SIGEV_SIGNAL, signalNumber('signal', signal, 1), 0);
  const hint = result === EBUSY ? 'a process is registered already, perhaps this one' : undefined;
  check(result, 'mq_notify', { path: name, hint });
}
