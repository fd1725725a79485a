/** Rows of mq_timedsend and mq_timedreceive. */

import { posix } from 'posix-ipc';
import {
  mq_timedreceive,
  mq_timedsend,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  type Timespec,
} from 'posix-ipc/syscalls';

import { adoptPosixQueue } from '../support/posix-queues';
import { whileBlocked, whilePending } from './elsewhere';
import { sendingRows } from './mq-messages';
import {
  full,
  fullObject,
  newQueue,
  opened,
  put,
  queueNamed,
  queueObject,
  SIZE,
  textOf,
  waitedQueue,
  withCount,
  withCountOf,
} from './queues';
import { absent, different, row, type Column, type Row } from './row';

const past: Timespec = { tv_sec: 0, tv_nsec: 0 };
const noDescriptor = absent('an object has a queue');
const relative = absent('timeouts of the class are relative');
const restarts = absent('Node sets SA_RESTART on all its handlers');

function inMilliseconds(milliseconds: number): Timespec {
  const at = Date.now() + milliseconds;
  return { tv_sec: Math.floor(at / 1000), tv_nsec: (at % 1000) * 1_000_000 };
}

const inTime = { timeout: 20_000 };
const late = (): Timespec => inMilliseconds(20_000);

interface Timed {
  name: 'mq_timedsend' | 'mq_timedreceive';
  call: (mqdes: number, until: Timespec) => unknown;
  /** A queue on which it has to wait, and one on which it has not. */
  waits: (flags?: number) => number;
  goes: () => number;
  /** How many messages there are where it has waited in vain, and where it had not to. */
  left: number;
  then: number;
  byClass: (queue: posix.MessageQueue, options: { timeout: number }) => Promise<unknown>;
  object: (goes: boolean) => posix.MessageQueue;
}

/** What the calls of a column come to: their result, and how many messages there are then. */
function runsOf({ call, byClass }: Timed) {
  return {
    sync: (mqdes: number, until: Timespec) => withCount(mqdes, () => call(mqdes, until)),
    promise: (queue: posix.MessageQueue, timeout: number) =>
      withCountOf(queue, () => byClass(queue, { timeout })),
  };
}

function withMessages(what: string, count: number): string {
  return `${what}, ${String(count)} messages`;
}

function timedRows(timed: Timed): Row[] {
  const { name, call, left } = timed;
  return [
    ...expiredRows(timed),
    ...invalidRows(timed),
    row(
      `${name}-nonblock`,
      'with O_NONBLOCK there is no waiting',
      withMessages('EAGAIN', left),
      () => runsOf(timed).sync(timed.waits(O_NONBLOCK), past),
      absent('no call of the class depends on O_NONBLOCK'),
    ),
    row(
      `${name}-not-open`,
      'a descriptor that is not open',
      'EBADF',
      () => call(-1, late()),
      noDescriptor,
    ),
    row(
      `${name}-interrupted`,
      'a handler without SA_RESTART runs while the call blocks',
      'EINTR',
      restarts,
      restarts,
    ),
  ];
}

function expiredRows(timed: Timed): Row[] {
  const { name, waits, goes, left, then, object } = timed;
  const { sync, promise } = runsOf(timed);
  return [
    row(
      `${name}-expires`,
      'the time is over',
      withMessages('ETIMEDOUT', left),
      () => sync(waits(), inMilliseconds(10)),
      () => promise(object(false), 10),
    ),
    row(
      `${name}-past`,
      'a time that is over when it begins',
      withMessages('ETIMEDOUT', left),
      () => sync(waits(), past),
      () => promise(object(false), 0),
    ),
    row(
      `${name}-past-with-${ableTo(timed)}`,
      'such a time does not matter to what need not wait',
      withMessages('done', then),
      () => sync(goes(), past),
      () => promise(object(true), 0),
    ),
  ];
}

function ableTo({ name }: Timed): string {
  return name === 'mq_timedsend' ? 'room' : 'message';
}

function invalidRows(timed: Timed): Row[] {
  const { name, waits, goes, left, then, object } = timed;
  const { sync, promise } = runsOf(timed);
  const wrong = (tv_nsec: number): Timespec => ({ tv_sec: 0, tv_nsec });
  return [
    row(
      `${name}-nanoseconds`,
      'a second has fewer nanoseconds',
      withMessages('EINVAL', left),
      () => sync(waits(), wrong(1e9)),
      relative,
    ),
    row(
      `${name}-negative`,
      'no second has negative nanoseconds',
      withMessages('EINVAL', left),
      () => sync(waits(), wrong(-1)),
      different(withMessages('ERR_OUT_OF_RANGE', left), 'the time is checked before the call', () =>
        promise(object(false), -1),
      ),
    ),
    row(
      `${name}-nanoseconds-with-${ableTo(timed)}`,
      'that is told to what need not wait, too',
      withMessages('EINVAL', 1 - then),
      () => sync(goes(), wrong(1e9)),
      relative,
    ),
  ];
}

function queueOfOne(): posix.MessageQueue {
  const queue = queueObject();
  queue.sendSync('one');
  return queue;
}

