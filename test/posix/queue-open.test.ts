/** posix.MessageQueue: how queues are opened, made, named, passed on and unlinked. */

import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { posix, SystemError } from 'posix-ipc';
import { mq_close, mq_getattr, mq_open, O_NONBLOCK, O_RDWR } from 'posix-ipc/syscalls';

import { ownNamespace } from '../conformance/needs';
import { isRoot, testIf } from '../support/machine';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { adoptPosixQueue, temporaryPosixQueue, unusedQueueName } from '../support/posix-queues';
import { Peer, startNode } from '../support/processes';
import { fixture } from '../support/fixture';

const { MessageQueue } = posix;
const small = { maxMessages: 2, messageSize: 16 };

/** Of the one open file of a queue, without asking its object for the descriptor. */
function openFlagsOf(name: string): number {
  const own = readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === name);
  expect(own).toHaveLength(1);
  const [, flags = ''] =
    /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${own[0] ?? ''}`, 'latin1')) ?? [];
  return parseInt(flags, 8);
}

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // that of readdir itself
  }
}

type Opener = (name: string, options?: posix.QueueOptions) => Promise<posix.MessageQueue>;

function openers(name: 'create' | 'open' | 'openOrCreate'): [name: string, opener: Opener][] {
  return [
    [name, (...args) => MessageQueue[name](...args).then(adoptPosixQueue)],
    [
      `${name}Sync`,
      (...args) =>
        Promise.resolve().then(() => adoptPosixQueue(MessageQueue[`${name}Sync`](...args))),
    ],
  ];
}

describe.each(openers('create'))('%s', (_name, create) => {
  test('makes a queue of this size, mode and name', async () => {
    const name = unusedQueueName();
    const { uid, gid } = process.getuid ? { uid: process.getuid(), gid: process.getgid?.() } : {};
    const queue = await create(name, { ...small, mode: 0o640 });
    expect(queue.statSync()).toEqual({ name, ...small, messages: 0, mode: 0o640, uid, gid });
    expect(await queue.stat()).toEqual(queue.statSync());
    expect(queue.attributes).toEqual({ ...small, messages: 0 });
  });

  test('of a name that is taken is EEXIST', async () => {
    const { name } = temporaryPosixQueue();
    const error = await rejectionOf(create(name, small));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'EEXIST', syscall: 'mq_open', path: name });
  });

  test.each([0, 0o777, 0o222, 0o644])('mode %i is exact, whatever the umask', async (mode) => {
    const before = process.umask(0o777);
    try {
      expect((await create(unusedQueueName(), { ...small, mode })).statSync().mode).toBe(mode);
    } finally {
      process.umask(before);
    }
  });

  test('the mode is 0o600 by default', async () => {
    expect((await create(unusedQueueName(), small)).statSync().mode).toBe(0o600);
  });

  test('one limit alone: the other is the default', async () => {
    const { maxMessages } = (await create(unusedQueueName(), { messageSize: 8 })).attributes;
    expect(maxMessages).toBeGreaterThan(0);
    const { messageSize } = (await create(unusedQueueName(), { maxMessages: 1 })).attributes;
    expect(messageSize).toBeGreaterThan(0);
  });

  test.each<[string, posix.QueueOptions]>([
    ['maxMessages', { maxMessages: 0 }],
    ['maxMessages', { maxMessages: 1.5 }],
    ['messageSize', { messageSize: 0 }],
    ['messageSize', { messageSize: 2 ** 53 }],
    ['mode', { mode: 0o1000 }],
    ['mode', { mode: -1 }],
    ['access', { access: 'write' as never }],
  ])('a wrong %s', async (what, options) => {
    const error = await rejectionOf(create('/unused', options));
    expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    expect(error.message).toContain(`options.${what}`);
  });

  test('arguments of other types', async () => {
    for (const args of [[7], ['/x', null], ['/x', { mode: '600' }], ['/x', { access: 1 }]]) {
      expect(await codeOfRejection(create(...(args as never as [string])))).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    }
  });
});

test('without a name there is a new one each time', () => {
  const [one, other] = [temporaryPosixQueue(), temporaryPosixQueue()];
  expect(one.name).not.toBe(other.name);
  expect(one.name).toMatch(/^\/posix-ipc-[0-9a-f]{16}$/);
});

describe.each(openers('open'))('%s', (_name, open) => {
  test('finds the queue of a name, with or without the slash', async () => {
    const queue = temporaryPosixQueue();
    queue.sendSync('there');
    const other = await open(queue.name.slice(1));
    expect(other.name).toBe(queue.name);
    expect(other.receiveSync().data.toString()).toBe('there');
  });

  test('of no queue is ENOENT', async () => {
    const name = unusedQueueName();
    const error = await rejectionOf(open(name));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'mq_open', path: name });
    expect(error.message).toBe(`ENOENT: no such file or directory, mq_open '${name}'`);
  });

  test.each(['', '/', '//x', '/a/b', 'a/', 'a\0b', 'x'.repeat(256)])(
    '%p is no name',
    async (name) => {
      expect(await codeOfRejection(open(name))).toBe('ERR_OUT_OF_RANGE');
    },
  );

  test('access: what it was not opened for is EBADF, with the reason', async () => {
    const { name } = temporaryPosixQueue();
    const sender = await open(name, { access: 'send' });
    const receiver = await open(name, { access: 'receive' });
    expect(thrownBy(() => receiver.trySend('a'))).toMatchObject({
      code: 'EBADF',
      message: `EBADF: bad file descriptor, mq_send '${name}' (it was opened with access 'receive')`,
    });
    sender.sendSync('b');
    const refused = [
      () => sender.tryReceive(),
      () => sender.tryReceiveInto(Buffer.alloc(256)),
      () => sender.receiveSync(),
      () => sender.drainSync(),
    ];
    for (const call of refused) expect(codeThrownBy(call)).toBe('EBADF');
    for (const call of [() => receiver.send('c'), () => sender.receive()]) {
      expect(await codeOfRejection(call())).toBe('EBADF');
    }
    expect(receiver.receiveSync().data.toString()).toBe('b');
  });
});

testIf(isRoot, 'not root')(
  'without permission to both, the error says what takes less',
  async () => {
    const { name } = temporaryPosixQueue({ mode: 0o604 });
    const [opened, found, sender, receiver] = (await startNode('as-nobody', [
      'open-posix-queue',
      name,
    ]).json()) as Record<string, unknown>[];
    const message =
      `EACCES: permission denied, mq_open '${name}' ` +
      "(access 'both' takes the permission to read and to write; 'receive' or 'send' takes one)";
    expect([opened?.['message'], found?.['message']]).toEqual([message, message]);
    expect(sender?.['message']).toBe(`EACCES: permission denied, mq_open '${name}'`);
    expect(receiver).toEqual({ code: 'none' });
  },
);

test('the longest name', () => {
  const name = unusedQueueName().padEnd(256, 'x');
  const queue = adoptPosixQueue(MessageQueue.createSync(name, small));
  MessageQueue.openSync(name).close();
  expect(queue.name).toBe(name);
});

describe.each(openers('openOrCreate'))('%s', (_name, openOrCreate) => {
  test('makes it, then finds it, which keeps its size and mode', async () => {
    const name = unusedQueueName();
    const made = await openOrCreate(name, { ...small, mode: 0o666 });
    const found = await openOrCreate(name, { maxMessages: 5, messageSize: 8, mode: 0o600 });
    expect(found.statSync()).toEqual(made.statSync());
    expect(found.statSync()).toMatchObject({ ...small, mode: 0o666 });
  });

  test('eight at once make one', async () => {
    const name = unusedQueueName();
    const all = await Promise.all(Array.from({ length: 8 }, () => openOrCreate(name, small)));
    expect(new Set(all.map(({ fd }) => fstatSync(fd).ino)).size).toBe(1);
  });
});

describe('unlink', () => {
  test('who has the queue keeps it; the name is free', async () => {
    const queue = temporaryPosixQueue();
    await queue.unlink();
    queue.sendSync('on');
    const again = adoptPosixQueue(MessageQueue.createSync(queue.name, small));
    expect(again.tryReceive()).toBeUndefined();
    expect(queue.receiveSync().data.toString()).toBe('on');
    await MessageQueue.unlink(queue.name.slice(1));
    expect(await codeOfRejection(MessageQueue.open(queue.name))).toBe('ENOENT');
  });

  test('twice is ENOENT, in every form', async () => {
    const queue = temporaryPosixQueue();
    queue.unlinkSync();
    const { name } = queue;
    const context = { code: 'ENOENT', syscall: 'mq_unlink', path: name };
    expect(
      thrownBy(() => {
        queue.unlinkSync();
      }),
    ).toMatchObject(context);
    expect(
      thrownBy(() => {
        MessageQueue.unlinkSync(name);
      }),
    ).toMatchObject(context);
    expect(await rejectionOf(queue.unlink())).toMatchObject(context);
    expect(await rejectionOf(MessageQueue.unlink(name))).toMatchObject(context);
  });

  test('also after close', () => {
    const queue = temporaryPosixQueue();
    queue.close();
    queue.unlinkSync();
    expect(codeThrownBy(() => MessageQueue.openSync(queue.name))).toBe('ENOENT');
  });
});

describe('descriptors', () => {
  test('fromFd takes a queue that C made, with its name', async () => {
    const { name } = temporaryPosixQueue();
    const fd = mq_open(name, O_RDWR);
    const queue = adoptPosixQueue(await MessageQueue.fromFd(fd));
    expect([queue.fd, queue.name]).toEqual([fd, name]);
    queue.sendSync('a');
    queue.close();
    expect(codeThrownBy(() => mq_getattr(fd))).toBe('EBADF');
  });

  test('fromFd with own: false has a copy', () => {
    const first = temporaryPosixQueue();
    MessageQueue.fromFdSync(first.fd, { own: false }).close();
    expect(first.attributes.messages).toBe(0);
  });

  test('fromFd of an unlinked queue', () => {
    const queue = temporaryPosixQueue();
    queue.unlinkSync();
    expect(adoptPosixQueue(MessageQueue.fromFdSync(queue.fd, { own: false })).name).toBe(
      queue.name,
    );
  });

  test('fromFd of what is no queue', async () => {
    const fd = openSync('/dev/null', 'r');
    try {
      const error = thrownBy(() => MessageQueue.fromFdSync(fd));
      expect(error).toMatchObject({ code: 'EBADF', syscall: 'mq_getattr' });
      expect(error.message).toContain('it is the descriptor of no message queue');
    } finally {
      closeSync(fd);
    }
    expect(await codeOfRejection(MessageQueue.fromFd(2 ** 31 - 1))).toBe('EBADF');
    expect(await codeOfRejection(MessageQueue.fromFd(-1))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(MessageQueue.fromFd('3' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('the flags of the open file stay as they are', async () => {
    const fd = mq_open(temporaryPosixQueue().name, O_RDWR);
    using queue = MessageQueue.fromFdSync(fd);
    expect(await codeOfRejection(queue.receive({ timeout: 5 }))).toBe('ETIMEDOUT');
    expect(codeThrownBy(() => queue.receiveSync({ timeout: 5 }))).toBe('ETIMEDOUT');
    expect(mq_getattr(fd).mq_flags).toBe(0);
  });

  test('one that does not block waits all the same', async () => {
    using queue = MessageQueue.fromFdSync(mq_open(temporaryPosixQueue().name, O_RDWR | O_NONBLOCK));
    expect(queue.tryReceive()).toBeUndefined();
    const waiting = queue.receive();
    queue.sendSync('a');
    expect((await waiting).data.toString()).toBe('a');
    expect(codeThrownBy(() => queue.receiveSync({ timeout: 5 }))).toBe('ETIMEDOUT');
  });

  test.each<[string, (queue: posix.MessageQueue) => number]>([
    ['fd', (queue) => queue.fd],
    ['detach', (queue) => queue.detach()],
  ])('who gets a descriptor by %s can wait with it as in C', (_name, give) => {
    const queue = temporaryPosixQueue({ maxMessages: 1 });
    queue.sendSync('full');
    expect(openFlagsOf(queue.name) & O_NONBLOCK).toBe(O_NONBLOCK);
    const fd = give(queue);
    expect(mq_getattr(fd).mq_flags).toBe(0);
    using object = queue.closed ? MessageQueue.fromFdSync(fd) : queue;
    expect([object.trySend('more'), object.trySendMany(['more'])]).toEqual([false, 0]);
    expect(object.drainSync()).toHaveLength(1);
    expect([object.tryReceive(), object.drainSync()]).toEqual([undefined, []]);
  });

  test('detach gives it to the caller', () => {
    const queue = temporaryPosixQueue();
    const fd = queue.detach();
    expect([queue.closed, mq_getattr(fd).mq_msgsize]).toEqual([true, 256]);
    mq_close(fd);
  });
});

describe('limits', () => {
  /** In a namespace of its own, with limits of its own, as somebody without privileges. */
  async function failures(): Promise<Record<string, { code: string; message: string }>> {
    const peer = new Peer('unshare', ['--ipc', process.execPath, fixture('posix-queue-limits')]);
    return JSON.parse(await peer.success()) as Record<string, { code: string; message: string }>;
  }

  testIf(ownNamespace.isMet, ownNamespace.reason)(
    'an error names the limit, and how to raise it',
    async () => {
      expect(await failures()).toMatchObject({
        maxMessages: {
          code: 'EINVAL',
          message: expect.stringContaining(
            'maxMessages 8 is more than fs.mqueue.msg_max = 7: raise it with sysctl -w fs.mqueue.msg_max=8',
          ) as string,
        },
        messageSize: {
          code: 'EINVAL',
          message: expect.stringContaining(
            'messageSize 513 is more than fs.mqueue.msgsize_max = 512: raise it with sysctl -w fs.mqueue.msgsize_max=513',
          ) as string,
        },
        queues: {
          code: 'ENOSPC',
          message: expect.stringContaining('there are fs.mqueue.queues_max = 2 queues') as string,
        },
      });
    },
  );

  async function underLimit(limit: string, what: string): Promise<unknown> {
    const command = `ulimit -S ${limit}; exec "$0" "$1" ${what}`;
    const args = ['-c', command, process.execPath, fixture('posix-queue-limits')];
    return JSON.parse(await new Peer('bash', args).success()) as unknown;
  }

  const bytes =
    'all queues of a user together have RLIMIT_MSGQUEUE = 1000 bytes, and this one needs';

  test('the bytes of a user', async () => {
    const failed = await underLimit('-q 1000', 'bytes');
    // 10 * (200 + 48) + 10 * 48
    expect(failed).toMatchObject({
      code: 'EMFILE',
      message: expect.stringContaining(`${bytes} 2960: `) as string,
    });
  });

  test('the descriptors of a process', async () => {
    const failed = await underLimit('-n 100', 'descriptors');
    expect(failed).toMatchObject({
      open: { code: 'EMFILE', message: expect.stringContaining('RLIMIT_NOFILE') as string },
      create: { code: 'EMFILE', message: expect.stringContaining('RLIMIT_NOFILE') as string },
    });
  });

  test('what is just allowed', () => {
    const { maxMessages, messageSize } = temporaryPosixQueue({
      maxMessages: 1,
      messageSize: 8192,
    }).attributes;
    expect([maxMessages, messageSize]).toEqual([1, 8192]);
  });
});
