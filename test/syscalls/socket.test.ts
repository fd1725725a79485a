/** The calls of socket(7) under their own names: as in C. */

import { closeSync, fstatSync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import {
  accept4,
  AF_UNIX,
  bind,
  cmsg,
  cmsgs,
  connect,
  getpeername,
  getsockname,
  getsockopt,
  listen,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_TRUNC,
  recvmsg,
  SCM_CREDENTIALS,
  SCM_RIGHTS,
  sendmsg,
  setsockopt,
  SHUT_WR,
  shutdown,
  SO_PASSCRED,
  SO_PEERCRED,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_un,
  socket,
  socketpair,
  SOL_SOCKET,
  type Msghdr,
} from 'posix-ipc/syscalls';

import { codeThrownBy } from '../support/outcome';
import { abstractName, closingFd, socketPath } from '../support/sockets';
import { soon } from '../support/wait-until';

function make(type: number): number {
  return closingFd(socket(AF_UNIX, type | SOCK_CLOEXEC));
}

function pair(type: number): [number, number] {
  const [one, other] = socketpair(AF_UNIX, type | SOCK_CLOEXEC);
  return [closingFd(one), closingFd(other)];
}

function send(fd: number, text: string, extras: Partial<Msghdr> = {}): number {
  return sendmsg(fd, { msg_iov: [Buffer.from(text)], ...extras }, MSG_NOSIGNAL);
}

/** A message, and what recvmsg has written. */
function receive(fd: number, flags = 0, room = 64, control = 256): Msghdr & { text: string } {
  const memory = Buffer.alloc(room);
  const [msg_name, msg_control] = [Buffer.alloc(110), Buffer.alloc(control)];
  const msg: Msghdr = { msg_name, msg_iov: [memory], msg_control };
  const length = recvmsg(fd, msg, flags);
  return { ...msg, text: memory.toString('utf8', 0, Math.min(length, room)) };
}

test.each(['path', 'abstract name'])('a stream server at a %s', (kind) => {
  const address = sockaddr_un(kind === 'path' ? socketPath() : abstractName());
  const server = make(SOCK_STREAM);
  bind(server, address);
  listen(server, 5);
  const client = make(SOCK_STREAM);
  connect(client, address);
  const accepted = closingFd(accept4(server, SOCK_CLOEXEC));
  expect(send(client, 'hello')).toBe(5);
  expect(receive(accepted).text).toBe('hello');
  const name = Buffer.alloc(128);
  expect(name.subarray(0, getsockname(server, name))).toEqual(address);
  expect(name.subarray(0, getpeername(client, name))).toEqual(address);
  expect(getpeername(accepted, name)).toBe(2); // it has none: the family alone
  shutdown(client, SHUT_WR);
  expect(receive(accepted).text).toBe('');
});

test('datagrams: addresses, lengths, gathered and scattered memory', () => {
  const [one, other] = [make(SOCK_DGRAM), make(SOCK_DGRAM)];
  const [first, second] = [sockaddr_un(abstractName()), sockaddr_un(abstractName())];
  bind(one, first);
  bind(other, second);
  const parts = [Buffer.from('ab'), new Uint8Array(0), Uint16Array.of(0x6463)];
  expect(sendmsg(one, { msg_name: second, msg_iov: parts }, 0)).toBe(4);
  expect(receive(other, MSG_PEEK).text).toBe('abcd');
  const [left, right] = [Buffer.alloc(3), Buffer.alloc(3)];
  const msg: Msghdr = { msg_name: Buffer.alloc(110), msg_iov: [left, right] };
  expect(recvmsg(other, msg, 0)).toBe(4);
  expect([left.toString(), right.toString('utf8', 0, 1)]).toEqual(['abc', 'd']);
  expect(msg).toMatchObject({ msg_namelen: first.length, msg_controllen: 0, msg_flags: 0 });
  expect(Buffer.from(msg.msg_name as Buffer).subarray(0, first.length)).toEqual(first);
  send(one, 'long message', { msg_name: second });
  const cut = receive(other, MSG_TRUNC, 4);
  expect([cut.text, (cut.msg_flags ?? 0) & MSG_TRUNC]).toEqual(['long', MSG_TRUNC]);
  expect(codeThrownBy(() => receive(other, MSG_DONTWAIT))).toBe('EAGAIN');
});

test('SCM_RIGHTS and SCM_CREDENTIALS', () => {
  const [one, other] = pair(SOCK_SEQPACKET);
  setsockopt(other, SOL_SOCKET, SO_PASSCRED, 1);
  const self = Int32Array.of(process.pid, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  const msg_control = Buffer.concat([
    cmsg(SOL_SOCKET, SCM_CREDENTIALS, self),
    cmsg(SOL_SOCKET, SCM_RIGHTS, Int32Array.of(0, one)),
  ]);
  send(one, 'x', { msg_control });
  const found = cmsgs(receive(other, MSG_CMSG_CLOEXEC));
  expect(found.map(({ cmsg_level, cmsg_type }) => [cmsg_level, cmsg_type])).toEqual([
    [SOL_SOCKET, SCM_CREDENTIALS],
    [SOL_SOCKET, SCM_RIGHTS],
  ]);
  expect(found[0]?.data).toEqual(Buffer.from(self.buffer));
  const fds = [0, 4].map((at) => closingFd(found[1]?.data.readInt32LE(at) ?? -1));
  expect(fds.map((fd) => fstatSync(fd).ino)).toEqual([0, one].map((fd) => fstatSync(fd).ino));
  send(one, 'x', { msg_control: cmsg(SOL_SOCKET, SCM_RIGHTS, Int32Array.of(0)) });
  const cut = receive(other, 0, 64, 16);
  expect((cut.msg_flags ?? 0) & MSG_CTRUNC).toBe(MSG_CTRUNC);
});

test('options', () => {
  const [one] = pair(SOCK_STREAM);
  const value = new Int32Array(3);
  expect(getsockopt(one, SOL_SOCKET, SO_PEERCRED, value)).toBe(12);
  expect(value[0]).toBe(process.pid);
  expect(getsockopt(one, SOL_SOCKET, SO_TYPE, value)).toBe(4);
  expect(value[0]).toBe(SOCK_STREAM);
  setsockopt(one, SOL_SOCKET, SO_SNDBUF, Int32Array.of(50_000));
  getsockopt(one, SOL_SOCKET, SO_SNDBUF, value);
  expect(value[0]).toBe(100_000);
  expect(codeThrownBy(() => getsockopt(one, SOL_SOCKET, 9999, value))).toBe('ENOPROTOOPT');
});

test('what fails', () => {
  const [one, other] = pair(SOCK_SEQPACKET);
  expect(codeThrownBy(() => socket(AF_UNIX, 4))).toBe('ESOCKTNOSUPPORT');
  expect(codeThrownBy(() => socket(4711, SOCK_STREAM))).toBe('EAFNOSUPPORT');
  expect(codeThrownBy(() => accept4(one, 0))).toBe('EINVAL');
  expect(
    codeThrownBy(() => {
      connect(make(SOCK_STREAM), sockaddr_un(abstractName()));
    }),
  ).toBe('ECONNREFUSED');
  expect(
    codeThrownBy(() => {
      listen(-1, 1);
    }),
  ).toBe('EBADF');
  expect(
    codeThrownBy(() => {
      shutdown(one, 99);
    }),
  ).toBe('EINVAL');
  const file = openSync('/dev/null', 'r');
  expect(
    codeThrownBy(() => {
      bind(file, sockaddr_un('x'));
    }),
  ).toBe('ENOTSOCK');
  closeSync(file);
  expect(codeThrownBy(() => sockaddr_un('x'.repeat(109)))).toBe('ERR_OUT_OF_RANGE');
  for (const msg of [
    null,
    {},
    { msg_iov: 5 },
    { msg_iov: ['x'] },
    { msg_iov: [], msg_name: 'x' },
  ]) {
    expect(codeThrownBy(() => sendmsg(one, msg as never, 0))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeThrownBy(() => recvmsg(one, msg as never, 0))).toBe('ERR_INVALID_ARG_TYPE');
  }
  const many = Array.from({ length: 1025 }, () => new Uint8Array(1));
  expect(codeThrownBy(() => sendmsg(one, { msg_iov: many }, 0))).toBe('ERR_OUT_OF_RANGE');
  shutdown(other, SHUT_WR);
  expect(receive(one).text).toBe('');
  const nonblocking = closingFd(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK));
  expect(codeThrownBy(() => receive(nonblocking))).toBe('EAGAIN');
});

test('sockaddr_un is as long as it has to be', () => {
  expect(sockaddr_un()).toEqual(Buffer.of(1, 0));
  expect(sockaddr_un('/a')).toEqual(Buffer.of(1, 0, 0x2f, 0x61, 0));
  expect(sockaddr_un('\0a')).toEqual(Buffer.of(1, 0, 0, 0x61));
  expect(sockaddr_un(`/${'a'.repeat(107)}`)).toHaveLength(110);
  const autobound = make(SOCK_DGRAM);
  bind(autobound, sockaddr_un());
  expect(getsockname(autobound, Buffer.alloc(110))).toBe(8);
});

test('recvmsg blocks its thread, and the end of its worker ends it', async () => {
  const [one, other] = pair(SOCK_DGRAM);
  const program = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { recvmsg } = require('posix-ipc/syscalls');
    const memory = Buffer.alloc(9);
    parentPort.postMessage('begins');
    const length = recvmsg(workerData, { msg_iov: [memory] }, 0);
    parentPort.postMessage(memory.toString('utf8', 0, length));
    recvmsg(workerData, { msg_iov: [memory] }, 0);`;
  const worker = new Worker(program, { eval: true, workerData: other });
  const next = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
  expect(await soon('its begin', next())).toBe('begins');
  const received = next();
  send(one, 'woken');
  expect(await soon('the message', received)).toBe('woken');
  expect(await soon('its end', worker.terminate())).toBe(1);
});
