/** Rows of mq_open. */

import { fstatSync, readFileSync } from 'node:fs';

import { posix } from 'posix-ipc';
import {
  mq_getattr,
  mq_open,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from 'posix-ipc/syscalls';

import { adoptPosixQueue, unusedQueueName } from '../support/posix-queues';
import { withUmask } from '../support/umask';
import { asNobody, withFewDescriptors } from './elsewhere';
import { root } from './needs';
import {
  adopt,
  attr,
  attributesOf,
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
import { sameness } from './result';
import { different, row, type Row } from './row';

const { MessageQueue } = posix;

export async function object(
  name: string,
  options?: posix.OpenQueueOptions,
): Promise<posix.MessageQueue> {
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

function ownersOf(fd: number): string {
  const { uid, gid } = fstatSync(fd);
  const who = (is: boolean): string => (is ? 'self' : 'other');
  return `owner ${who(uid === process.geteuid?.())}, group ${who(gid === process.getegid?.())}`;
}

function least(...names: [usual: string, most: string]): number {
  return Math.min(
    ...names.map((name) => Number(readFileSync(`/proc/sys/fs/mqueue/${name}`, 'latin1'))),
  );
}

function defaultsOf(mqdes: number): string {
  const { mq_maxmsg, mq_msgsize } = mq_getattr(mqdes);
  const messages = sameness(mq_maxmsg, least('msg_default', 'msg_max'));
  return `${messages} ${sameness(mq_msgsize, least('msgsize_default', 'msgsize_max'))}`;
}

export const checkedBefore = 'arguments are checked before the call';
export const longName = `/${'x'.repeat(256)}`;

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

export function byNobody(
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
    'mq_open-owner',
    'it belongs to who made it',
    'owner self, group self',
    () => ownersOf(newQueue()),
    () => ownersOf(queueObject().fd),
  ),
  row(
    'mq_open-defaults',
    'without attributes it gets those of the system',
    'same same',
    () => defaultsOf(adopt(mq_open(unusedQueueName(), O_CREAT | O_RDWR, 0o600))),
    async () => defaultsOf(adoptPosixQueue(await MessageQueue.create(unusedQueueName())).fd),
  ),
  row(
    'mq_open-both',
    'O_RDWR: to send and to receive',
    '1 both',
    () => {
      const mqdes = opened(queueNamed());
      put(mqdes, 'both', 1);
      return messageOf(mqdes);
    },
    async () => {
      const queue = await object(queueNamed());
      await queue.send('both', { priority: 1 });
      return textOf(await queue.receive());
    },
  ),
  row(
    'mq_open-no-descriptors',
    'the process has as many descriptors as it may',
    'EMFILE',
    () => withFewDescriptors('mq_open-no-descriptors', queueNamed()),
    () => withFewDescriptors('queue-no-descriptors', queueNamed()),
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
