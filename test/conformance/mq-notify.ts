/** Rows of mq_notify. */

import { posix } from 'posix-ipc';
import { mq_notify, SIGEV_NONE, SIGEV_SIGNAL } from 'posix-ipc/syscalls';

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { soon } from '../support/wait-until';
import { inOther, start } from './elsewhere';
import { close, newQueue, opened, put, queueNamed, queueObject, waitedQueue } from './queues';
import { absent, different, row, type Row } from './row';

/** Ignored, where nobody handles it. */
const SIGURG = 23;

function ask(mqdes: number, sigev_signo = SIGURG, sigev_notify = SIGEV_SIGNAL): void {
  mq_notify(mqdes, { sigev_notify, sigev_signo });
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

// ---- of several processes

/** This process is registered, and another one makes a call; after that, this one asks again. */
async function afterCall(
  call: string,
  register: (queue: posix.MessageQueue) => unknown,
): Promise<string> {
  const queue = queueObject();
  await register(queue);
  const result = await inOther(call, queue.name);
  if (result === 'done') await register(queue);
  return result;
}

/** Another process waits for a message, which comes; then this one asks again to be told. */
async function whileWaited(
  waiter: string,
  blocked: BlockingCall,
  register: (queue: posix.MessageQueue) => unknown,
): Promise<void> {
  const target = waitedQueue();
  await register(target.queue);
  const peer = start(waiter, target);
  await untilBlockedIn(blocked, peer.pid, target.id);
  target.queue.trySend('x');
  await peer.success();
  await register(target.queue);
}

/** Another process is registered, and killed; then this one asks to be told. */
async function afterKill(
  waiter: string,
  blocked: BlockingCall,
  register: (queue: posix.MessageQueue) => unknown,
): Promise<void> {
  const target = waitedQueue();
  const peer = start(waiter, target);
  await untilBlockedIn(blocked, peer.pid, target.id);
  peer.kill('SIGKILL');
  await soon('its end', peer.ended);
  await register(target.queue);
}

const byCall = (queue: posix.MessageQueue): void => {
  ask(queue.fd);
};
const byClass = (queue: posix.MessageQueue): Promise<void> => queue.notify(SIGURG);

const ofProcesses: Row[] = [
  row(
    'mq_notify-busy-elsewhere',
    'where another process is registered',
    'EBUSY',
    () => afterCall('mq_notify', byCall),
    () => afterCall('queue-notify', byClass),
  ),
  row(
    'mq_notify-taken-back-elsewhere',
    'who is not registered can take nothing back',
    'EBUSY',
    () => afterCall('mq_notify-null', byCall),
    () => afterCall('queue-notify-null', byClass),
  ),
  row(
    'mq_notify-closed-by-other',
    'nor does it by closing the queue',
    'EBUSY',
    () => afterCall('mq_close', byCall),
    () => afterCall('queue-open-and-close', byClass),
  ),
  row(
    'mq_notify-killed',
    'who is killed is registered no more',
    'done',
    () => afterKill('mq_notify-and-receive', 'mq_timedreceive', byCall),
    () => afterKill('queue-notify-and-receive', 'epoll', byClass),
  ),
  row(
    'mq_notify-while-blocked',
    'a message for who is blocked in mq_receive tells nobody',
    'EBUSY',
    () => whileWaited('mq_receive', 'mq_timedreceive', byCall),
    () => whileWaited('mq_receive', 'mq_timedreceive', byClass),
  ),
  row(
    'mq_notify-while-polled',
    'one for who polls, as the class does, tells who is registered',
    'done',
    () => whileWaited('queue-receive', 'epoll', byCall),
    () => whileWaited('queue-receive', 'epoll', byClass),
  ),
];

export const mqNotifyRows: Row[] = [
  ...ofProcesses,
  row(
    'mq_notify-signal',
    'by a signal',
    'done',
    () => {
      ask(newQueue());
    },
    () => queueObject().notify(SIGURG),
  ),
  row(
    'mq_notify-comes',
    'it comes when a message arrives in the empty queue, once',
    '1 signals',
    () => inOther('mq_notify-comes', queueNamed()),
    () => inOther('queue-notify-comes', queueNamed()),
  ),
  row(
    'mq_notify-none',
    'who asks to be told of nothing is registered, too',
    'EBUSY',
    () => {
      const mqdes = newQueue();
      ask(mqdes, 0, SIGEV_NONE);
      ask(mqdes);
    },
    absent('the class tells by a signal'),
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
