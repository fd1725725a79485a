/** All ways of waiting: the rows of the lifecycle table. A facility adds its own here. */

import { broadcasts } from './broadcast';
import { channels } from './channel';
import { events } from './event';
import { barriers } from './lock-barrier';
import { conditions } from './lock-condition';
import { fifo } from './fifo';
import { fileLock } from './file-lock';
import { futex } from './futex';
import { lockEvents } from './lock-event';
import { mutex } from './mutex';
import { once } from './once';
import { posixMessageQueue } from './posix-message-queue';
import { posixSemaphore } from './posix-semaphore';
import { rwlock } from './rwlock';
import { sysvMessageQueue } from './sysv-message-queue';
import { sysvSemaphoreSet } from './sysv-semaphore-set';
import { unixConnection } from './unix-connection';
import { unixSocket } from './unix-socket';
import type { WaitingOperation } from './waiting-operation';

export const operations: readonly WaitingOperation[] = [
  ...broadcasts,
  ...channels,
  ...events,
  ...fifo,
  ...fileLock,
  ...futex,
  ...barriers,
  ...conditions,
  ...lockEvents,
  ...mutex,
  ...once,
  ...posixMessageQueue,
  ...posixSemaphore,
  ...rwlock,
  ...sysvMessageQueue,
  ...sysvSemaphoreSet,
  ...unixConnection,
  ...unixSocket,
];

export const promiseForms = operations.filter(({ form }) => form === 'promise');

export function operationNamed(name: string): WaitingOperation {
  const operation = operations.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`no waiting operation is named ${name}`);
  return operation;
}
