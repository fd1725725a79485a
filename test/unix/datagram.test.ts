/** unix.Datagram: addresses, sendTo, connect. */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';

import { unix } from 'posix-ipc';

import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { runDirectory } from '../support/run-directory';
import { abstractName, closing, closingBoth, socketPath } from '../support/sockets';
import { soon } from '../support/wait-until';

const { Datagram } = unix;

function bound(
  address: unix.Address | typeof unix.autobind,
  options?: unix.BindOptions,
): unix.Datagram {
  return closing(Datagram.createSync(address, options));
}

function unnamed(options?: unix.SocketOptions): unix.Datagram {
  return closing(Datagram.createSync(undefined, options));
}

/** Fills the receiver's queue. */
function fill(sender: unix.Datagram, to: unix.Address): number {
  let sent = 0;
  while (sender.trySendTo(to, String(sent))) sent++;
  return sent;
}

const forms = [
  ['sendTo', (socket: unix.Datagram, to: unix.Address, data: string) => socket.sendTo(to, data)],
  [
    'sendToSync',
    (socket: unix.Datagram, to: unix.Address, data: string) =>
      Promise.resolve().then(() => {
        socket.sendToSync(to, data);
      }),
  ],
  [
    'trySendTo',
    (socket: unix.Datagram, to: unix.Address, data: string) =>
      Promise.resolve().then(() => {
        expect(socket.trySendTo(to, data)).toBe(true);
      }),
  ],
] as const;

describe.each(forms)('%s', (_name, sendTo) => {
  test.each([
    ['a path', socketPath],
    ['an abstract name', abstractName],
  ])('%s, and back to where it came from', async (_kind, make) => {
    const [server, client] = [bound(make()), bound(make())];
    await sendTo(client, server.address as string, 'question');
    const question = server.tryReceive();
    expect(question).toMatchObject({ from: client.address });
    await sendTo(server, question?.from as string, 'answer');
    expect(client.tryReceive()).toMatchObject({ from: server.address });
  });

  test('nobody is there', async () => {
    const [path, name] = [socketPath(), abstractName()];
    const error = await rejectionOf(sendTo(unnamed(), path, 'x'));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'sendmsg', path });
    expect(await codeOfRejection(sendTo(unnamed(), name, 'x'))).toBe('ECONNREFUSED');
    bound(path).close();
    expect(await codeOfRejection(sendTo(unnamed(), path, 'x'))).toBe('ECONNREFUSED');
  });

  test('what is no address', async () => {
    for (const address of ['', 'a\0b', 'x'.repeat(109), new Uint8Array(0), new Uint8Array(109)]) {
      expect(await codeOfRejection(sendTo(unnamed(), address as never, 'x'))).toBe(
        'ERR_OUT_OF_RANGE',
      );
    }
    for (const address of [5, null, {}, unix.autobind]) {
      expect(await codeOfRejection(sendTo(unnamed(), address as never, 'x'))).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    }
  });
});

describe('addresses', () => {
  test('autobind: a free abstract name, which can be used to answer', async () => {
    const [one, other] = [bound(unix.autobind), bound(unix.autobind)];
    expect(one.address).toMatch(/^\0[0-9a-f]{5}$/);
    expect(one.address).not.toBe(other.address);
    await one.sendTo(other.address as string, 'x');
    expect((await other.receive())?.from).toBe(one.address);
  });

  test('a socket without one', async () => {
    const server = bound(abstractName());
    await unnamed().sendTo(server.address as string, 'x');
    expect((await server.receive())?.from).toBeUndefined();
    expect(unnamed().address).toBeUndefined();
    expect(codeThrownBy(() => unnamed().peerAddress)).toBe('ENOTCONN');
  });

  test('an abstract name has exactly its length, as the kernel lists it', () => {
    const name = abstractName();
    bound(name);
    const listed = readFileSync('/proc/net/unix').toString().split('\n');
    expect(listed.some((line) => line.endsWith(` @${name.slice(1)}`))).toBe(true);
    const longer = bound(`${name}\0`); // another name
    expect(longer.address).toBe(`${name}\0`);
  });

  test('bytes that are no text stay as they are', async () => {
    const name = Uint8Array.of(0, 0xff, 0xfe, ...Buffer.from(abstractName()));
    const [odd, other] = [bound(name), bound(abstractName())];
    expect(odd.address).toEqual(Buffer.from(name));
    await odd.sendTo(other.address as string, 'x');
    const from = (await other.receive())?.from;
    expect(from).toEqual(Buffer.from(name));
    await other.sendTo(from as Uint8Array, 'back');
    expect(odd.tryReceive()?.data.toString()).toBe('back');
  });

  test('bytes may be of another context', () => {
    const name = abstractName();
    const bytes: unknown = runInNewContext('Uint8Array.from(bytes)', {
      bytes: [...Buffer.from(name)],
    });
    expect(bound(bytes as Uint8Array).address).toBe(name);
  });

  test('bytes count, and not what an object gives where it is iterated over', () => {
    class Odd extends Uint8Array {
      override *[Symbol.iterator](): ArrayIterator<number> {
        yield* Array.from({ length: 500 }, () => 65).values();
      }
    }
    const name = abstractName();
    const socket = closing(unix.Datagram.createSync(new Odd(Buffer.from(name))));
    expect(socket.address).toBe(name);
  });

  test('the longest path', async () => {
    const folder = mkdtempSync(path.join(runDirectory(), 'd'));
    const longest = path.join(folder, 'x'.repeat(107 - folder.length));
    expect(longest).toHaveLength(108);
    const socket = bound(longest);
    await unnamed().sendTo(longest, 'x');
    expect(socket.tryReceive()?.data.toString()).toBe('x');
    expect(socket.address).toBe(longest);
    expect(codeThrownBy(() => bound(`${longest}x`))).toBe('ERR_OUT_OF_RANGE');
    socket.unlinkSync();
  });

  test('many senders: each message has its own', () => {
    const server = bound(abstractName());
    const clients = Array.from({ length: 3 }, () => bound(abstractName()));
    for (const i of [0, 0, 1, 2, 1, 0]) {
      const client = clients[i] as unix.Datagram;
      client.sendToSync(server.address as string, 'x');
      expect(server.receiveSync()?.from).toBe(client.address);
    }
  });
});

