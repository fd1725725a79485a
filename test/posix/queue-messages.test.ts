/** posix.MessageQueue: what is said of messages themselves; what holds for all queues stands in queues-alike. */

import { readSync } from 'node:fs';

import { posix } from 'posix-ipc';

import type { Data } from '../../lib/core/options';
import { detach } from '../support/detach';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { fullPosixQueue, temporaryPosixQueue } from '../support/posix-queues';
import { startNode } from '../support/processes';
import { soon } from '../support/wait-until';

type Queue = posix.MessageQueue;
type Message = posix.Message;

const sends: [
  string,
  (queue: Queue, data: Data, options?: posix.PriorityOptions) => Promise<unknown>,
][] = [
  ['send', (queue, data, options) => queue.send(data, options)],
  [
    'sendSync',
    (queue, data, options) =>
      Promise.resolve().then(() => {
        queue.sendSync(data, options);
      }),
  ],
  ['trySend', (queue, data, options) => Promise.resolve().then(() => queue.trySend(data, options))],
  ['sendMany', (queue, data, options) => queue.sendMany([data], options)],
  [
    'sendManySync',
    (queue, data, options) => Promise.resolve().then(() => queue.sendManySync([data], options)),
  ],
  [
    'trySendMany',
    (queue, data, options) => Promise.resolve().then(() => queue.trySendMany([data], options)),
  ],
];

const receives: [string, (queue: Queue) => Promise<Message | undefined>][] = [
  ['receive', (queue) => queue.receive()],
  ['receiveSync', (queue) => Promise.resolve().then(() => queue.receiveSync())],
  ['tryReceive', (queue) => Promise.resolve().then(() => queue.tryReceive())],
  ['drain', async (queue) => (await queue.drain({ limit: 1 }))[0]],
  [
    'batches',
    async (queue) => {
      for await (const [first] of queue.batches({ limit: 1 })) return first;
      return undefined;
    },
  ],
];

const intos: [
  string,
  (queue: Queue, memory: Exclude<Data, string>) => Promise<posix.MessageInto | undefined>,
][] = [
  ['receiveInto', (queue, memory) => queue.receiveInto(memory)],
  [
    'receiveIntoSync',
    (queue, memory) => Promise.resolve().then(() => queue.receiveIntoSync(memory)),
  ],
  ['tryReceiveInto', (queue, memory) => Promise.resolve().then(() => queue.tryReceiveInto(memory))],
];

describe.each(sends)('%s', (_name, send) => {
  test.each([0, 1, 32_767])('priority %i', async (priority) => {
    const queue = temporaryPosixQueue();
    await send(queue, 'a', { priority });
    expect(queue.receiveSync()).toEqual({ priority, data: Buffer.from('a') });
  });

  test.each([-1, 32_768, 0.5, NaN])('%p is no priority', async (priority) => {
    const queue = temporaryPosixQueue();
    expect(await codeOfRejection(send(queue, 'a', { priority }))).toBe('ERR_OUT_OF_RANGE');
    expect(queue.attributes.messages).toBe(0);
  });

  test('the longest message, and one byte more', async () => {
    const queue = temporaryPosixQueue({ messageSize: 2000 });
    await send(queue, Buffer.alloc(2000, 'x'));
    expect(queue.receiveSync().data).toEqual(Buffer.alloc(2000, 'x'));
    const error = await rejectionOf(send(queue, Buffer.alloc(2001)));
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'mq_send', path: queue.name });
    expect(error.message).toContain('2001 bytes, and messages of this queue have 2000 at most');
    expect(queue.attributes.messages).toBe(0);
  });

  test('a message that is too long is told where the queue is full, too', async () => {
    const queue = fullPosixQueue();
    expect(await codeOfRejection(send(queue, Buffer.alloc(257)))).toBe('EMSGSIZE');
  });
});

describe.each(receives)('%s', (_name, receive) => {
  test('gives the highest priority first, and the oldest of one priority', async () => {
    const queue = temporaryPosixQueue();
    for (const [text, priority] of [
      ['a', 1],
      ['b', 3],
      ['c', 3],
      ['d', 0],
    ] as const) {
      queue.sendSync(text, { priority });
    }
    const got: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const message = await receive(queue);
      got.push([message?.data.toString(), message?.priority]);
    }
    expect(got).toEqual([
      ['b', 3],
      ['c', 3],
      ['a', 1],
      ['d', 0],
    ]);
  });

  test.each([0, 7, 8192])('%i bytes of a long queue', async (length) => {
    const queue = temporaryPosixQueue({ maxMessages: 2, messageSize: 8192 });
    const data = Buffer.alloc(length, 'q');
    queue.sendSync(data, { priority: 32_767 });
    expect(await receive(queue)).toEqual({ priority: 32_767, data });
  });
});

