/** Descriptors that are passed with messages. */

import { closeSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';

import { event, memory, posix, unix } from 'posix-ipc';

import { collectGarbage } from '../support/collect-garbage';
import { descriptorsSince } from '../support/descriptors';
import { pattern, temporaryFile } from '../support/files';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { temporaryPipe } from '../support/pipes';
import { temporaryPosixQueue } from '../support/posix-queues';
import { startNode } from '../support/processes';
import { closing, closingBoth, isOpen } from '../support/sockets';
import { soon, waitUntil } from '../support/wait-until';

type AnySocket = unix.Datagram | unix.SeqPacket | unix.Stream;
const types = ['datagram', 'seqpacket', 'stream'] as const;

function pairOf(type: (typeof types)[number], fds = 253): [AnySocket, AnySocket] {
  return closingBoth<AnySocket>(unix.socketpairSync(type, { fds }));
}

function received(socket: AnySocket): unix.Message {
  const message = socket.receiveSync({ timeout: 1000 });
  if (message === null) throw new Error('the end');
  for (const one of message.fds) closing(one);
  return message;
}

beforeAll(async () => {
  const [one, other] = unix.socketpairSync('seqpacket');
  await codeOfRejection(one.receive({ timeout: 1 })); // from now on there is what waits need
  one.close();
  other.close();
});

/** What tells one open file from another. */
function identity(fd: number): string {
  const { dev, ino } = fstatSync(fd);
  return `${String(dev)} ${String(ino)}`;
}

describe.each(types)('%s', (type) => {
  test('any descriptor, in order, close-on-exec, with an offset that is shared', async () => {
    const [one, other] = pairOf(type);
    const handle = await open(temporaryFile('some content'));
    const counter = closing(event.EventFd.createSync({ initial: 7 }));
    const memfd = closing(memory.memfdSync('passed', { size: 4096 }));
    const server = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { fd: listening } = (server as unknown as { _handle: { fd: number } })._handle;
      const queue = temporaryPosixQueue();
      const { reader, writer } = temporaryPipe();
      const sent = [handle, counter, memfd, one, listening, 0, queue, reader, writer];
      one.sendSync('x', { fds: sent });
      const { fds, fdsError } = received(other);
      const numbers = sent.map((one) => (typeof one === 'number' ? one : one.fd));
      expect(fds.map(({ fd }) => identity(fd))).toEqual(numbers.map(identity));
      expect(fdsError).toBeUndefined();
      for (const { fd } of fds) {
        const flags = /^flags:\s+([0-7]+)/m.exec(
          readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1'),
        );
        expect(parseInt(flags?.[1] ?? '', 8) & 0o2000000).not.toBe(0);
      }
      const copy = closing(event.EventFd.fromFdSync((fds[1] as unix.ReceivedDescriptor).detach()));
      expect(copy.tryRead()).toBe(7n);
      expect(counter.tryRead()).toBeUndefined();
      queue.sendSync('through the same queue');
      const same = posix.MessageQueue.fromFdSync((fds[6] as unix.ReceivedDescriptor).detach());
      expect(closing(same).tryReceive()?.data.toString()).toBe('through the same queue');
    } finally {
      await handle.close();
      server.close();
    }
  });

  test('each message has its own', () => {
    const [one, other] = pairOf(type);
    const [first, second] = [closing(memory.memfdSync('a')), closing(memory.memfdSync('b'))];
    one.sendSync('1', { fds: [first] });
    one.sendSync('2', { fds: [second, first] });
    one.sendSync('3');
    expect(received(other).fds.map(({ fd }) => identity(fd))).toEqual([identity(first.fd)]);
    const both = [second, first].map(({ fd }) => identity(fd));
    expect(received(other).fds.map(({ fd }) => identity(fd))).toEqual(both);
    expect(received(other).fds).toEqual([]);
  });

  test('253 at once, and no more', async () => {
    const [one, other] = pairOf(type);
    const opened = descriptorsSince();
    await one.send('x', { fds: Array.from({ length: 253 }, () => 0) });
    const { fds } = received(other);
    expect(new Set(fds.map(({ fd }) => fd)).size).toBe(253);
    expect(opened()).toHaveLength(253);
    for (const fd of fds) fd.close();
    expect(opened()).toEqual([]);
    const many = Array.from({ length: 254 }, () => 0);
    expect(await codeOfRejection(one.send('x', { fds: many }))).toBe('ERR_OUT_OF_RANGE');
  });

  test('nobody has asked for them: they are not opened, and the message says so', () => {
    const [one, other] = pairOf(type, 0);
    const opened = descriptorsSince();
    one.sendSync('x', { fds: [0] });
    const message = received(other);
    expect(message).toMatchObject({ fds: [], fdsError: { code: 'ETOOMANYREFS' } });
    expect(message.data.toString()).toBe('x');
    expect(opened()).toEqual([]);
  });

  test('more than were asked for: all are closed', () => {
    const [one, other] = pairOf(type, 2);
    const opened = descriptorsSince();
    for (const count of [3, 4, 5, 253]) {
      one.sendSync('x', { fds: Array.from({ length: count }, () => 0) });
      const { data, fds, fdsError } = received(other);
      expect([data.toString(), fds]).toEqual(['x', []]);
      expect(fdsError).toMatchObject({ code: 'ETOOMANYREFS', syscall: 'recvmsg' });
      expect(fdsError?.message).toContain('options.fds = 2');
    }
    expect(opened()).toEqual([]);
    one.sendSync('x', { fds: [0, 0] });
    expect(received(other).fds).toHaveLength(2);
  });

  test('receiveInto brings them too', async () => {
    const [one, other] = pairOf(type);
    one.sendSync('abcdef', { fds: [0] });
    const message = await other.receiveInto(new Uint8Array(type === 'stream' ? 6 : 2));
    expect(message?.fds).toHaveLength(1);
    for (const fd of message?.fds ?? []) fd.close();
  });

  test('what is no descriptor', async () => {
    const [one, other] = pairOf(type);
    const closed = openSync('/dev/null', 'r');
    closeSync(closed);
    expect(await rejectionOf(one.send('x', { fds: [0, closed] }))).toMatchObject({
      ...{ code: 'EBADF', syscall: 'sendmsg' },
      message: expect.stringContaining('(one of options.fds is not open)') as string,
    });
    for (const fds of [[-1], [0.5], [2 ** 31]]) {
      expect(codeThrownBy(() => one.trySend('x', { fds }))).toBe('ERR_OUT_OF_RANGE');
    }
    for (const fds of [['0'], [null], 5, 'text', [{}]]) {
      const call = (): unknown => one.trySend('x', { fds: fds as never });
      expect(codeThrownBy(call)).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(thrownBy(() => one.trySend('x', { fds: [0, null as never] })).message).toBe(
      'The "options.fds[1]" argument must be a descriptor: its number, or what has one as fd. Received null',
    );
    expect(other.tryReceive()).toBeUndefined();
  });

  test('a send that waits has copies: the caller may close its own', async () => {
    const [one, other] = pairOf(type);
    const file = openSync(temporaryFile('kept'), 'r');
    const wanted = identity(file);
    const data = Buffer.alloc(50_000);
    if (one instanceof unix.Stream) one.trySend(Buffer.alloc(2 ** 22));
    else while (one.trySend(data));
    const opened = descriptorsSince();
    const waiting: Promise<unknown> = one.send('with it', { fds: [file] });
    const aborted: Promise<unknown> = one.send('x', { fds: [file], timeout: 5 });
    closeSync(file);
    expect(await codeOfRejection(aborted)).toBe('ETIMEDOUT');
    let found: readonly unix.ReceivedDescriptor[] = [];
    await soon(
      'the descriptor',
      (async () => {
        while (found.length === 0) found = (await other.receive())?.fds ?? [];
      })(),
    );
    await soon('the send', waiting);
    expect(found.map(({ fd }) => identity(fd))).toEqual([wanted]);
    for (const fd of found) fd.close();
    expect(opened()).toEqual([]);
  });

  test('what nobody takes is closed', async () => {
    const [one, other] = pairOf(type);
    collectGarbage(); // what other tests have forgotten
    await new Promise((resolve) => setImmediate(resolve));
    const opened = descriptorsSince();
    for (let i = 0; i < 10; i++) {
      one.sendSync('x', { fds: [0, 0] });
      expect(other.tryReceive()?.fds).toHaveLength(2);
    }
    await waitUntil('they are closed', () => {
      collectGarbage();
      return opened().length === 0;
    });
    expect(opened()).toEqual([]);
  });

  test('this process has no room for more: EMFILE is told, and the data is there', async () => {
    const limited = startNode('no-more-descriptors', [type]);
    expect(JSON.parse(await limited.success())).toEqual({
      ...{ data: 'with three', fds: 0, code: 'EMFILE', unchanged: true, after: 3 },
    });
  });
});

test('ReceivedDescriptor', async () => {
  const [one, other] = pairOf('seqpacket');
  one.sendSync('x', { fds: [0, 0, 0] });
  const [first, second, third] = received(other).fds as [
    unix.ReceivedDescriptor,
    unix.ReceivedDescriptor,
    unix.ReceivedDescriptor,
  ];
  const taken = first.detach();
  expect([first.closed, isOpen(taken)]).toEqual([true, true]);
  first.close();
  expect(isOpen(taken)).toBe(true);
  closeSync(taken);
  expect(codeThrownBy(() => first.fd)).toBe('ERR_CLOSED');
  expect(codeThrownBy(() => first.detach())).toBe('ERR_CLOSED');
  const { fd } = second;
  {
    using scoped = second;
    expect(isOpen(scoped.fd)).toBe(true);
  }
  second.close();
  expect([second.closed, isOpen(fd)]).toEqual([true, false]);
  await third[Symbol.asyncDispose]();
  expect(thrownBy(() => third.fd).message).toBe('The received descriptor is closed');
});

test('a descriptor needs a byte of a stream to go with', async () => {
  const [one] = pairOf('stream');
  expect(await codeOfRejection(one.send('', { fds: [0] }) as Promise<unknown>)).toBe(
    'ERR_OUT_OF_RANGE',
  );
});

test('a file in memory, written here and read there', () => {
  const [one, other] = pairOf('seqpacket');
  const memfd = closing(memory.memfdSync('frames', { size: 100_000, seals: [] }));
  const bytes = pattern(100_000);
  writeSync(memfd.fd, bytes);
  one.sendSync('frames', { fds: [memfd] });
  const [passed] = received(other).fds as [unix.ReceivedDescriptor];
  const copy = closing(memory.Memfd.fromFdSync(passed.detach()));
  const mapping = closing(copy.mapSync());
  expect(Buffer.from(mapping.read()).equals(bytes)).toBe(true);
});
