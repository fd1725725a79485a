/** What datagram and seqpacket sockets have in common: messages. */

import { openSync, readFileSync } from 'node:fs';

import { unix } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { collectGarbage } from '../support/collect-garbage';
import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { closingBoth, closingFd } from '../support/sockets';
import { soon, waitUntil } from '../support/wait-until';

type Packets = unix.Datagram | unix.SeqPacket;
type Pair = [Packets, Packets];

function pairOf(type: 'datagram' | 'seqpacket', options?: unix.SocketOptions): Pair {
  return closingBoth<Packets>(unix.socketpairSync(type, options));
}

const sends = [
  ['send', (socket: Packets, data: string | Uint8Array) => socket.send(data)],
  [
    'sendSync',
    (socket: Packets, data: string | Uint8Array) =>
      Promise.resolve().then(() => {
        socket.sendSync(data);
      }),
  ],
  [
    'trySend',
    (socket: Packets, data: string | Uint8Array) =>
      Promise.resolve().then(() => {
        expect(socket.trySend(data)).toBe(true);
      }),
  ],
] as const;

const receives = [
  ['receive', (socket: Packets) => socket.receive()],
  ['receiveSync', (socket: Packets) => Promise.resolve().then(() => socket.receiveSync())],
  ['tryReceive', (socket: Packets) => Promise.resolve().then(() => socket.tryReceive())],
] as const;

