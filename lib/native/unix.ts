import type { Memory, Quick } from './core';

/** native/unix/socket.cc. A name is the bytes of a path, or a zero byte and those of an abstract name. */
export interface UnixSocket {
  // What opens a descriptor answers its handle.
  unixSocket(type: number): number;
  unixPair(type: number, handles: Memory): number;
  unixBind(descriptor: number, name: Memory): number;
  unixBindExact(descriptor: number, name: Memory, mode: number): number;
  unixListen(descriptor: number, backlog: number): number;
  unixAccept(descriptor: number): number;
  unixConnect(descriptor: number, name: Memory): number;
  unixDisconnect(descriptor: number): number;
  /** -EAGAIN where connecting would have to wait. */
  unixConnected(type: number, name: Memory, credentials: boolean): number;
  /** The number of a native wait, which ends with that handle. */
  unixConnectedWait(type: number, name: Memory, credentials: boolean): number;
  unixConnectedTimed(type: number, name: Memory, credentials: boolean, timeout: number): number;
  /** 0 where any socket is bound to the name. */
  unixProbe(name: Memory): number;
  unixLockFile(fd: number): number;
  unixShutdown(descriptor: number, how: number): number;
  unixOption(fd: number, name: number): number;
  unixPeerPidfd(descriptor: number): number;
  unixSetOption(fd: number, name: number, value: number): number;
  /** Writes pid, uid and gid. */
  unixPeerCredentials(descriptor: number, credentials: Memory): number;
  /** Writes the name; answers its length. */
  unixName(descriptor: number, peer: boolean, name: Memory): number;
}

/** native/unix/message.cc: the layout of an envelope is in lib/unix/envelope.ts. None of them waits. */
export interface UnixMessage {
  unixSend(descriptor: number, data: Memory): number;
  unixSendWith(descriptor: number, data: Memory, envelope: Memory): number;
  unixReceive(
    descriptor: number,
    data: Memory,
    length: number,
    how: number,
    envelope: Memory,
  ): number;
  /** The first bytes of a slab. */
  unixSendQuick: Quick<3>;
  /** unixReceive, into a slab. */
  unixReceiveQuick: Quick<5>;
  unixTakeOverflow(target: Memory): void;
}

/** native/unix/calls.cc: on plain descriptors, blocking as in C. An address is a struct sockaddr. */
export interface UnixCalls {
  socketFd(domain: number, type: number, protocol: number): number;
  /** Writes two numbers. */
  socketpairFd(domain: number, type: number, protocol: number, sv: Memory): number;
  bindFd(sockfd: number, addr: Memory): number;
  listenFd(sockfd: number, backlog: number): number;
  accept4Fd(sockfd: number, flags: number): number;
  connectFd(sockfd: number, addr: Memory): number;
  shutdownFd(sockfd: number, how: number): number;
  /** The length of the value. */
  getsockoptFd(sockfd: number, level: number, optname: number, optval: Memory): number;
  setsockoptFd(sockfd: number, level: number, optname: number, optval: Memory): number;
  /** The length of the address. */
  getnameFd(sockfd: number, peer: boolean, addr: Memory): number;
  sendmsgFd(
    sockfd: number,
    name: Memory,
    parts: readonly NodeJS.ArrayBufferView[],
    control: Memory,
    flags: number,
  ): number;
  /** Writes msg_namelen, msg_controllen and msg_flags. */
  recvmsgFd(
    sockfd: number,
    name: Memory,
    parts: readonly NodeJS.ArrayBufferView[],
    control: Memory,
    flags: number,
    told: Memory,
  ): number;
}
