/** SeqPacketServer, StreamServer, SeqPacket, Stream: connections. */

import { once } from 'node:events';
import { closeSync, readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';

import { unix } from 'posix-ipc';
import { getsockopt, SHUT_RD, shutdown, SOL_SOCKET } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { abstractName, closing, closingBoth, socketPath } from '../support/sockets';
import { engineThreads, mostIdleThreads } from '../support/threads';
import { soon, waitUntil } from '../support/wait-until';

const kinds = {
  SeqPacket: [unix.SeqPacketServer, unix.SeqPacket],
  Stream: [unix.StreamServer, unix.Stream],
} as const;

/** SO_TIMESTAMP of asm-generic/socket.h. */
const soTimestamp = 29;

type Connected = unix.SeqPacket | unix.Stream;
interface ClientClass {
  connect(address: unix.Address, options?: unix.ConnectOptions): Promise<Connected>;
  connectSync(address: unix.Address, options?: unix.ConnectSyncOptions): Connected;
  fromFdSync(fd: number): Connected;
}
type AnyServer = unix.SeqPacketServer | unix.StreamServer;

describe.each(['SeqPacket', 'Stream'] as const)('%s', (kind) => {
  const [Server] = kinds[kind];
  const Client: ClientClass = kinds[kind][1];
  const type = kind === 'Stream' ? 'stream' : 'seqpacket';

  function listening(
    address: unix.Address | typeof unix.autobind = abstractName(),
    options?: unix.ServerOptions,
  ): AnyServer {
    return closing(Server.createSync(address, options));
  }

  async function connectedTo(server: AnyServer): Promise<Connected> {
    return closing<Connected>(await Client.connect(server.address as string));
  }

  function pair(options?: unix.SocketOptions): [Connected, Connected] {
    return closingBoth<Connected>(unix.socketpairSync(type, options));
  }

  test.each([
    ['a path', socketPath],
    ['an abstract name', abstractName],
  ])('%s: connect, accept, both ways', async (_name, make) => {
    const server = listening(make());
    const accepting: Promise<Connected> = server.accept();
    const client = await connectedTo(server);
    const accepted = closing<Connected>(await soon('the connection', accepting));
    await client.send('question');
    expect((await accepted.receive())?.data.toString()).toBe('question');
    accepted.sendSync('answer');
    expect(client.receiveSync()?.data.toString()).toBe('answer');
    expect(client.peerAddress).toBe(server.address);
    expect(accepted.peerAddress).toBeUndefined();
  });

  test('acceptSync, tryAccept, connections', async () => {
    const server = listening(unix.autobind);
    expect(server.tryAccept()).toBeUndefined();
    expect(codeThrownBy(() => server.acceptSync({ timeout: 5 }))).toBe('ETIMEDOUT');
    closing(Client.connectSync(server.address as string));
    closing<Connected>(server.acceptSync());
    closing(Client.connectSync(server.address as string));
    closing<Connected>(server.tryAccept() as Connected);
    const accepted: Connected[] = [];
    const loop = (async () => {
      for await (const socket of server as AsyncIterable<Connected>) accepted.push(closing(socket));
    })();
    await connectedTo(server);
    await connectedTo(server);
    await waitUntil('both are accepted', () => accepted.length === 2);
    server.close();
    await soon('the loop', loop);
  });

  test('somebody else who shares it has shut it down', async () => {
    const server = listening();
    await connectedTo(server);
    shutdown(server.fd, SHUT_RD);
    closing<Connected>(await server.accept()); // it had come before
    expect(await codeOfRejection(server.accept({ timeout: 20_000 }))).toBe('EINVAL');
    expect(codeThrownBy(() => server.acceptSync({ timeout: 20_000 }))).toBe('EINVAL');
    expect(codeThrownBy(() => server.tryAccept())).toBe('EINVAL');
    const other = listening();
    const waiting = codeOfRejection(other.accept());
    shutdown(other.fd, SHUT_RD);
    expect(await soon('the accept', waiting)).toBe('EINVAL');
  });

  test('nobody listens', async () => {
    const [file, opened] = [socketPath(), descriptorsSince()];
    expect(await rejectionOf(Client.connect(file))).toMatchObject({
      ...{ code: 'ENOENT', syscall: 'connect', path: file },
    });
    Server.createSync(file).close();
    expect(codeThrownBy(() => Client.connectSync(file))).toBe('ECONNREFUSED');
    const datagram = closing(unix.Datagram.createSync(socketPath()));
    expect(await codeOfRejection(Client.connect(datagram.address as string))).toBe('EPROTOTYPE');
    expect(opened()).toHaveLength(1);
  });

  test('connect waits while the backlog is full', async () => {
    const server = listening(abstractName(), { backlog: 0 });
    const opened = descriptorsSince();
    await connectedTo(server);
    const to = server.address as string;
    expect(await codeOfRejection(Client.connect(to, { timeout: 0 }))).toBe('ETIMEDOUT');
    expect(await codeOfRejection(Client.connect(to, { timeout: 20 }))).toBe('ETIMEDOUT');
    expect(codeThrownBy(() => Client.connectSync(to, { timeout: 20 }))).toBe('ETIMEDOUT');
    const controller = new AbortController();
    const aborted = Client.connect(to, { signal: controller.signal });
    await untilBlockedIn('connect', process.pid);
    controller.abort('enough');
    expect(await rejectionOf(aborted)).toBe('enough');
    await waitUntil('they are closed', () => opened().length === 1);
    const waiting = Client.connect(to);
    await untilBlockedIn('connect', process.pid);
    closing<Connected>(server.acceptSync());
    const socket = closing<Connected>(await soon('the connection', waiting));
    const accepted = closing<Connected>(server.acceptSync());
    await socket.send('x');
    expect((await accepted.receive())?.data.toString()).toBe('x');
    await waitUntil('few threads are kept', () => engineThreads() <= mostIdleThreads);
  });

  test('the server goes away while others wait to connect', async () => {
    const server = listening(abstractName(), { backlog: 0 });
    await connectedTo(server);
    const waiting = Client.connect(server.address as string);
    await untilBlockedIn('connect', process.pid);
    server.close();
    expect(await codeOfRejection(soon('the connect', waiting))).toBe('ECONNREFUSED');
  });

  test('the end: null, again and again', async () => {
    const [one, other] = pair();
    await one.send('last');
    one.close();
    expect((await other.receive())?.data.toString()).toBe('last');
    expect([await other.receive(), other.receiveSync(), other.tryReceive()]).toEqual([
      ...[null, null, null],
    ]);
    expect(await other.receiveInto(new Uint8Array(4))).toBeNull();
    expect(await codeOfRejection(other.send('x') as Promise<unknown>)).toBe('EPIPE');
    expect(codeThrownBy(() => other.trySend('x'))).toBe('EPIPE');
  });

  test('iteration ends at the end', async () => {
    const [one, other] = pair();
    const texts: string[] = [];
    one.sendSync('a');
    one.close();
    for await (const { data } of other) texts.push(data.toString());
    expect(texts).toEqual(['a']);
  });

  test('the end while a receive waits', async () => {
    const [one, other] = pair();
    const received = other.receive();
    one.close();
    expect(await soon('the end', received)).toBeNull();
  });

  test('ECONNRESET: the peer had not read all', async () => {
    const [one, other] = pair();
    one.sendSync('never read');
    other.close();
    expect(await codeOfRejection(one.receive())).toBe('ECONNRESET');
    expect(await one.receive()).toBeNull();
  });

  test('a send that waits ends when the peer closes', async () => {
    const [one, other] = pair();
    if (one instanceof unix.Stream) one.trySend(Buffer.alloc(2 ** 22));
    else while (one.trySend(Buffer.alloc(50_000)));
    const waiting: Promise<unknown> = one.send(Buffer.alloc(50_000));
    other.close();
    expect(['EPIPE', 'ECONNRESET']).toContain(await codeOfRejection(soon('the send', waiting)));
  });

  test('shutdown', async () => {
    const [one, other] = pair();
    await one.shutdown('write');
    expect(await other.receive()).toBeNull();
    expect(codeThrownBy(() => one.trySend('x'))).toBe('EPIPE');
    await other.send('the other way');
    expect((await one.receive())?.data.toString()).toBe('the other way');
    one.shutdownSync('both');
    expect(
      codeThrownBy(() => {
        one.shutdownSync('up' as never);
      }),
    ).toBe('ERR_OUT_OF_RANGE');
  });

  test('who is at the other end', async () => {
    const server = listening();
    const client = await connectedTo(server);
    const accepted = closing<Connected>(await server.accept());
    const self = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
    for (const socket of [client, accepted, ...pair()])
      expect(socket.peerCredentials).toEqual(self);
    using pidfd = accepted.peerPidfd();
    const info = readFileSync(`/proc/self/fdinfo/${String(pidfd.fd)}`, 'latin1');
    expect(info).toContain(`Pid:\t${String(process.pid)}\n`);
  });

  test('modes, unlink, fromFd', async () => {
    const file = socketPath();
    const server = listening(file, { mode: 0o660 });
    expect(statSync(file).mode & 0o7777).toBe(0o660);
    const again = closing(Server.fromFdSync(server.fd, { own: false }));
    const client = await connectedTo(again);
    closing<Connected>(await again.accept());
    expect(codeThrownBy(() => Client.fromFdSync(again.fd))).toBe('EINVAL');
    client.close();
    await server.unlink();
    expect(codeThrownBy(() => statSync(file))).toBe('ENOENT');
    for (const without of [again, server]) {
      const call = (): void => {
        without.unlinkSync();
      };
      expect(thrownBy(call).message).toMatch(
        /^ENOENT: .* \(it has made no file, or removed it already\)$/,
      );
    }
  });

  test('after close', async () => {
    const server = listening();
    const waiting = server.accept();
    server.close();
    expect(await codeOfRejection(waiting)).toBe('ERR_CLOSED');
    expect(codeThrownBy(() => server.tryAccept())).toBe('ERR_CLOSED');
    expect(codeThrownBy(() => server.address)).toBe('ERR_CLOSED');
  });

  test('wrong options', () => {
    for (const options of [{ backlog: -1 }, { mode: 0o1000 }, { fds: 254 }, { fds: 0.5 }]) {
      expect(codeThrownBy(() => listening(abstractName(), options))).toBe('ERR_OUT_OF_RANGE');
    }
    for (const options of [{ mode: '600' }, { credentials: 1 }, null]) {
      expect(codeThrownBy(() => listening(abstractName(), options as never))).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    }
  });
});

test('seqpacket: empty messages before the end', async () => {
  const [one, other] = closingBoth(unix.socketpairSync('seqpacket'));
  for (const text of ['', 'x', '']) await one.send(text);
  one.close();
  const lengths: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) lengths.push((await other.receive())?.data.length);
  expect(lengths).toEqual([0, 1, 0, undefined]);
});

