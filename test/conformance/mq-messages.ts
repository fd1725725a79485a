/** Rows of mq_send and mq_receive. */

import { SystemError, type posix } from 'posix-ipc';
import { mq_receive, mq_send, O_NONBLOCK } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { soon } from '../support/wait-until';
import { acrossSignal, start, whileBlocked, whilePending } from './elsewhere';
import {
  full,
  fullObject,
  messageOf,
  newQueue,
  objectAttributes,
  opened,
  put,
  queueObject,
  SIZE,
  textOf,
  waitedQueue,
  withCount,
  withCountOf,
} from './queues';
import { orEagain } from './result';
import { absent, different, gvisor, row, type Row } from './row';

const restarts = absent('Node sets SA_RESTART on all its handlers');
const noDescriptor = absent('an object has a queue');
const noPoll = absent('poll(2) is a call for any descriptor, and not among those of queues');

/** What `notified()` tells at once; and the queue afterwards. */
async function polled(queue: posix.MessageQueue): Promise<string> {
  const isThere = await queue.notified({ timeout: 0 }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof SystemError && error.code === 'ETIMEDOUT') return false;
      throw error;
    },
  );
  return `${isThere ? 'there' : 'nothing'}, ${objectAttributes(queue)}`;
}

/** A call of the syscalls that sends, and how patiently the class does. */
interface Sending {
  name: 'mq_send' | 'mq_timedsend';
  into: (mqdes: number, text: string, priority: number) => void;
  limits: { timeout?: number };
}

/** What is true of both calls that send. */
export function sendingRows(sending: Sending): Row[] {
  return [
    first(sending, 'highest-first', 'the highest priority comes first', '32767 high', [
      ['low', 1],
      ['high', 32_767],
    ]),
    first(sending, 'oldest-first', 'of one priority the oldest comes first', '5 old', [
      ['old', 5],
      ['new', 5],
    ]),
    goesOn(sending),
  ];
}

/** The first of two messages that comes out. */
function first(
  { name, into, limits }: Sending,
  which: string,
  what: string,
  expected: string,
  sent: [string, number][],
): Row {
  return row(
    `${name}-${which}`,
    what,
    expected,
    () => {
      const mqdes = newQueue();
      for (const [text, priority] of sent) into(mqdes, text, priority);
      return messageOf(mqdes);
    },
    async () => {
      const queue = queueObject();
      for (const [text, priority] of sent) await queue.send(text, { ...limits, priority });
      return textOf(await queue.receive(limits));
    },
  );
}

function goesOn({ name }: Sending): Row {
  return row(
    `${name}-goes-on`,
    'a call that blocks goes on when there is room',
    'done',
    () => {
      const target = waitedQueue();
      fullObject(target.queue);
      return whileBlocked('mq_timedsend', target, () => target.queue.tryReceive(), name);
    },
    () => {
      const target = waitedQueue();
      const sending = fullObject(target.queue).send('y', { timeout: 20_000 });
      return whilePending('epoll', target, sending, () => {
        // Through another object: this one would serve its own line.
        messageOf(opened(target.key));
      });
    },
  );
}

function long(c: string, what: string, expected: string, length: number, isFull = false): Row {
  const data = Buffer.alloc(length);
  return row(
    c,
    what,
    expected,
    () => {
      const mqdes = isFull ? full(newQueue()) : newQueue();
      return withCount(mqdes, () => {
        mq_send(mqdes, data, length, 0);
      });
    },
    () => {
      const queue = isFull ? fullObject() : queueObject();
      return withCountOf(queue, () => queue.send(data));
    },
  );
}

