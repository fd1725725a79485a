/** The calls of posix-ipc/syscalls as rows need them: small, and with results to compare. */

import type { sysv } from 'posix-ipc';
import { IPC_CREAT, IPC_NOWAIT, IPC_PRIVATE, IPC_RMID } from 'posix-ipc/syscalls';
import { msgbuf, msgctl, msgget, msgrcv, msgsnd } from 'posix-ipc/syscalls';

import { adoptId, temporaryQueue } from '../support/queues';

/** Room for the text of a message, as in the C program. */
export const ROOM = 64;

export const NO_ID = -1;

export function newQueue(mode = 0o600): number {
  return adoptId(msgget(IPC_PRIVATE, IPC_CREAT | mode));
}

export function removedQueue(): number {
  const id = newQueue();
  msgctl(id, IPC_RMID);
  return id;
}

export function put(id: number, type: number | bigint, text: string, flags = IPC_NOWAIT): void {
  msgsnd(id, msgbuf(type, text), text.length, flags);
}

export interface Taking {
  size?: number;
  type?: number | bigint;
  flags?: number;
}

export function take(id: number, taking: Taking = {}): sysv.Message {
  const { size = ROOM, type = 0, flags = IPC_NOWAIT } = taking;
  const msgp = Buffer.alloc(8 + size);
  const length = msgrcv(id, msgp, size, type, flags);
  return { type: msgp.readBigInt64LE(), data: msgp.subarray(8, 8 + length) };
}

/** A queue with one message for each digit, with the digit as its text. */
export function queueOfTypes(digits: string): sysv.MessageQueue {
  const queue = temporaryQueue();
  for (const digit of digits) put(queue.id, Number(digit), digit);
  return queue;
}

/** A queue with the message 1 hello. */
export function queueOfOne(): sysv.MessageQueue {
  const queue = temporaryQueue();
  put(queue.id, 1, 'hello');
  return queue;
}