test('seqpacket: an end that has not received is passed on as it was', () => {
  const [one, other] = closingBoth(unix.socketpairSync('seqpacket'));
  const timed = (fd: number): number | undefined => {
    const value = new Int32Array(1);
    getsockopt(fd, SOL_SOCKET, soTimestamp, value);
    return value[0];
  };
  expect(timed(one.fd)).toBe(0);
  other.sendSync('x');
  one.receiveSync();
  expect(timed(one.fd)).toBe(1);
  const fd = one.detach();
  expect(timed(fd)).toBe(0);
  closeSync(fd);
});

describe('Stream', () => {
  function streams(): [unix.Stream, unix.Stream] {
    return closingBoth(unix.socketpairSync('stream'));
  }

  test('bytes come as there are some, without boundaries', async () => {
    const [one, other] = streams();
    one.sendSync('ab');
    one.sendSync('cd');
    expect((await other.receive())?.data.toString()).toBe('abcd');
    expect(one.trySend('')).toBe(0);
    expect(await one.send('')).toBe(0);
    expect(other.tryReceive()).toBeUndefined();
  });

  test('net.Socket goes on with one that is handed over', async () => {
    const [one, other] = streams();
    other.sendSync('to one');
    expect((await one.receive())?.data.toString()).toBe('to one');
    const socket = new Socket({ fd: one.detach() });
    try {
      other.sendSync('to net');
      expect(String(await once(socket, 'data'))).toBe('to net');
      socket.end('from net');
      expect((await other.receive())?.data.toString()).toBe('from net');
      expect(await other.receive()).toBeNull();
    } finally {
      socket.destroy();
    }
  });

  test('much more than the buffers hold', async () => {
    const [one, other] = streams();
    const data = Buffer.alloc(5_000_000, 'abcdefg');
    const sent = one.send(data);
    const pieces: Buffer[] = [];
    let length = 0;
    while (length < data.length) {
      const piece = (await other.receive())?.data as Buffer;
      pieces.push(piece);
      length += piece.length;
    }
    expect(await soon('the send', sent)).toBe(data.length);
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
  });

  test('a send that ends early tells how much was sent', async () => {
    const [one, other] = streams();
    const data = Buffer.alloc(5_000_000);
    const sent = await one.send(data, { timeout: 10 });
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(data.length);
    expect(await codeOfRejection(one.send(data, { timeout: 10 }))).toBe('ETIMEDOUT');
    expect(codeThrownBy(() => one.sendSync(data, { timeout: 10 }))).toBe('ETIMEDOUT');
    expect(one.trySend(data)).toBe(0);
    let received = 0;
    for (let piece = other.tryReceive(); piece; piece = other.tryReceive()) {
      received += piece.data.length;
    }
    expect(received).toBe(sent);
    const partly = one.trySend(data);
    expect(partly).toBeGreaterThan(0);
    expect(partly).toBeLessThan(data.length);
  });

  test('sends keep their order', async () => {
    const [one, other] = streams();
    const [first, second] = [one.send(Buffer.alloc(1_000_000, 1)), one.send(Buffer.alloc(10, 2))];
    let length = 0;
    let last = 0;
    while (length < 1_000_010) {
      const piece = (await other.receive())?.data as Buffer;
      length += piece.length;
      last = piece[piece.length - 10] ?? last;
    }
    expect(await Promise.all([first, second])).toEqual([1_000_000, 10]);
    expect(last).toBe(2);
  });

  test('receiveInto', () => {
    const [one, other] = streams();
    const memory = new Uint8Array(3);
    one.sendSync('abcd');
    expect(other.receiveIntoSync(memory)).toMatchObject({ length: 3, truncated: false });
    expect(other.tryReceiveInto(memory)).toMatchObject({ length: 1 });
    expect(Buffer.from(memory).toString()).toBe('dbc');
  });
});

test('a stream is not read into no memory, and not sent by a view that lies about its length', () => {
  const [one, other] = closingBoth(unix.socketpairSync('stream'));
  one.sendSync('x');
  expect(codeThrownBy(() => other.tryReceiveInto(new Uint8Array(0)))).toBe('ERR_OUT_OF_RANGE');
  expect(other.tryReceive()?.data.toString()).toBe('x');
  class Liar extends Uint8Array {
    override get length(): number {
      return 1e9;
    }
  }
  expect(one.trySend(new Liar(4))).toBe(4);
});
