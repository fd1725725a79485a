/** Rows of mq_close and mq_unlink. */

import { posix } from 'posix-ipc';
import {
  mq_notify,
  mq_open,
  mq_unlink,
  O_CREAT,
  O_EXCL,
  O_RDWR,
  SIGEV_SIGNAL,
} from 'posix-ipc/syscalls';

import { adoptPosixQueue, unusedQueueName } from '../support/posix-queues';
import {
  adopt,
  attr,
  attributesOf,
  close,
  messageOf,
  newQueue,
  objectAttributes,
  opened,
  put,
  queueNamed,
  queueObject,
  size,
  textOf,
} from './queues';
import { byNobody, checkedBefore, longName, object } from './mq-open';
import { different, row, type Row } from './row';

const { MessageQueue } = posix;

/** Ignored, where nobody handles it. */
const SIGURG = 23;
const notification = { sigev_notify: SIGEV_SIGNAL, sigev_signo: SIGURG };

export const mqCloseRows: Row[] = [
  row(
    'mq_close-closed',
    'receiving after it',
    'EBADF',
    () => {
      const mqdes = newQueue();
      close(mqdes);
      return messageOf(mqdes);
    },
    different('ERR_CLOSED', 'objects know that they are closed', async () => {
      const queue = queueObject();
      queue.close();
      return textOf(await queue.receive());
    }),
  ),
  row(
    'mq_close-again',
    'twice',
    'EBADF',
    () => {
      const mqdes = newQueue();
      close(mqdes);
      close(mqdes);
    },
    different('done', 'close() is idempotent', () => {
      const queue = queueObject();
      queue.close();
      queue.close();
    }),
  ),
  row(
    'mq_close-takes-back-notification',
    'a notification that was asked for through it is taken back',
    'done',
    () => {
      const name = queueNamed();
      const [asking, other] = [opened(name), opened(name)];
      mq_notify(asking, notification);
      close(asking);
      mq_notify(other, notification);
    },
    async () => {
      const queue = queueObject();
      const other = await object(queue.name);
      await queue.notify(SIGURG);
      queue.close();
      await other.notify(SIGURG);
    },
  ),
  row(
    'mq_close-keeps-messages',
    'the messages stay',
    '3 kept',
    () => {
      const name = queueNamed();
      const mqdes = opened(name);
      put(mqdes, 'kept', 3);
      close(mqdes);
      return messageOf(opened(name));
    },
    async () => {
      const queue = queueObject();
      await queue.send('kept', { priority: 3 });
      queue.close();
      return textOf(await (await object(queue.name)).receive());
    },
  ),
];

export const mqUnlinkRows: Row[] = [
  row(
    'mq_unlink-unlinked',
    'the name is gone',
    'ENOENT',
    () => {
      const name = queueNamed();
      mq_unlink(name);
      return opened(name);
    },
    async () => {
      const { name } = queueObject();
      await MessageQueue.unlink(name);
      await object(name);
    },
  ),
  row(
    'mq_unlink-deferred',
    'who has the queue open uses it on',
    '1 on',
    () => {
      const name = queueNamed();
      const mqdes = opened(name);
      mq_unlink(name);
      put(mqdes, 'on', 1);
      return messageOf(mqdes);
    },
    async () => {
      const queue = queueObject();
      await queue.unlink();
      await queue.send('on', { priority: 1 });
      return textOf(await queue.receive());
    },
  ),
  row(
    'mq_unlink-anew',
    'a new queue of the name is empty',
    '0 4 16 0',
    () => {
      const name = queueNamed();
      put(opened(name), 'old');
      mq_unlink(name);
      return attributesOf(adopt(mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0o600, attr)));
    },
    async () => {
      const queue = queueObject();
      await queue.send('old');
      await queue.unlink();
      return objectAttributes(adoptPosixQueue(await MessageQueue.create(queue.name, size)));
    },
  ),
  row(
    'mq_unlink-absent',
    'a name that no queue has',
    'ENOENT',
    () => {
      mq_unlink(unusedQueueName());
    },
    () => MessageQueue.unlink(unusedQueueName()),
  ),
  row(
    'mq_unlink-too-long',
    'a name of 256 bytes',
    'ENAMETOOLONG',
    () => {
      mq_unlink(longName);
    },
    different('ERR_OUT_OF_RANGE', checkedBefore, () => MessageQueue.unlink(longName)),
  ),
  byNobody('mq_unlink-forbidden', 'by another user than the owner', 'EACCES', 0o666, [
    'mq_unlink',
    'queue-unlink',
  ]),
];
