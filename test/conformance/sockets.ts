/** Unix sockets as the rows need them: as descriptors, or as objects of the classes. */

import { writeSync } from 'node:fs';

import { unix } from 'posix-ipc';
import {
  AF_UNIX,
  bind,
  cmsg,
  cmsgs,
  connect,
  listen,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recvmsg,
  SCM_CREDENTIALS,
  SCM_RIGHTS,
  sendmsg,
  setsockopt,
  SO_PASSCRED,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_un,
  socket,
  socketpair,
  SOL_SOCKET,
  type Msghdr,
} from 'posix-ipc/syscalls';

import { closing, closingBoth } from '../support/sockets';
import { adoptDescriptor, textFrom } from './descriptors';
import { newPipe } from './pipes';

export type Kind = keyof unix.SocketTypes;

const types: Record<Kind, number> = {
  stream: SOCK_STREAM,
  datagram: SOCK_DGRAM,
  seqpacket: SOCK_SEQPACKET,
};

/** As in the C program. */
export const MOST_FDS = 253;
const CONTROL = 2048;
const ROOM = 64;

// ---- descriptors

// They are close-on-exec: a process that is started would keep the other end open.

export function newSocket(kind: Kind, flags = 0): number {
  return adoptDescriptor(socket(AF_UNIX, types[kind] | SOCK_CLOEXEC | flags));
}

export function newPair(kind: Kind): [one: number, other: number] {
  return socketpair(AF_UNIX, types[kind] | SOCK_CLOEXEC).map(adoptDescriptor) as [number, number];
}

export function bound(kind: Kind, address: string, flags = 0): number {
  const fd = newSocket(kind, flags);
  bind(fd, sockaddr_un(address));
  return fd;
}

export function listening(kind: Kind, address: string, backlog = 5, flags = 0): number {
  const fd = bound(kind, address, flags);
  listen(fd, backlog);
  return fd;
}

export function connectedTo(kind: Kind, address: string, flags = 0): number {
  const fd = newSocket(kind, flags);
  connect(fd, sockaddr_un(address));
  return fd;
}

export function post(fd: number, text: string, msg_control?: Uint8Array): number {
  const control = msg_control === undefined ? {} : { msg_control };
  return sendmsg(fd, { msg_iov: [Buffer.from(text)], ...control }, MSG_NOSIGNAL);
}

export function rights(fds: readonly number[]): Buffer {
  return cmsg(SOL_SOCKET, SCM_RIGHTS, Int32Array.from(fds));
}

export function credentials(pid: number, uid: number, gid: number): Buffer {
  return cmsg(SOL_SOCKET, SCM_CREDENTIALS, Uint32Array.of(pid, uid, gid));
}

export function wantCredentials(fd: number): void {
  setsockopt(fd, SOL_SOCKET, SO_PASSCRED, 1);
}

