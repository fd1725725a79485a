import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check } from '../core/error';
import { descriptorOf, type FromFdOptions, type OwnedDescriptor } from '../core/owned-descriptor';
import { limitsOf } from '../core/limits';
import { optionsOf, timeoutOf } from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { nameOf, textOf, type Address } from './address';
import { connected, connectedSync } from './connecting';
import { SO_TIMESTAMP, SOCK_SEQPACKET } from './constants';
import { HOW } from './envelope';
import { PacketSocket } from './packet-socket';
import {
  configure,
  setOption,
  socketPlan,
  type ConnectOptions,
  type ConnectSyncOptions,
  type SocketOptions,
  type SocketPlan,
} from './socket-options';
import { examine } from './socket-type';

/**
 * One end of a connection that keeps the boundaries of messages: `receive` gives one message, an
 * empty one too, and null when the peer has closed.
 *
 * To tell an empty message from the end, the first receive asks the kernel for arrival times
 * (SO_TIMESTAMP), for all who share the socket; `detach` undoes that. Source: unix(7),
 * SOCK_SEQPACKET.
 *
 * ```js
 * const socket = await unix.SeqPacket.connect('/run/user/1000/store', { fds: 1 });
 * await socket.send('open frames');
 * const { data, fds } = await socket.receive();
 * ```
 */
export class SeqPacket extends PacketSocket {
  /** Whether arrival times were asked for. */
  #timed = false;
  /** Somebody else had asked for them. */
  #wasTimed = false;

  /** @internal Takes a configured socket over. */
  constructor(by: ByOpener, descriptor: OwnedDescriptor, plan: SocketPlan, peer?: string) {
    checkOpener(by, SeqPacket);
    super('seqpacket socket', descriptor, plan, HOW.ends, peer);
  }

  /**
   * Connects to a server; waits while too many others wait to be accepted.
   *
   * Errors: ENOENT, ECONNREFUSED (nobody listens), EACCES, EPROTOTYPE (it is of another type),
   * ETIMEDOUT. Source: connect(2).
   */
  static async connect(address: Address, options?: ConnectOptions): Promise<SeqPacket> {
    const [name, plan, limits] = [nameOf(address), socketPlan(options), limitsOf(options)];
    const { connect } = openers;
    const descriptor = await connected(SOCK_SEQPACKET, name, plan, limits, connect);
    return new SeqPacket(byOpener, descriptor, plan, textOf(name));
  }

  /** As `connect`, blocking the thread. */
  static connectSync(address: Address, options?: ConnectSyncOptions): SeqPacket {
    const [name, plan] = [nameOf(address), socketPlan(options)];
    const timeout = timeoutOf(optionsOf(options));
    const descriptor = connectedSync(SOCK_SEQPACKET, name, plan, timeout);
    return new SeqPacket(byOpener, descriptor, plan, textOf(name));
  }

  /** Uses a connected socket that another process has passed. Errors: EBADF, ENOTSOCK, EPROTOTYPE, EINVAL. */
  static fromFd(fd: number, options?: FromFdOptions & SocketOptions): Promise<SeqPacket> {
    return promised(() => SeqPacket.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions & SocketOptions): SeqPacket {
    const plan = socketPlan(options);
    const descriptor = descriptorOf(fd, options, examine(SOCK_SEQPACKET, false));
    configure(descriptor.number, plan);
    return new SeqPacket(byOpener, descriptor, plan);
  }

  override detach(): number {
    if (this.#timed && !this.#wasTimed) setOption(this.fd, SO_TIMESTAMP, 0);
    return super.detach();
  }

  protected override beforeReceiving(): void {
    super.beforeReceiving();
    if (this.#timed) return;
    this.#wasTimed = check(native.unixOption(this.fd, SO_TIMESTAMP), 'getsockopt') !== 0;
    setOption(this.fd, SO_TIMESTAMP, 1); // what has arrived already has the time of its receipt then
    this.#timed = true;
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const openers: Record<'connect', unknown> = SeqPacket;
