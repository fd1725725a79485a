/** What the two kinds of message queues have in common, for tests that hold for both. */

import type { sysv, posix, TimeoutOptions, WaitOptions } from 'posix-ipc';

import type { Data } from '../../lib/core/options';
import { fullPosixQueue, temporaryPosixQueue } from './posix-queues';
import { fullQueue, temporaryQueue } from './queues';

type Memory = Exclude<Data, string>;
interface Limit {
  limit?: number;
}

/** A received message: `data` and a mark, which is the type or the priority. */
export type AnyMessage = Partial<sysv.Message & posix.Message> & { data: Buffer };
export type AnyMessageInto = { length: number };

/** The interface that both have. */
export interface AnyQueue extends AsyncIterable<AnyMessage>, Disposable {
  readonly closed: boolean;
  send(data: Data, options?: WaitOptions): Promise<void>;
  sendSync(data: Data, options?: TimeoutOptions): void;
  trySend(data: Data): boolean;
  sendMany(messages: Iterable<Data>, options?: WaitOptions): Promise<number>;
  sendManySync(messages: Iterable<Data>, options?: TimeoutOptions): number;
  trySendMany(messages: Iterable<Data>): number;
  receive(options?: WaitOptions): Promise<AnyMessage>;
  receiveSync(options?: TimeoutOptions): AnyMessage;
  tryReceive(): AnyMessage | undefined;
  receiveInto(memory: Memory, options?: WaitOptions): Promise<AnyMessageInto>;
  receiveIntoSync(memory: Memory, options?: TimeoutOptions): AnyMessageInto;
  tryReceiveInto(memory: Memory): AnyMessageInto | undefined;
  drain(options?: Limit): Promise<AnyMessage[]>;
  drainSync(options?: Limit): AnyMessage[];
  messages(options?: WaitOptions): AsyncIterableIterator<AnyMessage>;
  batches(options?: Limit & WaitOptions): AsyncIterableIterator<AnyMessage[]>;
  stat(): Promise<{ messages: number }>;
  statSync(): { messages: number };
  close(): void;
  ref(): unknown;
  unref(): unknown;
}

export interface QueueKind {
  /** What a message has that nothing was said of. */
  readonly plain: { type: number } | { priority: number };
  readonly syscalls: { send: string; receive: string };
  empty(): AnyQueue;
  /** With no room left, for messages of one byte. */
  full(capacity?: number): AnyQueue;
}

export const queueKinds: [name: string, kind: QueueKind][] = [
  [
    'sysv.MessageQueue',
    {
      plain: { type: 1 },
      syscalls: { send: 'msgsnd', receive: 'msgrcv' },
      empty: () => temporaryQueue(),
      full: (capacity) => fullQueue(capacity),
    },
  ],
  [
    'posix.MessageQueue',
    {
      plain: { priority: 0 },
      syscalls: { send: 'mq_send', receive: 'mq_receive' },
      empty: () => temporaryPosixQueue(),
      full: (capacity) => fullPosixQueue(capacity),
    },
  ],
];

/** A call as a promise, whether it throws or not. */
export function promise<R>(call: () => R): Promise<Awaited<R>> {
  return Promise.resolve().then(call) as Promise<Awaited<R>>;
}

export const sends: [name: string, send: (queue: AnyQueue, data: Data) => Promise<unknown>][] = [
  ['send', (queue, data) => queue.send(data)],
  [
    'sendSync',
    (queue, data) =>
      promise(() => {
        queue.sendSync(data);
      }),
  ],
  ['trySend', (queue, data) => promise(() => queue.trySend(data))],
  ['sendMany', (queue, data) => queue.sendMany([data])],
  ['sendManySync', (queue, data) => promise(() => queue.sendManySync([data]))],
  ['trySendMany', (queue, data) => promise(() => queue.trySendMany([data]))],
];

export const receives: [
  name: string,
  receive: (queue: AnyQueue) => Promise<AnyMessage | undefined>,
][] = [
  ['receive', (queue) => queue.receive()],
  ['receiveSync', (queue) => promise(() => queue.receiveSync())],
  ['tryReceive', (queue) => promise(() => queue.tryReceive())],
  ['drain', async (queue) => (await queue.drain({ limit: 1 }))[0]],
  ['drainSync', (queue) => promise(() => queue.drainSync({ limit: 1 })[0])],
  ['messages', async (queue) => (await queue.messages().next()).value as AnyMessage],
  [
    'batches',
    async (queue) => ((await queue.batches({ limit: 1 }).next()).value as AnyMessage[])[0],
  ],
];

export const intos: [
  name: string,
  into: (queue: AnyQueue, memory: Memory) => Promise<AnyMessageInto | undefined>,
][] = [
  ['receiveInto', (queue, memory) => queue.receiveInto(memory)],
  ['receiveIntoSync', (queue, memory) => promise(() => queue.receiveIntoSync(memory))],
  ['tryReceiveInto', (queue, memory) => promise(() => queue.tryReceiveInto(memory))],
];
