/** Rows of mq_open, mq_close and mq_unlink. */

import { fstatSync } from 'node:fs';

import { posix } from 'posix-ipc';
import {
  mq_open,
  mq_unlink,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from 'posix-ipc/syscalls';

import { adoptPosixQueue, unusedQueueName } from '../support/posix-queues';
import { withUmask } from '../support/umask';
import { asNobody } from './elsewhere';
import { root } from './needs';
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
import { different, row, type Row } from './row';

const { MessageQueue } = posix;

async function object(name: string, options?: posix.OpenQueueOptions): Promise<posix.MessageQueue> {
  return adoptPosixQueue(await MessageQueue.open(name, options));
}

function modeOf(fd: number): string {
  return (fstatSync(fd).mode & 0o777).toString(8);
}

function made(mask: number, mode: number): string {
  const name = unusedQueueName();
  return modeOf(withUmask(mask, () => adopt(mq_open(name, O_CREAT | O_RDWR, mode, attr))));
}

function madeByClass(mask: number, mode: number): string {
  return modeOf(withUmask(mask, () => queueObject(mode)).fd);
}

const checkedBefore = 'arguments are checked before the call';
const longName = `/${'x'.repeat(256)}`;

function refusedName(c: string, what: string, expected: string, name: string): Row {
  return row(
    c,
    what,
    expected,
    () => opened(name),
    different('ERR_OUT_OF_RANGE', checkedBefore, () => object(name)),
  );
}

function refusedSize(
  c: string,
  what: string,
  [maxMessages, messageSize]: [number, number],
  isChecked: boolean,
): Row {
  const options = { maxMessages, messageSize };
  const create = async (): Promise<void> => {
    adoptPosixQueue(await MessageQueue.create(unusedQueueName(), options));
  };
  const wanted = { mq_maxmsg: maxMessages, mq_msgsize: messageSize };
  return row(
    c,
    what,
    'EINVAL',
    () => adopt(mq_open(unusedQueueName(), O_CREAT | O_RDWR, 0o600, wanted)),
    isChecked ? different('ERR_OUT_OF_RANGE', checkedBefore, create) : create,
  );
}

function byNobody(
  c: string,
  what: string,
  expected: string,
  mode: number,
  [call, method]: [string, string],
): Row {
  return {
    ...row(
      c,
      what,
      expected,
      () => asNobody(call, queueNamed(mode)),
      () => asNobody(method, queueNamed(mode)),
    ),
    needs: root,
  };
}

export const mqOpenRows: Row[] = [
  row(
    'mq_open-create',
    'O_CREAT makes an empty queue with its attributes',
    '0 4 16 0',
    () => attributesOf(newQueue()),
    async () => {
      const queue = await MessageQueue.create(unusedQueueName(), size);
      return objectAttributes(adoptPosixQueue(queue));
    },
  ),
  row(
    'mq_open-create-existing',
    'O_CREAT finds a queue that is there, and leaves its attributes',
    '0 4 16 0',
    () => {
      const other = { mq_maxmsg: 2, mq_msgsize: 8 };
      return attributesOf(adopt(mq_open(queueNamed(), O_CREAT | O_RDWR, 0o600, other)));
    },
    async () => {
      const other = { maxMessages: 2, messageSize: 8 };
      return objectAttributes(
        adoptPosixQueue(await MessageQueue.openOrCreate(queueNamed(), other)),
      );
    },
  ),
  row(
    'mq_open-mode',
    'the mode',
    '640',
    () => made(0, 0o640),
    () => madeByClass(0, 0o640),
  ),
  row(
    'mq_open-umask',
    'the umask takes from the mode',
    '640',
    () => made(0o027, 0o666),
    different('666', 'the modes of classes are exact', () => madeByClass(0o027, 0o666)),
  ),
  row(
    'mq_open-exists',
    'O_CREAT | O_EXCL of a name that is taken',
    'EEXIST',
    () => adopt(mq_open(queueNamed(), O_CREAT | O_EXCL | O_RDWR, 0o600, attr)),
    async () => {
      await MessageQueue.create(queueNamed(), size);
    },
  ),
  row(
    'mq_open-absent',
    'a name that no queue has, without O_CREAT',
    'ENOENT',
    () => opened(unusedQueueName()),
    () => object(unusedQueueName()),
  ),
  row(
    'mq_open-no-slash',
    'a name without its slash',
    'EINVAL',
    () => opened(queueNamed().slice(1)),
    different('done', 'names are normalised', async () => {
      await object(queueNamed().slice(1));
    }),
  ),
  refusedName('mq_open-inner-slash', 'a slash inside', 'EACCES', '/conformance/inner'),
  refusedName('mq_open-only-slash', 'no name after the slash', 'ENOENT', '/'),
  refusedName('mq_open-too-long', 'a name of 256 bytes', 'ENAMETOOLONG', longName),
  refusedSize('mq_open-maxmsg-0', 'room for no message', [0, 8], true),
  refusedSize('mq_open-msgsize-0', 'messages of no length', [1, 0], true),
  refusedSize('mq_open-maxmsg-too-large', 'more messages than any limit', [65_537, 8], false),
  refusedSize('mq_open-msgsize-too-large', 'longer than any limit', [1, 2 ** 24 + 1], false),
  row(
    'mq_open-read-only',
    'sending, where it was opened to receive',
    'EBADF',
    () => {
      put(opened(queueNamed(), O_RDONLY), 'x');
    },
    async () => (await object(queueNamed(), { access: 'receive' })).send('x'),
  ),
  row(
    'mq_open-write-only',
    'receiving, where it was opened to send',
    'EBADF',
    () => messageOf(opened(queueNamed(), O_WRONLY)),
    async () => textOf(await (await object(queueNamed(), { access: 'send' })).receive()),
  ),
  byNobody('mq_open-forbidden', 'by another user, without permission', 'EACCES', 0o600, [
    'mq_open',
    'queue-open',
  ]),
  byNobody('mq_open-allowed', 'by another user, with permission', 'done', 0o606, [
    'mq_open',
    'queue-open',
  ]),
];

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
