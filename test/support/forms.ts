/** The forms of a call that can wait, with one shape, for tests that hold for all of them. */

import type { sysv } from 'posix-ipc';
import type { Data } from '../../lib/core/options';

type Queue = sysv.MessageQueue;
type Memory = Exclude<Data, string>;

export type SendForm = (queue: Queue, data: Data, options?: sysv.TypeOptions) => Promise<unknown>;

export const sendForms: [name: string, send: SendForm][] = [
  ['send', (queue, data, options) => queue.send(data, options)],
  [
    'sendSync',
    (queue, data, options) =>
      Promise.resolve().then(() => {
        queue.sendSync(data, options);
      }),
  ],
  ['trySend', (queue, data, options) => Promise.resolve().then(() => queue.trySend(data, options))],
];

export type SendManyForm = (
  queue: Queue,
  messages: Iterable<Data>,
  options?: sysv.TypeOptions,
) => Promise<number>;

export const sendManyForms: [name: string, sendMany: SendManyForm][] = [
  ['sendMany', (queue, messages, options) => queue.sendMany(messages, options)],
  [
    'sendManySync',
    (queue, messages, options) =>
      Promise.resolve().then(() => queue.sendManySync(messages, options)),
  ],
  [
    'trySendMany',
    (queue, messages, options) =>
      Promise.resolve().then(() => queue.trySendMany(messages, options)),
  ],
];

export type ReceiveForm = (
  queue: Queue,
  options?: sysv.MessageOptions,
) => Promise<sysv.Message | undefined>;

export const receiveForms: [name: string, receive: ReceiveForm][] = [
  ['receive', (queue, options) => queue.receive(options)],
  ['receiveSync', (queue, options) => Promise.resolve().then(() => queue.receiveSync(options))],
  ['tryReceive', (queue, options) => Promise.resolve().then(() => queue.tryReceive(options))],
];

export type ReceiveIntoForm = (
  queue: Queue,
  memory: Memory,
  options?: sysv.MessageOptions,
) => Promise<sysv.MessageInto | undefined>;

export const receiveIntoForms: [name: string, receiveInto: ReceiveIntoForm][] = [
  ['receiveInto', (queue, memory, options) => queue.receiveInto(memory, options)],
  [
    'receiveIntoSync',
    (queue, memory, options) =>
      Promise.resolve().then(() => queue.receiveIntoSync(memory, options)),
  ],
  [
    'tryReceiveInto',
    (queue, memory, options) => Promise.resolve().then(() => queue.tryReceiveInto(memory, options)),
  ],
];