describe.each(intos)('%s', (_name, into) => {
  test('gives the priority and the length, and leaves the rest of the memory', async () => {
    const queue = temporaryPosixQueue();
    queue.sendSync('abc', { priority: 9 });
    const memory = Buffer.alloc(300, '.');
    expect(await into(queue, memory.subarray(10))).toEqual({ priority: 9, length: 3 });
    expect(memory.toString('latin1', 8, 16)).toBe('..abc...');
  });

  test.each([
    ['Float64Array', new Float64Array(32)],
    ['DataView', new DataView(new ArrayBuffer(256))],
    ['ArrayBuffer', new ArrayBuffer(256)],
    ['SharedArrayBuffer', new SharedArrayBuffer(256)],
  ])('a %s', async (_type, memory) => {
    const queue = temporaryPosixQueue();
    queue.sendSync('abc');
    expect(await into(queue, memory)).toEqual({ priority: 0, length: 3 });
    const bytes = ArrayBuffer.isView(memory) ? memory.buffer : memory;
    expect(Buffer.from(bytes).toString('latin1', 0, 4)).toBe('abc\0');
  });

  test('memory below messageSize is EMSGSIZE, and the message stays', async () => {
    const queue = temporaryPosixQueue();
    queue.sendSync('a');
    const error = await rejectionOf(into(queue, Buffer.alloc(255)));
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'mq_receive' });
    expect(error.message).toContain(
      'the memory has 255 bytes, and messages of this queue up to 256',
    );
    expect(queue.attributes.messages).toBe(1);
  });

  test('text is no memory', async () => {
    expect(await codeOfRejection(into(temporaryPosixQueue(), 'x' as never))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });
});

test('memory that is detached while a receive waits: the message stays', async () => {
  const queue = temporaryPosixQueue();
  const memory = new ArrayBuffer(256);
  const waiting = queue.receiveInto(memory);
  structuredClone(memory, { transfer: [memory] });
  queue.sendSync('a');
  expect(await codeOfRejection(waiting)).toBe('EMSGSIZE');
  expect(queue.receiveSync().data.toString()).toBe('a');
});

test('a waiting send has a copy of the caller’s bytes', async () => {
  const queue = fullPosixQueue(1);
  const memory = Buffer.from('before');
  const sent = [queue.send(memory), queue.sendMany([memory, memory])];
  memory.fill('x');
  const texts: string[] = [];
  for (let i = 0; i < 4; i++) texts.push((await queue.receive()).data.toString());
  await Promise.all(sent);
  expect(texts).toEqual(['x', 'before', 'before', 'before']);
});

test('many messages of all lengths in one call', () => {
  const queue = temporaryPosixQueue({ maxMessages: 10, messageSize: 4000 });
  const lengths = [0, 1, 7, 8, 9, 1023, 1024, 1025, 4000];
  expect(
    queue.sendManySync(
      lengths.map((length) => Buffer.alloc(length, 'm')),
      { priority: 3 },
    ),
  ).toBe(9);
  expect(queue.drainSync().map(({ priority, data }) => [priority, data.length])).toEqual(
    lengths.map((length) => [3, length]),
  );
});

test('an error in the middle leaves what was sent, and tells how many', () => {
  const queue = temporaryPosixQueue();
  expect(queue.trySendMany(['a', 'b', Buffer.alloc(2000), 'c'])).toBe(2);
  expect(queue.sendManySync(['a', Buffer.alloc(257)])).toBe(1);
  expect(queue.drainSync().map(({ data }) => data.toString())).toEqual(['a', 'b', 'a']);
});

