/** The rows of POSIX message queues. */

import { randomInt } from 'node:crypto';
import { readSync } from 'node:fs';

import { posix } from 'posix-ipc';
import { mq_receive, mq_send } from 'posix-ipc/syscalls';

import type { BlockingCall } from '../support/blocked';
import type { Contents, Limits, Subject, WaitingOperation } from './waiting-operation';

type Queue = posix.MessageQueue;

interface Row {
  name: string;
  form?: 'sync';
  takes?: readonly ('timeout' | 'signal')[];
  call?: BlockingCall;
  variant?: boolean;
  closedValue?: unknown;
  wait: (queue: Queue, limits: Limits) => Promise<unknown>;
}

/** The number at its end is what tests know the queue by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-${String(id)}`;
}

/** Messages cannot be looked at: how many there are, and how many bytes, as read(2) of a queue tells. */
function contentsOf(id: number): string {
  using queue = posix.MessageQueue.openSync(nameOf(id));
  const text = Buffer.alloc(100);
  readSync(queue.fd, text, 0, text.length, 0);
  const bytes = /QSIZE:(\d+)/.exec(text.toString('latin1'))?.[1];
  return `${String(queue.attributes.messages)} with ${String(bytes)} bytes`;
}

function subject(
  id: number,
  queue: Queue,
  { wait }: Row,
  satisfy: (queue: Queue) => void,
): Subject {
  return {
    id,
    object: queue,
    wait: (limits = {}) => wait(queue, limits),
    satisfy: () => {
      using own = posix.MessageQueue.openSync(nameOf(id));
      satisfy(own);
    },
    contents: () => [contentsOf(id)],
    close: () => {
      queue.close();
    },
    remove: () => {
      queue.unlinkSync();
    },
    unref: () => {
      queue.unref();
    },
  };
}

/** Its name may go: who has a queue open uses it on. */
function operation(
  row: Row,
  gives: boolean,
  contents: Contents,
  fill: (queue: Queue) => void,
  satisfy: (queue: Queue) => void,
): WaitingOperation {
  const { name, form = 'promise', variant = false, closedValue } = row;
  return {
    name,
    form,
    variant,
    closedValue,
    takes: row.takes ?? (form === 'sync' ? ['timeout'] : ['timeout', 'signal']),
    gives,
    call: row.call ?? (form === 'sync' ? 'ppoll' : 'epoll'),
    removal: undefined,
    contents,
    create: () => {
      const id = randomInt(2 ** 47);
      const queue = posix.MessageQueue.createSync(nameOf(id), { maxMessages: 3, messageSize: 64 });
      fill(queue);
      return subject(id, queue, row, satisfy);
    },
    open: (id) => subject(id, posix.MessageQueue.openSync(nameOf(id)), row, satisfy),
  };
}

/** A wait for a message. */
function receiving(row: Row): WaitingOperation {
  const none = ['0 with 0 bytes'];
  return operation(
    row,
    false,
    { untouched: none, unserved: ['1 with 6 bytes'], served: none },
    () => undefined,
    (queue) => {
      queue.sendSync('wanted');
    },
  );
}

/** A wait for room in a queue that is full of three messages of one byte; it sends one of two. */
function sending(row: Row): WaitingOperation {
  return operation(
    row,
    true,
    {
      untouched: ['3 with 3 bytes'],
      unserved: ['2 with 2 bytes'],
      served: ['3 with 4 bytes'],
    },
    (queue) => queue.trySendMany(['x', 'x', 'x']),
    (queue) => queue.receiveSync(),
  );
}

const done = Promise.resolve();
const memory = (): Buffer => Buffer.alloc(64);
const plain = { form: 'sync', takes: [] } as const;

function sync(call: () => unknown): Promise<unknown> {
  call();
  return done;
}

export const posixMessageQueue: readonly WaitingOperation[] = [
  receiving({ name: 'posix receive', wait: (q, limits) => q.receive(limits) }),
  receiving({
    name: 'posix receiveInto',
    variant: true,
    wait: (q, limits) => q.receiveInto(memory(), limits),
  }),
  receiving({
    name: 'posix for await',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: (q, limits) => q.messages(limits).next(),
  }),
  receiving({
    name: 'posix batches',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: (q, limits) => q.batches(limits).next(),
  }),
  sending({ name: 'posix send', variant: true, wait: (q, limits) => q.send('yy', limits) }),
  sending({
    name: 'posix sendMany',
    variant: true,
    wait: (q, limits) => q.sendMany(['yy'], limits),
  }),
  receiving({
    name: 'posix receiveSync',
    form: 'sync',
    wait: (q, limits) => sync(() => q.receiveSync(limits)),
  }),
  receiving({
    name: 'posix receiveIntoSync',
    form: 'sync',
    variant: true,
    wait: (q, limits) => sync(() => q.receiveIntoSync(memory(), limits)),
  }),
  sending({
    name: 'posix sendSync',
    form: 'sync',
    variant: true,
    wait: (q, limits) =>
      sync(() => {
        q.sendSync('yy', limits);
      }),
  }),
  sending({
    name: 'posix sendManySync',
    form: 'sync',
    variant: true,
    wait: (q, limits) => sync(() => q.sendManySync(['yy'], limits)),
  }),
  receiving({
    name: 'mq_receive',
    ...plain,
    call: 'mq_timedreceive',
    wait: (q) => sync(() => mq_receive(q.fd, memory(), 64)),
  }),
  sending({
    name: 'mq_send',
    ...plain,
    call: 'mq_timedsend',
    wait: (q) =>
      sync(() => {
        mq_send(q.fd, 'yy', 2, 0);
      }),
  }),
];
