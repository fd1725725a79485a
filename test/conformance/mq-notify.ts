/** Rows of mq_notify, mq_getattr and mq_setattr. */

import { posix } from 'posix-ipc';
import { mq_notify, mq_setattr, O_NONBLOCK, SIGEV_SIGNAL, type MqAttr } from 'posix-ipc/syscalls';

import {
  attributesOf,
  close,
  newQueue,
  objectAttributes,
  opened,
  put,
  queueNamed,
  queueObject,
  textOfAttributes,
} from './queues';
import { absent, different, row, type Row } from './row';

/** Ignored, where nobody handles it. */
const SIGURG = 23;
const O_APPEND = 0o2000;

function ask(mqdes: number, sigev_signo = SIGURG, sigev_notify = SIGEV_SIGNAL): void {
  mq_notify(mqdes, { sigev_notify, sigev_signo });
}

function queueOfOne(): number {
  const mqdes = newQueue();
  put(mqdes, 'one');
  return mqdes;
}

/** Something happens after a registration; then there is another one. */
function askedAgain(
  c: string,
  what: string,
  expected: string,
  happens: (mqdes: number) => void,
  toObject: (queue: posix.MessageQueue) => unknown,
  before: string[] = [],
): Row {
  return row(
    c,
    what,
    expected,
    () => {
      const mqdes = opened(queueNamed());
      for (const text of before) put(mqdes, text);
      ask(mqdes);
      happens(mqdes);
      ask(mqdes);
    },
    async () => {
      const queue = queueObject();
      queue.trySendMany(before);
      await queue.notify('SIGURG');
      await toObject(queue);
      await queue.notify('SIGURG');
    },
  );
}

const nothing = (): undefined => undefined;
const noDescriptor = absent('an object has a queue');

export const mqNotifyRows: Row[] = [
  row(
    'mq_notify-signal',
    'by a signal',
    'done',
    () => {
      ask(newQueue());
    },
    () => queueObject().notify(SIGURG),
  ),
  askedAgain('mq_notify-busy', 'where a process is registered', 'EBUSY', nothing, nothing),
  askedAgain(
    'mq_notify-over-after-a-message',
    'a message in the empty queue ends the registration',
    'done',
    (mqdes) => {
      put(mqdes, 'x');
    },
    (queue) => queue.send('x'),
  ),
  askedAgain(
    'mq_notify-not-empty',
    'a message in a queue that is not empty does not',
    'EBUSY',
    (mqdes) => {
      put(mqdes, 'x');
    },
    (queue) => queue.send('x'),
    ['one'],
  ),
  askedAgain(
    'mq_notify-taken-back',
    'a registration is taken back',
    'done',
    (mqdes) => {
      mq_notify(mqdes, null);
    },
    (queue) => queue.notify(undefined),
  ),
  row(
    'mq_notify-closed-elsewhere',
    'closing another descriptor of the queue takes it back',
    'done',
    () => {
      const name = queueNamed();
      const mqdes = opened(name);
      ask(mqdes);
      close(opened(name));
      ask(mqdes);
    },
    async () => {
      const queue = queueObject();
      await queue.notify('SIGURG');
      posix.MessageQueue.openSync(queue.name).close();
      await queue.notify('SIGURG');
    },
  ),
  row(
    'mq_notify-no-such-signal',
    'signal 65',
    'EINVAL',
    () => {
      ask(newQueue(), 65);
    },
    different('ERR_OUT_OF_RANGE', 'arguments are checked before the call', () =>
      queueObject().notify(65),
    ),
  ),
  row(
    'mq_notify-no-such-way',
    'a way to notify that there is not',
    'EINVAL',
    () => {
      ask(newQueue(), SIGURG, 77);
    },
    absent('the class has one way'),
  ),
  row(
    'mq_notify-not-open',
    'a descriptor that is not open',
    'EBADF',
    () => {
      ask(-1);
    },
    noDescriptor,
  ),
];

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