function objectOf(access: posix.QueueAccess): posix.MessageQueue {
  return adoptPosixQueue(posix.MessageQueue.openSync(queueNamed(), { access }));
}

// ---- mq_timedsend

function putInTime(mqdes: number, text: string, priority = 0): void {
  mq_timedsend(mqdes, text, text.length, priority, late());
}

function refused(
  c: string,
  what: string,
  expected: string,
  [text, priority]: [string, number],
  promise: Column,
): Row {
  const sync = (): Promise<string> => {
    const mqdes = newQueue();
    return withCount(mqdes, () => {
      putInTime(mqdes, text, priority);
    });
  };
  return row(c, what, expected, sync, promise);
}

function sent(text: string, priority: number): Promise<string> {
  const queue = queueObject();
  return withCountOf(queue, () => queue.send(text, { ...inTime, priority }));
}

const long = 'x'.repeat(SIZE + 1);

export const mqTimedsendRows: Row[] = [
  ...timedRows({
    name: 'mq_timedsend',
    call: (mqdes, until) => {
      mq_timedsend(mqdes, 'x', 1, 0, until);
    },
    waits: (flags) => full(newQueue(flags)),
    goes: newQueue,
    left: 4,
    then: 1,
    byClass: (queue, options) => queue.send('x', options),
    object: (goes) => (goes ? queueObject() : fullObject()),
  }),
  ...sendingRows({ name: 'mq_timedsend', into: putInTime, limits: inTime }),
  refused(
    'mq_timedsend-too-long',
    'a message that is too long',
    'EMSGSIZE, 0 messages',
    [long, 0],
    () => sent(long, 0),
  ),
  refused(
    'mq_timedsend-priority-too-high',
    'a priority of 32,768',
    'EINVAL, 0 messages',
    ['x', 32_768],
    different('ERR_OUT_OF_RANGE, 0 messages', 'arguments are checked before the call', () =>
      sent('x', 32_768),
    ),
  ),
  row(
    'mq_timedsend-read-only',
    'where it was opened to receive',
    'EBADF, 0 messages',
    () => {
      const mqdes = opened(queueNamed(), O_RDONLY);
      return withCount(mqdes, () => {
        putInTime(mqdes, 'x');
      });
    },
    () => {
      const queue = objectOf('receive');
      return withCountOf(queue, () => queue.send('x', inTime));
    },
  ),
];

// ---- mq_timedreceive

function takeInTime(mqdes: number): string {
  const [text, priority] = [Buffer.alloc(SIZE), new Uint32Array(1)];
  const length = mq_timedreceive(mqdes, text, SIZE, priority, late());
  return `${String(priority[0])} ${text.toString('latin1', 0, length)}`;
}

export const mqTimedreceiveRows: Row[] = [
  ...timedRows({
    name: 'mq_timedreceive',
    call: (mqdes, until) => {
      mq_timedreceive(mqdes, Buffer.alloc(SIZE), SIZE, null, until);
    },
    waits: (flags) => newQueue(flags),
    goes: () => opened(queueOfOne().name),
    left: 0,
    then: 0,
    byClass: async (queue, options) => {
      await queue.receive(options);
    },
    object: (goes) => (goes ? queueOfOne() : queueObject()),
  }),
  row(
    'mq_timedreceive-takes',
    'the highest priority comes first',
    '32767 high',
    () => {
      const mqdes = newQueue();
      put(mqdes, 'low', 1);
      put(mqdes, 'high', 32_767);
      return takeInTime(mqdes);
    },
    async () => {
      const queue = queueObject();
      await queue.send('low', { priority: 1 });
      await queue.send('high', { priority: 32_767 });
      return textOf(await queue.receive(inTime));
    },
  ),
  row(
    'mq_timedreceive-room-too-small',
    'less room than the longest message takes',
    'EMSGSIZE, 1 messages',
    () => {
      const mqdes = opened(queueOfOne().name);
      const small = SIZE - 1;
      return withCount(mqdes, () =>
        mq_timedreceive(mqdes, Buffer.alloc(SIZE), small, null, late()),
      );
    },
    () => {
      const queue = queueOfOne();
      return withCountOf(queue, async () => {
        await queue.receiveInto(Buffer.alloc(SIZE - 1), inTime);
      });
    },
  ),
  row(
    'mq_timedreceive-write-only',
    'where it was opened to send',
    'EBADF',
    () => takeInTime(opened(queueNamed(), O_WRONLY)),
    async () => textOf(await objectOf('send').receive(inTime)),
  ),
  row(
    'mq_timedreceive-goes-on',
    'a call that blocks goes on when a message comes',
    '7 come',
    () => {
      const target = waitedQueue();
      const send = (): unknown => target.queue.trySend('come', { priority: 7 });
      return whileBlocked('mq_timedreceive', target, send);
    },
    () => {
      const target = waitedQueue();
      const receiving = target.queue.receive(inTime).then(textOf);
      return whilePending('epoll', target, receiving, () =>
        target.queue.trySend('come', { priority: 7 }),
      );
    },
  ),
];