describe('waiting for room', () => {
  test('a send waits for its receiver alone', async () => {
    const [slow, quick, sender] = [bound(abstractName()), bound(socketPath()), unnamed()];
    const sent = fill(sender, slow.address as string);
    const order: string[] = [];
    const waits = ['a', 'b'].map((text) =>
      sender.sendTo(slow.address as string, text).then(() => order.push(text)),
    );
    expect(sender.trySendTo(slow.address as string, 'c')).toBe(false);
    await soon('another receiver', sender.sendTo(quick.address as string, 'now'));
    const texts: string[] = [];
    for (let i = 0; i < sent + 2; i++) texts.push((await slow.receive())?.data.toString() ?? '');
    await soon('the sends', Promise.all(waits));
    expect(texts.slice(sent)).toEqual(['a', 'b']);
    expect(order).toEqual(['a', 'b']);
  });

  test('it ends when the receiver goes away', async () => {
    const [receiver, sender] = [bound(abstractName()), unnamed()];
    const to = receiver.address as string;
    fill(sender, to);
    const wait = sender.sendTo(to, 'x');
    receiver.close();
    expect(await codeOfRejection(soon('the send', wait))).toBe('ECONNREFUSED');
  });

  test.each([0, 20])('a timeout of %d ms', async (timeout) => {
    const [receiver, sender] = [bound(abstractName()), unnamed()];
    const to = receiver.address as string;
    fill(sender, to);
    expect(await codeOfRejection(sender.sendTo(to, 'x', { timeout }))).toBe('ETIMEDOUT');
    expect(
      codeThrownBy(() => {
        sender.sendToSync(to, 'x', { timeout });
      }),
    ).toBe('ETIMEDOUT');
    const controller = new AbortController();
    const wait = sender.sendTo(to, 'x', { signal: controller.signal });
    controller.abort('enough');
    expect(await rejectionOf(wait)).toBe('enough');
  });

  test('sendToSync serves those who came before', async () => {
    const [receiver, sender] = [bound(abstractName()), unnamed()];
    const to = receiver.address as string;
    const sent = fill(sender, to);
    const wait = sender.sendTo(to, 'promise');
    receiver.tryReceive();
    receiver.tryReceive();
    sender.sendToSync(to, 'sync');
    await soon('the send', wait);
    const texts = Array.from({ length: sent }, () => receiver.tryReceive()?.data.toString());
    expect(texts.slice(-2)).toEqual(['promise', 'sync']);
  });

  test('the own buffer is full, and not the queue of the receiver', async () => {
    const [receiver, sender] = [bound(abstractName()), unnamed({ sendBuffer: 40_000 })];
    const to = receiver.address as string;
    const data = Buffer.alloc(30_000);
    let sent = 0;
    while (sender.trySendTo(to, data)) sent++;
    expect(sent).toBeLessThan(10);
    const wait = sender.sendTo(to, data);
    for (let i = 0; i < sent; i++) receiver.receiveSync();
    await soon('the send', wait);
    expect(receiver.tryReceive()?.data).toHaveLength(30_000);
  });

  test('it leaves no descriptors', async () => {
    const [receiver, sender] = [bound(abstractName()), unnamed()];
    const to = receiver.address as string;
    const opened = descriptorsSince();
    fill(sender, to);
    await codeOfRejection(sender.sendTo(to, 'x', { timeout: 1 }));
    codeThrownBy(() => {
      sender.sendToSync(to, 'x', { timeout: 1 });
    });
    const wait = sender.sendTo(to, 'x');
    sender.close();
    expect(await codeOfRejection(wait)).toBe('ERR_CLOSED');
    expect(opened()).toEqual([]);
  });
});

