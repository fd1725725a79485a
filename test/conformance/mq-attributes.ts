/** Rows of mq_getattr and mq_setattr. */

import { mq_setattr, O_NONBLOCK, type MqAttr } from 'posix-ipc/syscalls';

import {
  attributesOf,
  newQueue,
  objectAttributes,
  put,
  queueObject,
  textOfAttributes,
} from './queues';
import { absent, row, type Row } from './row';

const O_APPEND = 0o2000;

const noDescriptor = absent('an object has a queue');

function queueOfOne(): number {
  const mqdes = newQueue();
  put(mqdes, 'one');
  return mqdes;
}

export const mqGetattrRows: Row[] = [
  row(
    'mq_getattr-attributes',
    'flags, most messages, most bytes, messages',
    '0 4 16 1',
    () => attributesOf(queueOfOne()),
    async () => {
      const queue = queueObject();
      await queue.send('one');
      return objectAttributes(queue);
    },
  ),
  row(
    'mq_getattr-not-open',
    'a descriptor that is not open',
    'EBADF',
    () => attributesOf(-1),
    noDescriptor,
  ),
];

const wanted: MqAttr = { mq_flags: O_NONBLOCK, mq_maxmsg: 9, mq_msgsize: 9, mq_curmsgs: 9 };
const noSetattr = absent('no call of the class depends on O_NONBLOCK');

export const mqSetattrRows: Row[] = [
  row(
    'mq_setattr-changes-one-flag',
    'only O_NONBLOCK changes',
    '2048 4 16 1',
    () => {
      const mqdes = queueOfOne();
      mq_setattr(mqdes, wanted);
      return attributesOf(mqdes);
    },
    noSetattr,
  ),
  row(
    'mq_setattr-before',
    'it gives what was before',
    '0 4 16 1',
    () => textOfAttributes(mq_setattr(queueOfOne(), wanted)),
    noSetattr,
  ),
  row(
    'mq_setattr-other-flags',
    'other flags',
    'EINVAL',
    () => {
      mq_setattr(newQueue(), { mq_flags: O_APPEND });
    },
    noSetattr,
  ),
  row(
    'mq_setattr-not-open',
    'a descriptor that is not open',
    'EBADF',
    () => {
      mq_setattr(-1, wanted);
    },
    noDescriptor,
  ),
];
