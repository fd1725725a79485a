/** POSIX message queues as the rows need them: small, and with results to compare. */

import { posix } from 'posix-ipc';
import {
  mq_close,
  mq_getattr,
  mq_open,
  mq_receive,
  mq_send,
  O_CREAT,
  O_RDWR,
  type MqAttr,
} from 'posix-ipc/syscalls';

import { adoptPosixQueue, adoptQueueName, unusedQueueName } from '../support/posix-queues';
import { resultOf, type Run } from './result';

/** As in the C program. */
export const MOST = 4;
export const SIZE = 16;
export const size = { maxMessages: MOST, messageSize: SIZE };
export const attr = { mq_maxmsg: MOST, mq_msgsize: SIZE };

const descriptors = new Set<number>();

afterEach(() => {
  for (const mqdes of descriptors) closeQuietly(mqdes);
  descriptors.clear();
});

function closeQuietly(mqdes: number): void {
  try {
    mq_close(mqdes);
  } catch {
    // The test closed it.
  }
}

/** Closed after the test. */
export function adopt(mqdes: number): number {
  descriptors.add(mqdes);
  return mqdes;
}

/** Closes it now. */
export function close(mqdes: number): void {
  descriptors.delete(mqdes);
  mq_close(mqdes);
}

export function opened(name: string, flags = O_RDWR): number {
  return adopt(mq_open(name, flags));
}

export function newQueue(flags = 0): number {
  return adopt(mq_open(unusedQueueName(), O_CREAT | O_RDWR | flags, 0o600, attr));
}

/** The name of a new queue that nobody has open. */
export function queueNamed(mode = 0o600): string {
  const queue = queueObject(mode);
  queue.close();
  return queue.name;
}

/** A new queue of the class. */
export function queueObject(mode = 0o600): posix.MessageQueue {
  return adoptPosixQueue(posix.MessageQueue.createSync(undefined, { ...size, mode }));
}

let last = 0;

/** A name that ends with a number by which /proc tells that somebody waits. */
export function waitedQueue(): { key: string; id: number; queue: posix.MessageQueue } {
  last++;
  const id = process.pid * 1000 + last;
  const key = adoptQueueName(`/conformance-${String(id)}`);
  return { key, id, queue: adoptPosixQueue(posix.MessageQueue.createSync(key, size)) };
}

export function put(mqdes: number, text: string, priority = 0): void {
  mq_send(mqdes, text, text.length, priority);
}

export function full(mqdes: number): number {
  for (let i = 0; i < MOST; i++) put(mqdes, 'x');
  return mqdes;
}

export function fullObject(queue = queueObject()): posix.MessageQueue {
  queue.trySendMany(['x', 'x', 'x', 'x']);
  return queue;
}

export function textOfAttributes({ mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs }: MqAttr): string {
  return [mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs].join(' ');
}

export function attributesOf(mqdes: number): string {
  return textOfAttributes(mq_getattr(mqdes));
}

/** As C shows them; an object of the class has no flags. */
export function objectAttributes({ attributes }: posix.MessageQueue): string {
  const { maxMessages, messageSize, messages } = attributes;
  return [0, maxMessages, messageSize, messages].join(' ');
}

export function messageOf(mqdes: number): string {
  const [text, priority] = [Buffer.alloc(SIZE), new Uint32Array(1)];
  const length = mq_receive(mqdes, text, SIZE, priority);
  return `${String(priority[0])} ${text.toString('latin1', 0, length)}`;
}

export function textOf(message: posix.Message | undefined): string {
  return message === undefined
    ? 'EAGAIN'
    : `${String(message.priority)} ${message.data.toString()}`;
}

/** What comes of the call, and how many messages there are then. */
export async function withCount(mqdes: number, run: Run): Promise<string> {
  const result = await resultOf(run);
  return `${result}, ${String(mq_getattr(mqdes).mq_curmsgs)} messages`;
}

export async function withCountOf(queue: posix.MessageQueue, run: Run): Promise<string> {
  const result = await resultOf(run);
  return `${result}, ${String(queue.attributes.messages)} messages`;
}
