/**
 * The calls of socket(7), as far as Unix sockets need them. A descriptor is a number, and belongs to
 * the caller. An address is the bytes of a struct sockaddr; control messages are bytes too.
 */

import { check, outOfRange } from '../core/error';
import { listOf, memoryOf, objectOf } from '../core/options';
import { native } from '../native';
import { AF_UNIX } from '../unix/constants';

/** struct msghdr. recvmsg writes the last three fields. */
export interface Msghdr {
  /** A struct sockaddr, or room for one. */
  msg_name?: NodeJS.ArrayBufferView | undefined;
  msg_iov: readonly NodeJS.ArrayBufferView[];
  /** Control messages, or room for them: see `cmsg`. */
  msg_control?: NodeJS.ArrayBufferView | undefined;
  msg_namelen?: number;
  msg_controllen?: number;
  msg_flags?: number;
}

/** A control message. */
export interface Cmsg {
  cmsg_level: number;
  cmsg_type: number;
  data: Buffer;
}

const nothing = new Uint8Array(0);
const pair = new Int32Array(2);
const told = new Int32Array(3);

const familyBytes = 2;
const longestPath = 108;
const cmsgHeader = 16;

function aligned(size: number): number {
  return (size + 7) & ~7;
}

/**
 * struct sockaddr_un of a path, or of a zero byte and an abstract name; of none: autobind. Exactly
 * as long as it has to be. Source: unix(7).
 */
export function sockaddr_un(path: string | Uint8Array = ''): Buffer {
  const name = typeof path === 'string' ? Buffer.from(path) : memoryOf('path', path);
  if (name.length > longestPath) throw outOfRange('path', 'at most 108 bytes', name.length);
  const zero = name.length > 0 && name[0] !== 0 && name.length < longestPath ? 1 : 0;
  const address = Buffer.alloc(familyBytes + name.length + zero);
  address.writeUInt16LE(AF_UNIX);
  address.set(name, familyBytes);
  return address;
}

/** A control message as bytes, of length CMSG_SPACE. Source: cmsg(3). */
export function cmsg(level: number, type: number, data: NodeJS.ArrayBufferView): Buffer {
  const bytes = memoryOf('data', data);
  const message = Buffer.alloc(cmsgHeader + aligned(bytes.length));
  message.writeBigUInt64LE(BigInt(cmsgHeader + bytes.length));
  message.writeInt32LE(level, 8);
  message.writeInt32LE(type, 12);
  message.set(bytes, cmsgHeader);
  return message;
}

/** The control messages in what recvmsg has written. Source: cmsg(3). */
export function cmsgs(msg: Msghdr): Cmsg[] {
  const { msg_control, msg_controllen } = objectOf('msg', msg);
  const bytes = memoryOf('msg_control', msg_control ?? nothing);
  const control = Buffer.from(bytes.buffer, bytes.byteOffset, msg_controllen ?? bytes.length);
  const found: Cmsg[] = [];
  for (let at = 0; at + cmsgHeader <= control.length;) {
    const length = Number(control.readBigUInt64LE(at));
    if (length < cmsgHeader || at + length > control.length) break;
    const [cmsg_level, cmsg_type] = [control.readInt32LE(at + 8), control.readInt32LE(at + 12)];
    found.push({ cmsg_level, cmsg_type, data: control.subarray(at + cmsgHeader, at + length) });
    at += aligned(length);
  }
  return found;
}

/** socket - a new socket: its descriptor. Errors: EAFNOSUPPORT, EINVAL, EMFILE, EPROTONOSUPPORT. Source: socket(2). */
export function socket(domain: number, type: number, protocol = 0): number {
  return check(native.socketFd(domain, type, protocol), 'socket');
}

/** socketpair - two sockets connected to each other. Errors: as socket; EOPNOTSUPP. Source: socketpair(2). */
export function socketpair(domain: number, type: number, protocol = 0): [number, number] {
  check(native.socketpairFd(domain, type, protocol, pair), 'socketpair');
  return [...pair] as [number, number];
}

/** bind - give a socket an address. Errors: EACCES, EADDRINUSE, EBADF, EINVAL, ENOENT, ENOTSOCK. Source: bind(2). */
export function bind(sockfd: number, addr: NodeJS.ArrayBufferView): void {
  check(native.bindFd(sockfd, addr), 'bind');
}

