import { check, invalidType, outOfRange } from '../core/error';
import {
  boolean,
  fileMode,
  integer,
  listOf,
  objectOf,
  optionsOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { native } from '../native';
import { SO_PASSCRED, SO_RCVBUF, SO_SNDBUF } from './constants';
import { mostFds, type Credentials } from './envelope';

/** What a socket is made with. */
export interface SocketOptions {
  /**
   * Most descriptors that a message may bring, 0 to 253. Default 0: what is sent is closed at once.
   */
  fds?: number | undefined;
  /** Each message tells who has sent it (SO_PASSCRED). Default false. */
  credentials?: boolean | undefined;
  /** Bytes that may be under way from this socket (SO_SNDBUF); the kernel doubles it. */
  sendBuffer?: number | undefined;
  /** SO_RCVBUF: kept, and of no effect on Unix sockets. */
  receiveBuffer?: number | undefined;
}

/** What a socket is bound with. */
export interface BindOptions extends SocketOptions {
  /** Permission bits of the file, exactly; who connects needs the write bit. Default 0o600. */
  mode?: number | undefined;
}

/** What a server is made with; the sockets that it accepts are made with the same. */
export interface ServerOptions extends BindOptions {
  /** Connections that may wait to be accepted: as many, and one more; at most net.core.somaxconn. Default 511. */
  backlog?: number | undefined;
}

/** How a socket is connected. */
export interface ConnectOptions extends SocketOptions, WaitOptions {}
/** How a socket is connected, blocking the thread. */
export interface ConnectSyncOptions extends SocketOptions, TimeoutOptions {}

/** A descriptor to send: its number, or what has one as `fd`, such as a FileHandle or a Memfd. */
export type Passable = number | { readonly fd: number };

/** What goes with a message. */
export interface EnclosureOptions {
  /** Descriptors for the receiver, at most 253. This process keeps its own. */
  fds?: Iterable<Passable> | undefined;
  /** Who is sending: true for what is so anyway; other values need privilege. */
  credentials?: Credentials | true | undefined;
}

/** Options of `send`. */
export interface SendOptions extends EnclosureOptions, WaitOptions {}
/** Options of `sendSync`. */
export interface SendSyncOptions extends EnclosureOptions, TimeoutOptions {}

/** Checked options of a socket. */
export interface SocketPlan {
  fds: number;
  credentials: boolean;
  sendBuffer: number | undefined;
  receiveBuffer: number | undefined;
}

const mostInt = 2 ** 31 - 1;
const most32 = 2 ** 32 - 1;

export function bufferSize(name: string, size: number): number {
  return integer(name, size, 1, mostInt);
}

export function socketPlan(options: SocketOptions | undefined): SocketPlan {
  const { fds = 0, credentials = false, sendBuffer, receiveBuffer } = optionsOf(options);
  return {
    fds: integer('options.fds', fds, 0, mostFds),
    credentials: boolean('options.credentials', credentials),
    sendBuffer: sendBuffer === undefined ? undefined : bufferSize('options.sendBuffer', sendBuffer),
    receiveBuffer:
      receiveBuffer === undefined ? undefined : bufferSize('options.receiveBuffer', receiveBuffer),
  };
}

export function modeOf(options: BindOptions | undefined): number {
  const { mode = 0o600 } = optionsOf(options);
  return fileMode('options.mode', mode);
}

export function backlogOf(options: ServerOptions | undefined): number {
  const { backlog = 511 } = optionsOf(options);
  return integer('options.backlog', backlog, 0, mostInt);
}

/** Sets a SOL_SOCKET option. */
export function setOption(fd: number, name: number, value: number): void {
  check(native.unixSetOption(fd, name, value), 'setsockopt');
}

/** Before it is bound or connected: what is sent to it then has what was asked for. */
export function configure(fd: number, plan: SocketPlan): void {
  if (plan.credentials) setOption(fd, SO_PASSCRED, 1);
  if (plan.sendBuffer !== undefined) setOption(fd, SO_SNDBUF, plan.sendBuffer);
  if (plan.receiveBuffer !== undefined) setOption(fd, SO_RCVBUF, plan.receiveBuffer);
}

function numberOf(passable: Passable | null, index: number): number {
  const number = typeof passable === 'object' ? passable?.fd : passable;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= mostInt) {
    return number;
  }
  const name = `options.fds[${String(index)}]`;
  if (typeof number === 'number') return integer(name, number, 0, mostInt);
  throw invalidType(name, 'a descriptor: its number, or what has one as fd', passable);
}

function fdsOf(fds: Iterable<Passable>): number[] {
  const numbers: number[] = [];
  for (const one of listOf('options.fds', fds)) {
    numbers.push(numberOf(one, numbers.length));
    if (numbers.length > mostFds) {
      throw outOfRange('options.fds', `at most ${String(mostFds)} descriptors`, numbers.length);
    }
  }
  return numbers;
}

function credentialsOf(credentials: Credentials | true): Credentials {
  if (credentials === true) {
    return { pid: process.pid, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  }
  if (typeof credentials !== 'object') {
    throw invalidType('options.credentials', 'true or an object', credentials);
  }
  const { pid, uid, gid } = objectOf('options.credentials', credentials);
  return {
    pid: integer('options.credentials.pid', pid, 0, mostInt),
    uid: integer('options.credentials.uid', uid, 0, most32),
    gid: integer('options.credentials.gid', gid, 0, most32),
  };
}

/** Checked options of a send. */
export interface SendPlan {
  fds: readonly number[];
  credentials: Credentials | undefined;
}

const nothing: SendPlan = { fds: [], credentials: undefined };

export function sendPlan(options: EnclosureOptions | undefined): SendPlan {
  if (options === undefined) return nothing;
  const { fds, credentials } = optionsOf(options);
  return {
    fds: fds === undefined ? [] : fdsOf(fds),
    credentials: credentials === undefined ? undefined : credentialsOf(credentials),
  };
}
