import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { outOfRange } from '../core/error';
import { limitsOf } from '../core/limits';
import { bytesOf, lengthOf, optionsOf, timeoutOf, type Data } from '../core/options';
import { descriptorOf, type FromFdOptions, type OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import { nameOf, textOf, type Address } from './address';
import { connected, connectedSync } from './connecting';
import { SOCK_STREAM } from './constants';
import { HOW } from './envelope';
import { StreamReceiving, type Known } from './receiving';
import { StreamSending } from './sending';
import { Socket } from './socket';
import {
  configure,
  sendPlan,
  socketPlan,
  type ConnectOptions,
  type ConnectSyncOptions,
  type EnclosureOptions,
  type SendOptions,
  type SendSyncOptions,
  type SocketOptions,
  type SocketPlan,
} from './socket-options';
import { examine } from './socket-type';

/**
 * One end of a stream of bytes that descriptors and credentials can go with. Without those, use
 * `net` of Node; `new net.Socket({ fd: stream.detach() })` goes on with that.
 *
 * `receive` gives bytes as they come, and null at the end. Descriptors come with the first byte that
 * was sent together with them. Source: unix(7), SOCK_STREAM.
 */
export class Stream extends Socket {
  /** @internal Takes a configured socket over. */
  constructor(by: ByOpener, descriptor: OwnedDescriptor, plan: SocketPlan, peer?: string) {
    checkOpener(by, Stream);
    const receiving = (...socket: [number, number, Known]): StreamReceiving =>
      new StreamReceiving(...socket);
    super('stream socket', descriptor, plan, HOW.ends, receiving, peer);
  }

  /** As `SeqPacket.connect`. */
  static async connect(address: Address, options?: ConnectOptions): Promise<Stream> {
    const [name, plan, limits] = [nameOf(address), socketPlan(options), limitsOf(options)];
    const descriptor = await connected(SOCK_STREAM, name, plan, limits, openers.connect);
    return new Stream(byOpener, descriptor, plan, textOf(name));
  }

  /** As `connect`, blocking the thread. */
  static connectSync(address: Address, options?: ConnectSyncOptions): Stream {
    const [name, plan] = [nameOf(address), socketPlan(options)];
    const timeout = timeoutOf(optionsOf(options));
    const descriptor = connectedSync(SOCK_STREAM, name, plan, timeout);
    return new Stream(byOpener, descriptor, plan, textOf(name));
  }

  /** Uses a connected socket that another process has passed. Errors: EBADF, ENOTSOCK, EPROTOTYPE, EINVAL. */
  static fromFd(fd: number, options?: FromFdOptions & SocketOptions): Promise<Stream> {
    return promised(() => Stream.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions & SocketOptions): Stream {
    const plan = socketPlan(options);
    const descriptor = descriptorOf(fd, options, examine(SOCK_STREAM, false));
    configure(descriptor.number, plan);
    return new Stream(byOpener, descriptor, plan);
  }

  /**
   * Sends all bytes; waits while there is no room. Descriptors need at least one byte to go with.
   *
   * Resolves with how many bytes were sent: all of them, unless something (time, abort, an error)
   * ended the call after some were. If none was sent, it rejects. Errors: as `SeqPacket.send`.
   */
  async send(data: Data, options?: SendOptions): Promise<number> {
    this.checkOpen();
    const limits = limitsOf(options); // before the data, which what it asks may take away
    const sending = this.#sending(data, options);
    const result = this.outgoing.run(sending, limits, methods.send);
    if (typeof result === 'number') return result;
    try {
      sending.own();
      return await result;
    } finally {
      sending.release();
    }
  }

  /** As `send`, blocking the thread. */
  sendSync(data: Data, options?: SendSyncOptions): number {
    this.checkOpen();
    const timeout = timeoutOf(optionsOf(options));
    return this.outgoing.runSync(this.#sending(data, options), timeout);
  }

  /** Sends as many bytes as there is room for now; answers how many. */
  trySend(data: Data, options?: EnclosureOptions): number {
    this.checkOpen();
    const sending = this.#sending(data, options);
    return this.outgoing.try(sending) ?? sending.partial() ?? 0;
  }

  #sending(data: Data, options: EnclosureOptions | undefined): StreamSending {
    const plan = sendPlan(options);
    const bytes = bytesOf('data', data);
    if (lengthOf(bytes) === 0 && plan.fds.length > 0) {
      throw outOfRange('data', 'at least one byte, for descriptors to go with', 'none');
    }
    return new StreamSending(this.handle, bytes, plan, this.known);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const openers: Record<'connect', unknown> = Stream;
const methods: Record<'send', unknown> = Stream.prototype;