describe.each(['datagram', 'seqpacket'] as const)('%s', (type) => {
  describe.each(sends)('%s', (_name, send) => {
    test.each(receives)('and %s', async (_other, receive) => {
      const [one, other] = pairOf(type);
      for (const data of ['first', '', 'third', 'é'.repeat(3000)]) await send(one, data);
      for (const data of ['first', '', 'third', 'é'.repeat(3000)]) {
        const message = await receive(other);
        expect(message?.data.toString()).toBe(data);
        expect(message).toMatchObject({
          ...{ fds: [], credentials: undefined, from: undefined },
          ...{ truncated: false, fullLength: Buffer.byteLength(data), fdsError: undefined },
        });
      }
      expect(other.tryReceive()).toBeUndefined();
    });

    test('after close', async () => {
      const [one] = pairOf(type);
      one.close();
      expect(await codeOfRejection(send(one, 'x'))).toBe('ERR_CLOSED');
    });

    test('what is no data', async () => {
      const [one] = pairOf(type);
      expect(await codeOfRejection(send(one, 5 as never))).toBe('ERR_INVALID_ARG_TYPE');
    });
  });

  test.each(receives)('%s after close', async (_name, receive) => {
    const [one] = pairOf(type);
    one.close();
    expect(await codeOfRejection(receive(one))).toBe('ERR_CLOSED');
  });

  test('memory of all kinds', () => {
    const [one, other] = pairOf(type);
    const bytes = Uint8Array.of(1, 2, 3, 4);
    for (const data of [bytes, new Uint16Array(bytes.buffer), new DataView(bytes.buffer)]) {
      one.sendSync(data);
      expect([...(other.receiveSync()?.data ?? [])]).toEqual([1, 2, 3, 4]);
    }
    one.sendSync(bytes.buffer);
    expect(other.receiveSync()?.data).toHaveLength(4);
  });

  test('long messages are whole, whatever the length of the one before', () => {
    const [one, other] = pairOf(type, { sendBuffer: 2 ** 20 });
    for (const length of [1, 700_000, 3, 16_385, 65_536, 65_537, 511, 513]) {
      const data = Buffer.alloc(length, length % 251);
      data[length - 1] = 77;
      one.sendSync(data);
      const message = other.receiveSync();
      expect(message).toMatchObject({ truncated: false, fullLength: length });
      expect(message?.data.equals(data)).toBe(true);
    }
  });

  test('a message keeps its bytes while others are received', () => {
    const [one, other] = pairOf(type);
    const messages = Array.from({ length: 200 }, (_, i) => {
      one.sendSync(`message ${String(i)} ${'x'.repeat(i * 3)}`);
      return other.receiveSync()?.data;
    });
    for (const [i, data] of messages.entries()) {
      expect(data?.toString()).toBe(`message ${String(i)} ${'x'.repeat(i * 3)}`);
    }
  });

  test('one that is too long for the send buffer', async () => {
    const [one] = pairOf(type);
    const error = await rejectionOf(one.send(Buffer.alloc(2 ** 21)));
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'sendmsg' });
    expect(error.message).toContain('sendBuffer');
  });

  test('receiveInto: what does not fit is told', async () => {
    const [one, other] = pairOf(type);
    const memory = new Uint8Array(4);
    for (const data of ['abcdef', 'gh', '']) one.sendSync(data);
    expect(await other.receiveInto(memory)).toMatchObject({
      ...{ length: 4, fullLength: 6, truncated: true },
    });
    expect(Buffer.from(memory).toString()).toBe('abcd');
    expect(other.receiveIntoSync(memory)).toMatchObject({ length: 2, truncated: false });
    expect(Buffer.from(memory).toString()).toBe('ghcd');
    expect(other.tryReceiveInto(memory)).toMatchObject({ length: 0, fullLength: 0 });
    expect(other.tryReceiveInto(memory)).toBeUndefined();
  });

  test('receiveInto memory that is detached meanwhile: the message stays', async () => {
    const [one, other] = pairOf(type);
    const memory = new Uint8Array(4);
    const received = other.receiveInto(memory);
    structuredClone(memory, { transfer: [memory.buffer] });
    one.sendSync('x');
    expect(await codeOfRejection(soon('it', received))).toBe('ERR_INVALID_ARG_TYPE');
    expect(other.tryReceive()?.data.toString()).toBe('x');
  });

  test('receiveInto memory that is out of its buffer meanwhile: the message stays', async () => {
    const [one, other] = pairOf(type);
    const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
    const received = other.receiveInto(new Uint8Array(buffer, 8));
    buffer.resize(4);
    one.sendSync('x');
    expect(await codeOfRejection(soon('it', received))).toBe('ERR_INVALID_ARG_TYPE');
    expect(other.tryReceive()?.data.toString()).toBe('x');
  });

  test('receives are answered in the order in which they were made', async () => {
    const [one, other] = pairOf(type);
    const received = Array.from({ length: 50 }, () => other.receive());
    expect(other.tryReceive()).toBeUndefined();
    await untilBlockedIn('epoll', process.pid);
    for (let i = 0; i < 50; i++) await one.send(String(i));
    const texts = (await soon('all', Promise.all(received))).map((m) => m?.data.toString());
    expect(texts).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  });

  test('sends wait for room, in order, with the bytes they had', async () => {
    const [one, other] = pairOf(type);
    const data = Buffer.alloc(50_000, 1);
    let sent = 0;
    while (one.trySend(data)) sent++;
    const waiting = [2, 3, 4].map((value) => {
      data.fill(value);
      const result = one.send(data);
      data.fill(9);
      return result;
    });
    expect(
      codeThrownBy(() => {
        other.sendSync('other way');
        one.sendSync('x', { timeout: 10 });
      }),
    ).toBe('ETIMEDOUT');
    const values: (number | undefined)[] = [];
    for (let i = 0; i < sent + 3; i++) values.push((await other.receive())?.data[49_999]);
    await soon('the sends', Promise.all(waiting));
    expect(values).toEqual([...Array.from({ length: sent }, () => 1), 2, 3, 4]);
  });

  test.each([0, 0.5, 30])('a timeout of %d ms', async (timeout) => {
    const [one, other] = pairOf(type);
    const data = Buffer.alloc(100_000);
    while (one.trySend(data));
    for (const wait of [
      () => one.send(data, { timeout }),
      () =>
        Promise.resolve().then(() => {
          one.sendSync(data, { timeout });
        }),
      () => one.receive({ timeout }),
      () => Promise.resolve().then(() => one.receiveSync({ timeout })),
    ]) {
      const began = performance.now();
      expect(await codeOfRejection(wait())).toBe('ETIMEDOUT');
      expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
    }
    expect(other.tryReceive()?.data).toHaveLength(100_000);
  });

  test('an abort ends a wait, and nothing is taken', async () => {
    const [one, other] = pairOf(type);
    const controller = new AbortController();
    const first = other.receive({ signal: controller.signal });
    const second = other.receive();
    controller.abort('enough');
    expect(await rejectionOf(first)).toBe('enough');
    one.sendSync('for the second');
    expect((await soon('it', second))?.data.toString()).toBe('for the second');
    expect(await rejectionOf(one.send('x', { signal: AbortSignal.abort('early') }))).toBe('early');
    expect(other.tryReceive()).toBeUndefined();
  });

  test('iteration, until the socket is closed', async () => {
    const [one, other] = pairOf(type);
    const texts: string[] = [];
    const loop = (async () => {
      for await (const { data } of other) texts.push(data.toString());
    })();
    for (const text of ['a', '', 'c']) await one.send(text);
    await waitUntil('all have come', () => texts.length === 3);
    other.close();
    await soon('the loop', loop);
    expect(texts).toEqual(['a', '', 'c']);
  });

  test('a loop that is left leaves the rest', async () => {
    const [one, other] = pairOf(type);
    for (const text of ['a', 'b', 'c']) one.sendSync(text);
    for await (const { data } of other.messages()) if (data.toString() === 'b') break;
    expect(other.tryReceive()?.data.toString()).toBe('c');
    const controller = new AbortController();
    const next = other.messages({ signal: controller.signal }).next();
    controller.abort('enough');
    expect(await rejectionOf(next)).toBe('enough');
    expect(codeThrownBy(() => other.messages({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
  });

  test('errors show the line that waited', async () => {
    const [one] = pairOf(type);
    const error = await rejectionOf(one.receive({ timeout: 1 }));
    expect(error.stack).toContain('packets.test.ts');
    expect(error.message).toBe('ETIMEDOUT: timed out, recvmsg');
  });

  test('close ends waits in both directions', async () => {
    const [one] = pairOf(type);
    while (one.trySend(Buffer.alloc(50_000)));
    const waits: Promise<unknown>[] = [one.send(Buffer.alloc(50_000)), one.receive()];
    one.close();
    one.close();
    const codes = await Promise.all(waits.map(codeOfRejection));
    expect(new Set(codes)).toEqual(new Set(['ERR_CLOSED']));
  });

  test('it is no O_NONBLOCK socket, before and after', async () => {
    const [one, other] = pairOf(type);
    await codeOfRejection(one.receive({ timeout: 1 }));
    await other.send('x');
    for (const { fd } of [one, other]) expect(flagsOf(fd) & 0o4000).toBe(0);
    expect(flagsOf(one.fd) & 0o2000000).not.toBe(0); // O_CLOEXEC
  });

  test('forgotten ones are closed', async () => {
    const opened = descriptorsSince();
    for (let i = 0; i < 20; i++) unix.socketpairSync(type);
    await waitUntil('they are closed', () => {
      collectGarbage();
      return opened().length === 0;
    });
    expect(opened()).toEqual([]);
  });

  test('buffers', () => {
    const [one] = pairOf(type, { sendBuffer: 100_000, receiveBuffer: 50_000 });
    expect([one.sendBuffer, one.receiveBuffer]).toEqual([200_000, 100_000]);
    one.sendBuffer = 70_000;
    one.receiveBuffer = 60_000;
    expect([one.sendBuffer, one.receiveBuffer]).toEqual([140_000, 120_000]);
    expect(codeThrownBy(() => pairOf(type, { sendBuffer: 0 }))).toBe('ERR_OUT_OF_RANGE');
    // The kernel would take -1 for the most that there is.
    for (const size of [0, -1, 2 ** 31]) {
      expect(codeThrownBy(() => (one.sendBuffer = size))).toBe('ERR_OUT_OF_RANGE');
      expect(codeThrownBy(() => (one.receiveBuffer = size))).toBe('ERR_OUT_OF_RANGE');
    }
    expect(thrownBy(() => (one.sendBuffer = '1' as never)).message).toMatch('"sendBuffer"');
  });

  test('detach, and fromFd', async () => {
    const [one, other] = pairOf(type);
    const pending = one.receive();
    const fd = one.detach();
    expect(await codeOfRejection(pending)).toBe('ERR_CLOSED');
    const again =
      type === 'datagram' ? unix.Datagram.fromFdSync(fd) : unix.SeqPacket.fromFdSync(fd);
    closingBoth([again, other]);
    other.sendSync('still');
    expect(again.receiveSync()?.data.toString()).toBe('still');
    again.sendSync('');
    expect(other.receiveSync()?.data).toHaveLength(0);
  });
});

test.each([
  ['first', (one: unix.SeqPacket, sharing: unix.SeqPacket) => [sharing, one]],
  ['last', (one: unix.SeqPacket, sharing: unix.SeqPacket) => [one, sharing]],
])('detach: who shares with who received %s tells an empty message from the end', (_, ordered) => {
  const [one, other] = closingBoth(unix.socketpairSync('seqpacket'));
  const sharing = unix.SeqPacket.fromFdSync(one.fd, { own: false });
  for (const socket of ordered(one, sharing)) expect(socket.tryReceive()).toBeUndefined();
  closingFd(sharing.detach());
  for (const data of ['', '', 'last']) other.sendSync(data, { fds: [one.fd] });
  other.close();
  const opened = descriptorsSince();
  const texts = [1, 2, 3].map(() => one.receiveSync()?.data.toString());
  expect(texts).toEqual(['', '', 'last']);
  expect(one.receiveSync()).toBeNull();
  expect(opened()).toEqual([]);
});

/** Of /proc/self/fdinfo. */
function flagsOf(fd: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1');
  return parseInt(/^flags:\s+([0-7]+)/m.exec(text)?.[1] ?? '', 8);
}

test('the wrong types', async () => {
  expect(await codeOfRejection(unix.socketpair('raw' as never))).toBe('ERR_OUT_OF_RANGE');
  expect(codeThrownBy(() => unix.socketpairSync(5 as never))).toBe('ERR_INVALID_ARG_TYPE');
  const [one] = pairOf('datagram');
  expect(codeThrownBy(() => unix.SeqPacket.fromFdSync(one.fd))).toBe('EPROTOTYPE');
  expect(codeThrownBy(() => unix.Stream.fromFdSync(one.fd))).toBe('EPROTOTYPE');
  expect(codeThrownBy(() => unix.SeqPacketServer.fromFdSync(one.fd))).toBe('EPROTOTYPE');
  expect(codeThrownBy(() => unix.Datagram.fromFdSync(2 ** 31 - 1))).toBe('EBADF');
  const [packet] = pairOf('seqpacket');
  expect(codeThrownBy(() => unix.SeqPacketServer.fromFdSync(packet.fd))).toBe('EINVAL');
  expect(codeThrownBy(() => unix.Datagram.fromFdSync(closingFd(openSync('/dev/null', 'r'))))).toBe(
    'ENOTSOCK',
  );
});