describe('notified', () => {
  test('resolves where there is a message already, and takes none', async () => {
    const queue = temporaryPosixQueue();
    queue.sendSync('a');
    await queue.notified();
    queue.notifiedSync({ timeout: 0 });
    expect(queue.attributes.messages).toBe(1);
  });

  test('waits for one; all who wait are told', async () => {
    const queue = temporaryPosixQueue();
    using other = posix.MessageQueue.openSync(queue.name, { access: 'receive' });
    const waiting = [queue.notified(), queue.notified(), other.notified()];
    queue.sendSync('a');
    await Promise.all(waiting);
    expect(queue.tryReceive()?.data.toString()).toBe('a');
  });

  test('receives that were called before come first', async () => {
    const queue = temporaryPosixQueue();
    const received = queue.receive();
    const notified = codeOfRejection(queue.notified({ timeout: 30 }));
    queue.sendSync('a');
    expect((await received).data.toString()).toBe('a');
    expect(await notified).toBe('ETIMEDOUT');
    expect(
      codeThrownBy(() => {
        queue.notifiedSync({ timeout: 5 });
      }),
    ).toBe('ETIMEDOUT');
  });

  test('an abort ends it', async () => {
    const abort = new AbortController();
    const waiting = temporaryPosixQueue().notified({ signal: abort.signal });
    abort.abort('enough');
    expect(await rejectionOf(waiting)).toBe('enough');
  });
});

describe('notify', () => {
  const unregistered = 0;

  /** Who is registered, as the kernel shows it to who reads the descriptor. */
  function registered(queue: Queue): number {
    const text = Buffer.alloc(100);
    const length = readSync(queue.fd, text, 0, text.length, 0);
    return Number(/NOTIFY_PID:(\d+)/.exec(text.toString('latin1', 0, length))?.[1]);
  }

  test.each<NodeJS.Signals | '12'>(['SIGUSR2', '12'])(
    '%s comes once, when a message arrives in the empty queue',
    async (signal) => {
      expect(await startNode('queue-notify', [signal]).success()).toBe('first second\n');
    },
  );

  test('a second registration is EBUSY, until the first is taken back', async () => {
    const queue = temporaryPosixQueue();
    await queue.notify('SIGURG');
    expect(registered(queue)).toBe(process.pid);
    const error = thrownBy(() => {
      queue.notifySync('SIGURG');
    });
    expect(error).toMatchObject({ code: 'EBUSY', syscall: 'mq_notify', path: queue.name });
    await queue.notify(undefined);
    expect(registered(queue)).toBe(unregistered);
    queue.notifySync(23);
    queue.notifySync(undefined);
    queue.notifySync(undefined);
    expect(registered(queue)).toBe(unregistered);
  });

  test('closing any object of the queue takes it back', () => {
    const queue = temporaryPosixQueue();
    queue.notifySync('SIGURG');
    posix.MessageQueue.openSync(queue.name).close();
    expect(registered(queue)).toBe(unregistered);
  });

  test('what is no signal', async () => {
    const queue = temporaryPosixQueue();
    for (const signal of [0, 65, 1.5, 'SIGNONE', 'toString']) {
      expect(await codeOfRejection(queue.notify(signal as never))).toBe('ERR_OUT_OF_RANGE');
    }
    expect(await codeOfRejection(queue.notify(null as never))).toBe('ERR_INVALID_ARG_TYPE');
    queue.close();
    expect(await codeOfRejection(queue.notify('SIGURG'))).toBe('ERR_CLOSED');
  });
});

test.each([
  [
    'send',
    (queue: Queue, data: Data, options: posix.MessageSendOptions) => queue.send(data, options),
  ],
  [
    'sendMany',
    (queue: Queue, data: Data, options: posix.MessageSendOptions) =>
      queue.sendMany(['first', data], options),
  ],
])('%s: data that goes while the signal is listened to', async (_name, send) => {
  const queue = fullPosixQueue();
  const data = Uint8Array.of(1, 2, 3);
  const signal = new AbortController().signal;
  signal.addEventListener = () => {
    detach(data.buffer);
  };
  const sending = codeOfRejection(send(queue, data, { signal }));
  const last = queue.send('last');
  queue.drainSync();
  expect(await soon('an answer', sending)).toBe('ERR_INVALID_ARG_TYPE');
  await soon('who came behind it', last);
  expect(queue.drainSync().map((message) => String(message.data))).toEqual(['last']);
});

test('more at once than one piece of memory holds', async () => {
  const queue = temporaryPosixQueue({ maxMessages: 10, messageSize: 8192 });
  const list = Array.from({ length: 10 }, (_, i) => Buffer.alloc(8192 - i, String(i)));
  for (let round = 0; round < 3; round++) {
    queue.sendManySync(list);
    expect(queue.drainSync().map(({ data }) => data)).toEqual(list);
    queue.sendManySync(list);
    const { value } = (await queue.batches({ timeout: 10_000 }).next()) as { value: Message[] };
    expect(value.map(({ data }) => data)).toEqual(list);
  }
});
