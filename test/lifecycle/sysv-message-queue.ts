/** The rows of System V message queues. */

import { sysv } from 'posix-ipc';
import { msgbuf, msgrcv, msgsnd } from 'posix-ipc/syscalls';

import type { Contents, Limits, Subject, WaitingOperation } from './waiting-operation';

type Queue = sysv.MessageQueue;
type Wait = (queue: Queue, limits: Limits) => Promise<unknown>;

function subject(queue: Queue, wait: Wait, satisfy: (queue: Queue) => void): Subject {
  return {
    id: queue.id,
    object: queue,
    wait: (limits = {}) => wait(queue, limits),
    satisfy: () => {
      satisfy(sysv.MessageQueue.fromIdSync(queue.id));
    },
    contents: () => messagesIn(queue.id),
    close: () => {
      queue.close();
    },
    remove: () => {
      queue.removeSync();
    },
    unref: () => {
      queue.unref();
    },
  };
}

/** Each message as its type and its payload; they stay in the queue. */
function messagesIn(id: number): string[] {
  const queue = sysv.MessageQueue.fromIdSync(id);
  const messages: string[] = [];
  for (;;) {
    const message = queue.peekSync(messages.length);
    if (message === undefined) return messages;
    messages.push(`${String(message.type)} ${message.data.toString()}`.trim());
  }
}

interface Row {
  name: string;
  form?: 'sync';
  takes?: readonly ('timeout' | 'signal')[];
  wait: Wait;
  closedValue?: unknown;
  variant?: boolean;
}

function rowOf(
  row: Row,
  gives: boolean,
  contents: Contents,
): Omit<WaitingOperation, 'create' | 'open'> {
  const { name, form = 'promise', variant = false, closedValue } = row;
  const takes = row.takes ?? (form === 'sync' ? ['timeout'] : ['timeout', 'signal']);
  const call = gives ? 'msgsnd' : 'msgrcv';
  return { name, form, variant, takes, gives, call, removal: 'EIDRM', contents, closedValue };
}

const bystander = { type: 9, data: 'bystander' };
const bystanderText = '9 bystander';

/** A wait for a message of type 2; beside it lies one of another type, unless any would do. */
function receiving(row: Row & { any?: boolean; payload?: string }): WaitingOperation {
  const { payload = 'wanted', any = false } = row;
  const wanted = `2 ${payload}`.trim();
  const others = any ? [] : [bystanderText];
  const contents = { untouched: others, unserved: [...others, wanted], served: others };
  const open = (queue: Queue): Subject =>
    subject(queue, row.wait, (own) => {
      own.sendSync(payload, { type: 2 });
    });
  return {
    ...rowOf(row, false, contents),
    create: () => {
      const queue = sysv.MessageQueue.createSync('random');
      if (!any) queue.sendSync(bystander.data, { type: bystander.type });
      return open(queue);
    },
    open: (id) => open(sysv.MessageQueue.fromIdSync(id)),
  };
}

/** A wait for room in a queue that is full of three messages of type 9. */
function sending(row: Row & { payload: 'x' | '' }): WaitingOperation {
  const filler = `9 ${row.payload}`.trim();
  const sent = `2 ${row.payload}`.trim();
  const contents = {
    untouched: [filler, filler, filler],
    unserved: [filler, filler],
    served: [filler, filler, sent],
  };
  const open = (queue: Queue): Subject =>
    subject(queue, row.wait, (own) => own.receiveSync({ type: 9 }));
  return {
    ...rowOf(row, true, contents),
    create: () => {
      // Full by bytes, or with empty messages by number: a queue holds as many as it has bytes.
      const queue = sysv.MessageQueue.createSync('random', { maxBytes: 3 });
      queue.trySendMany([row.payload, row.payload, row.payload], { type: 9 });
      return open(queue);
    },
    open: (id) => open(sysv.MessageQueue.fromIdSync(id)),
  };
}

const done = Promise.resolve();
const type = 2;
const memory = (): Uint8Array => new Uint8Array(64);
/** What the calls under their man-page names have: nothing that bounds them. */
const plain = { form: 'sync', takes: [] } as const;

function sync(call: () => unknown): Promise<unknown> {
  call();
  return done;
}

export const sysvMessageQueue: readonly WaitingOperation[] = [
  receiving({ name: 'receive', wait: (q, limits) => q.receive({ type, ...limits }) }),
  receiving({
    name: 'receive of any type',
    any: true,
    variant: true,
    wait: (q, limits) => q.receive(limits),
  }),
  receiving({
    name: 'receive up to a type',
    variant: true,
    wait: (q, limits) => q.receive({ type: -3, ...limits }),
  }),
  receiving({
    name: 'receive except a type',
    variant: true,
    wait: (q, limits) => q.receive({ type: 9, except: true, ...limits }),
  }),
  receiving({
    name: 'receive of an empty message',
    payload: '',
    wait: (q, limits) => q.receive({ type, ...limits }),
  }),
  receiving({
    name: 'receiveInto',
    variant: true,
    wait: (q, limits) => q.receiveInto(memory(), { type, ...limits }),
  }),
  receiving({
    name: 'receiveInto of an empty message',
    variant: true,
    payload: '',
    wait: (q, limits) => q.receiveInto(new Uint8Array(0), { type, ...limits }),
  }),
  receiving({
    name: 'for await',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: (q, limits) => q.messages({ type, ...limits }).next(),
  }),
  receiving({
    name: 'for await of an empty message',
    variant: true,
    payload: '',
    closedValue: { value: undefined, done: true },
    wait: (q, limits) => q.messages({ type, ...limits }).next(),
  }),
  receiving({
    name: 'batches',
    closedValue: { value: undefined, done: true },
    variant: true,
    wait: (q, limits) => q.batches({ type, ...limits }).next(),
  }),
  sending({ name: 'send', payload: 'x', wait: (q, limits) => q.send('x', { type, ...limits }) }),
  sending({
    name: 'send of an empty message',
    variant: true,
    payload: '',
    wait: (q, limits) => q.send('', { type, ...limits }),
  }),
  sending({
    name: 'sendMany',
    variant: true,
    payload: 'x',
    wait: (q, limits) => q.sendMany(['x'], { type, ...limits }),
  }),

  receiving({
    name: 'receiveSync',
    form: 'sync',
    wait: (q, limits) => sync(() => q.receiveSync({ type, ...limits })),
  }),
  receiving({
    name: 'receiveSync of an empty message',
    variant: true,
    form: 'sync',
    payload: '',
    wait: (q, limits) => sync(() => q.receiveSync({ type, ...limits })),
  }),
  receiving({
    name: 'receiveIntoSync',
    variant: true,
    form: 'sync',
    wait: (q, limits) => sync(() => q.receiveIntoSync(memory(), { type, ...limits })),
  }),
  sending({
    name: 'sendSync',
    form: 'sync',
    payload: 'x',
    wait: (q, limits) =>
      sync(() => {
        q.sendSync('x', { type, ...limits });
      }),
  }),
  sending({
    name: 'sendManySync',
    variant: true,
    form: 'sync',
    payload: 'x',
    wait: (q, limits) => sync(() => q.sendManySync(['x'], { type, ...limits })),
  }),
  receiving({
    name: 'msgrcv',
    ...plain,
    wait: (q) => sync(() => msgrcv(q.id, Buffer.alloc(8 + 64), 64, type, 0)),
  }),
  sending({
    name: 'msgsnd',
    variant: true,
    ...plain,
    payload: 'x',
    wait: (q) =>
      sync(() => {
        msgsnd(q.id, msgbuf(type, 'x'), 1, 0);
      }),
  }),
];