/** Sends without waiting, until there is no room. */
export function fill(fd: number): void {
  const msg = { msg_iov: [Buffer.alloc(4096)] };
  try {
    for (;;) sendmsg(fd, msg, MSG_DONTWAIT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

/** Takes all that is there. */
export function drain(fd: number): void {
  try {
    for (;;) letterFrom(fd, { flags: MSG_DONTWAIT });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

// ---- what comes

/** A message as it comes, from a call or from a class. */
export interface Letter {
  text: string;
  length: number;
  /** Descriptors. */
  fds: readonly number[];
  from: unix.Credentials | undefined;
  /** Control messages were lost. */
  isCut: boolean;
  flags: number;
}

interface Taking {
  room?: number;
  control?: number;
  flags?: number;
}

export function letterFrom(fd: number, taking: Taking = {}): Letter {
  const { room = ROOM, control = CONTROL, flags = 0 } = taking;
  const bytes = Buffer.alloc(room);
  const msg: Msghdr = { msg_iov: [bytes], msg_control: Buffer.alloc(control) };
  const length = recvmsg(fd, msg, flags);
  const [found, come] = [msg.msg_flags ?? 0, cmsgs(msg)];
  const of = (type: number): Buffer | undefined =>
    come.find(({ cmsg_type }) => cmsg_type === type)?.data;
  return {
    text: bytes.toString('latin1', 0, Math.min(length, room)),
    length,
    fds: numbersIn(of(SCM_RIGHTS)).map(adoptDescriptor),
    from: credentialsIn(of(SCM_CREDENTIALS)),
    isCut: (found & MSG_CTRUNC) !== 0,
    flags: found,
  };
}

function numbersIn(data: Buffer | undefined): number[] {
  const count = (data?.length ?? 0) / 4;
  return Array.from({ length: count }, (_, i) => data?.readInt32LE(4 * i) ?? -1);
}

/** What did not fit is 0. */
function credentialsIn(data: Buffer | undefined): unix.Credentials | undefined {
  if (data === undefined || data.length === 0) return undefined;
  const whole = Buffer.concat([data], 12);
  return { pid: whole.readInt32LE(0), uid: whole.readUInt32LE(4), gid: whole.readUInt32LE(8) };
}

/** A message of a class. */
export function letterOf(message: unix.Message | null | undefined): Letter {
  if (message === null || message === undefined) throw new Error('there is no message');
  const { data, fullLength, fds, fdsError } = message;
  return {
    text: data.toString('latin1'),
    length: fullLength,
    fds: fds.map(({ fd }) => fd),
    from: message.credentials,
    isCut: fdsError !== undefined,
    flags: 0,
  };
}

/** The text of a message, or `end`: an empty one cannot be told from it. */
export function wordOf({ text, length }: Letter): string {
  return length === 0 ? 'end' : text;
}

export function nextWord(fd: number, flags = 0): string {
  return wordOf(letterFrom(fd, { flags }));
}

// ---- objects

/** What all three classes have. */
export interface AnySocket {
  readonly fd: number;
  send(data: string | Uint8Array, options?: unix.SendOptions): Promise<unknown>;
  receive(): Promise<unix.Message | null>;
  tryReceive(): unix.Message | null | undefined;
  receiveInto(memory: Uint8Array): Promise<unix.MessageInto | null>;
  shutdown(how: 'read' | 'write' | 'both'): Promise<void>;
  close(): void;
}

/** What those of messages have beside that. */
export interface MessageSocket extends AnySocket {
  sendBuffer: number;
  trySend(data: string | Uint8Array): boolean;
}

export function pairOf(
  kind: Kind,
  options?: unix.SocketOptions,
): [one: AnySocket, other: AnySocket] {
  return closingBoth(unix.socketpairSync(kind, options) as [AnySocket, AnySocket]);
}

/** An object of a descriptor, which it closes. */
export function objectOf(kind: Kind, fd: number, options?: unix.SocketOptions): AnySocket {
  const own = { ...options, own: false };
  if (kind === 'stream') return closing(unix.Stream.fromFdSync(fd, own));
  if (kind === 'datagram') return closing(unix.Datagram.fromFdSync(fd, own));
  return closing(unix.SeqPacket.fromFdSync(fd, own));
}

/** How the class says that no message is there, or none will come. */
export function saidBy(message: unix.Message | null | undefined): string {
  if (message === undefined) return 'EAGAIN';
  return message === null ? 'end' : message.data.toString('latin1');
}

// ---- pipes to pass

/** The writing ends go away; what comes through them is read at the others. */
export class Passed {
  readonly ends: readonly number[];
  readonly #pipes: readonly number[];

  constructor(count: number, flags = 0) {
    const pipes = Array.from({ length: count }, () => newPipe(flags));
    this.ends = pipes.map(({ writing }) => writing);
    this.#pipes = pipes.map(({ reading }) => reading);
  }

  /** The text of a message, and what comes through each descriptor that came with it. */
  seen({ text, fds }: Letter): string {
    const through = fds.map((fd, i) => {
      writeSync(fd, 'through');
      return this.read(i);
    });
    return [text, 'with', fds.length, ...through].join(' ');
  }

  read(i: number): string {
    return textFrom(this.#pipes[i] ?? -1);
  }
}