export const mqSendRows: Row[] = [
  ...sendingRows({ name: 'mq_send', into: put, limits: {} }),
  row(
    'mq_send-empty',
    'a message of no length',
    '0',
    () => {
      const mqdes = newQueue();
      put(mqdes, '', 2);
      return mq_receive(mqdes, Buffer.alloc(SIZE), SIZE);
    },
    async () => {
      const queue = queueObject();
      await queue.send('', { priority: 2 });
      return (await queue.receive()).data.length;
    },
  ),
  long('mq_send-longest', 'the longest message', 'done, 1 messages', SIZE),
  long('mq_send-too-long', 'a longer one', 'EMSGSIZE, 0 messages', SIZE + 1),
  long(
    'mq_send-too-long-when-full',
    'a longer one, to a full queue',
    'EMSGSIZE, 4 messages',
    SIZE + 1,
    true,
  ),
  row(
    'mq_send-priority-too-high',
    'a priority of 32,768',
    'EINVAL, 0 messages',
    () => {
      const mqdes = newQueue();
      return withCount(mqdes, () => {
        put(mqdes, 'x', 32_768);
      });
    },
    different('ERR_OUT_OF_RANGE, 0 messages', 'arguments are checked before the call', () => {
      const queue = queueObject();
      return withCountOf(queue, () => queue.send('x', { priority: 32_768 }));
    }),
  ),
  row(
    'mq_send-full',
    'a full queue, without waiting',
    'EAGAIN, 4 messages',
    () => {
      const mqdes = full(newQueue(O_NONBLOCK));
      return withCount(mqdes, () => {
        put(mqdes, 'x');
      });
    },
    () => {
      const queue = fullObject();
      return withCountOf(queue, () => orEagain(queue.trySend('x')));
    },
  ),
  row(
    'mq_send-not-open',
    'a descriptor that is not open',
    'EBADF',
    () => {
      put(-1, 'x');
    },
    noDescriptor,
  ),
  row(
    'mq_send-interrupted',
    'a handler without SA_RESTART runs while the call blocks',
    'EINTR',
    restarts,
    restarts,
  ),
];

async function afterKill(call: string, blocked: 'mq_timedreceive' | 'epoll'): Promise<string> {
  const target = waitedQueue();
  const peer = start(call, target);
  await untilBlockedIn(blocked, peer.pid, target.id);
  peer.kill('SIGKILL');
  await soon('its end', peer.ended);
  target.queue.sendSync('there');
  return objectAttributes(target.queue);
}

export const mqReceiveRows: Row[] = [
  row(
    'mq_receive-room-too-small',
    'less room than the longest message takes',
    'EMSGSIZE, 1 messages',
    () => {
      const mqdes = newQueue();
      put(mqdes, 'x');
      return withCount(mqdes, () => mq_receive(mqdes, Buffer.alloc(SIZE), SIZE - 1));
    },
    async () => {
      const queue = queueObject();
      await queue.send('x');
      return withCountOf(queue, async () => {
        await queue.receiveInto(Buffer.alloc(SIZE - 1));
      });
    },
  ),
  row(
    'mq_receive-empty',
    'an empty queue, without waiting',
    'EAGAIN',
    () => messageOf(newQueue(O_NONBLOCK)),
    () => textOf(queueObject().tryReceive()),
  ),
  gvisor(
    'PollEmpty',
    'mq_receive-poll-empty',
    'poll(2) of an empty queue tells of nothing',
    'nothing, 0 4 16 0',
    noPoll,
    () => polled(queueObject()),
  ),
  row(
    'mq_receive-poll',
    'poll(2) tells of a message, and takes nothing',
    'there, 0 4 16 1',
    noPoll,
    async () => {
      const queue = queueObject();
      await queue.send('x');
      return polled(queue);
    },
  ),
  row(
    'mq_receive-not-open',
    'a descriptor that is not open',
    'EBADF',
    () => messageOf(-1),
    noDescriptor,
  ),
  row(
    'mq_receive-goes-on',
    'a call that blocks goes on when a message comes',
    '7 come',
    () => {
      const target = waitedQueue();
      return whileBlocked(
        'mq_timedreceive',
        target,
        () => target.queue.trySend('come', { priority: 7 }),
        'mq_receive',
      );
    },
    () => {
      const target = waitedQueue();
      const receiving = target.queue.receive({ timeout: 20_000 }).then(textOf);
      return whilePending('epoll', target, receiving, () =>
        target.queue.trySend('come', { priority: 7 }),
      );
    },
  ),
  row(
    'mq_receive-interrupted',
    'a handler without SA_RESTART runs while the call blocks',
    'EINTR',
    restarts,
    different('signal, then 7 come', 'the handler runs meanwhile', () => {
      const target = waitedQueue();
      return acrossSignal('epoll', 'queue-receive', target, () => {
        target.queue.sendSync('come', { priority: 7 });
      });
    }),
  ),
  row(
    'mq_receive-killed',
    'who is killed while it waits takes nothing',
    '0 4 16 1',
    () => afterKill('mq_receive', 'mq_timedreceive'),
    () => afterKill('queue-receive', 'epoll'),
  ),
];