describe('connected', () => {
  test('connect and disconnect', async () => {
    const [server, other, client] = [
      bound(abstractName()),
      bound(abstractName()),
      bound(abstractName()),
    ];
    await client.connect(server.address as string);
    expect(client.peerAddress).toBe(server.address);
    await client.send('to the server');
    expect(server.tryReceive()?.from).toBe(client.address);
    expect(await codeOfRejection(other.sendTo(client.address as string, 'x'))).toBe('EPERM');
    client.connectSync(other.address as string);
    client.sendSync('to the other');
    expect(other.tryReceive()?.data.toString()).toBe('to the other');
    client.disconnect();
    expect(
      codeThrownBy(() => {
        client.sendSync('x');
      }),
    ).toBe('ENOTCONN');
    await other.sendTo(client.address as string, 'again');
    expect(client.tryReceive()?.data.toString()).toBe('again');
  });

  test('Datagram.connect', async () => {
    const server = bound(socketPath());
    const client = closing(await Datagram.connect(server.address as string));
    await client.send('x');
    expect(server.tryReceive()).toMatchObject({ from: undefined });
    const opened = descriptorsSince();
    expect(thrownBy(() => Datagram.connectSync(socketPath()))).toMatchObject({
      ...{ code: 'ENOENT', syscall: 'connect' },
    });
    expect(await codeOfRejection(Datagram.connect(abstractName()))).toBe('ECONNREFUSED');
    expect(opened()).toEqual([]);
  });

  test('the receiver is full, and then it closes', async () => {
    const server = bound(abstractName());
    const client = closing(Datagram.connectSync(server.address as string));
    let sent = 0;
    while (client.trySend('x')) sent++;
    const first = client.send('waits');
    server.receiveSync();
    await soon('the first', first);
    const second = client.send('waits');
    server.close();
    expect(await codeOfRejection(soon('the second', second))).toBe('ECONNREFUSED');
    expect(sent).toBeGreaterThan(1);
  });

  test('the other one of a pair has closed', async () => {
    const [one, other] = closingBoth(unix.socketpairSync('datagram'));
    other.close();
    expect(await codeOfRejection(one.send('x'))).toBe('ECONNREFUSED');
  });
});

describe('files', () => {
  test.each([0o600, 0o666, 0o640, 0o777, 0])('mode %o, whatever the umask', (mode) => {
    const before = process.umask(0o077);
    try {
      const file = socketPath();
      bound(file, { mode });
      expect(statSync(file).mode & 0o7777).toBe(mode);
    } finally {
      process.umask(before);
    }
  });

  test('0600 by default', () => {
    const file = socketPath();
    bound(file);
    expect(statSync(file).mode & 0o7777).toBe(0o600);
  });

  test('create: the address has to be free', async () => {
    const file = socketPath();
    bound(file).close();
    const error = await rejectionOf(Datagram.create(file));
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', path: file });
    const name = abstractName();
    bound(name);
    const opened = descriptorsSince();
    expect(codeThrownBy(() => Datagram.createSync(name))).toBe('EADDRINUSE');
    expect(opened()).toEqual([]);
    expect(codeThrownBy(() => Datagram.createSync('/nowhere/at/all'))).toBe('ENOENT');
  });

  test('close leaves the file, unlink removes it', async () => {
    const file = socketPath();
    const socket = bound(file);
    socket.close();
    expect(statSync(file).isSocket()).toBe(true);
    await socket.unlink();
    expect(
      codeThrownBy(() => {
        socket.unlinkSync();
      }),
    ).toBe('ENOENT');
    const removed = bound(file);
    rmSync(file);
    bound(file);
    expect(
      codeThrownBy(() => {
        removed.unlinkSync();
      }),
    ).toBe('ENOENT'); // another one's
    expect(
      codeThrownBy(() => {
        unnamed().unlinkSync();
      }),
    ).toBe('ENOENT');
    expect(statSync(file).isSocket()).toBe(true);
  });
});

test('each message has an address of its own to write to', () => {
  const receiver = bound(abstractName());
  const name = Buffer.concat([Buffer.from(abstractName()), Buffer.from([0xff])]);
  const sender = bound(name);
  sender.sendToSync(receiver.address as string, '1');
  sender.sendToSync(receiver.address as string, '2');
  const [one, two] = [receiver.tryReceive(), receiver.tryReceive()];
  (one?.from as Buffer).fill(0);
  expect(two?.from).toEqual(name);
});

test('a path that is no UTF-8', () => {
  const file = Buffer.concat([Buffer.from(socketPath()), Buffer.from([0xff])]);
  const server = closing(Datagram.openOrCreateSync(file, { mode: 0o640 }));
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(server.address).toEqual(file);
  unnamed().sendToSync(file, 'x');
  expect(server.tryReceive()?.data.toString()).toBe('x');
  server.close();
  const again = closing(Datagram.openOrCreateSync(file));
  again.unlinkSync();
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
});