/** listen - accept connections from now on. Errors: EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP. Source: listen(2). */
export function listen(sockfd: number, backlog: number): void {
  check(native.listenFd(sockfd, backlog), 'listen');
}

/** accept4 - the next connection: its descriptor; blocks. Errors: EAGAIN, EBADF, EINTR, EINVAL, EMFILE. Source: accept4(2). */
export function accept4(sockfd: number, flags: number): number {
  return check(native.accept4Fd(sockfd, flags), 'accept4');
}

/** connect - connect a socket; blocks. Errors: EAGAIN, EACCES, ECONNREFUSED, EINTR, EISCONN, ENOENT, EPROTOTYPE. Source: connect(2). */
export function connect(sockfd: number, addr: NodeJS.ArrayBufferView): void {
  check(native.connectFd(sockfd, addr), 'connect');
}

/** shutdown - end one direction of a connection, or both. Errors: EBADF, EINVAL. Source: shutdown(2). */
export function shutdown(sockfd: number, how: number): void {
  check(native.shutdownFd(sockfd, how), 'shutdown');
}

/** getsockopt - read an option into memory: its length. Errors: EBADF, ENOPROTOOPT, ENOTSOCK. Source: getsockopt(2). */
export function getsockopt(
  sockfd: number,
  level: number,
  optname: number,
  optval: NodeJS.ArrayBufferView,
): number {
  return check(native.getsockoptFd(sockfd, level, optname, optval), 'getsockopt');
}

/** setsockopt - set an option: a number stands for an int. Errors: EBADF, EINVAL, ENOPROTOOPT, EPERM. Source: setsockopt(2). */
export function setsockopt(
  sockfd: number,
  level: number,
  optname: number,
  optval: number | NodeJS.ArrayBufferView,
): void {
  const value = typeof optval === 'number' ? Int32Array.of(optval) : optval;
  check(native.setsockoptFd(sockfd, level, optname, value), 'setsockopt');
}

/** getsockname - a socket's own address, into memory: its length. Source: getsockname(2). */
export function getsockname(sockfd: number, addr: NodeJS.ArrayBufferView): number {
  return check(native.getnameFd(sockfd, false, addr), 'getsockname');
}

/** getpeername - its peer's address, into memory: its length. Errors: ENOTCONN. Source: getpeername(2). */
export function getpeername(sockfd: number, addr: NodeJS.ArrayBufferView): number {
  return check(native.getnameFd(sockfd, true, addr), 'getpeername');
}

interface Parts {
  name: NodeJS.ArrayBufferView;
  parts: readonly NodeJS.ArrayBufferView[];
  control: NodeJS.ArrayBufferView;
}

function partsOf(msg: Msghdr): Parts {
  const { msg_name = nothing, msg_iov, msg_control = nothing } = objectOf('msg', msg);
  const parts = [...listOf('msg.msg_iov', msg_iov)];
  return { name: msg_name, parts, control: msg_control };
}

/**
 * sendmsg - send a message; blocks: how many bytes were sent.
 *
 * Errors: EAGAIN (MSG_DONTWAIT), EBADF, ECONNREFUSED, EINTR, EMSGSIZE, ENOTCONN, EPIPE. Source: sendmsg(2).
 *
 * ```js
 * const msg_control = cmsg(SOL_SOCKET, SCM_RIGHTS, Int32Array.of(fd));
 * sendmsg(sockfd, { msg_iov: [Buffer.from('x')], msg_control }, MSG_NOSIGNAL);
 * ```
 */
export function sendmsg(sockfd: number, msg: Msghdr, flags: number): number {
  const { name, parts, control } = partsOf(msg);
  return check(native.sendmsgFd(sockfd, name, parts, control, flags), 'sendmsg');
}

/**
 * recvmsg - receive a message; blocks: how many bytes. Descriptors that came belong to the caller.
 *
 * Errors: EAGAIN (MSG_DONTWAIT), EBADF, ECONNRESET, EINTR, ENOTCONN. Source: recvmsg(2).
 */
export function recvmsg(sockfd: number, msg: Msghdr, flags: number): number {
  const { name, parts, control } = partsOf(msg);
  const length = native.recvmsgFd(sockfd, name, parts, control, flags, told);
  check(length, 'recvmsg');
  [msg.msg_namelen, msg.msg_controllen, msg.msg_flags] = told as unknown as [
    number,
    number,
    number,
  ];
  return length;
}
