import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, type ClosedError } from '../core/error';
import { limitsOf } from '../core/limits';
import { bytesOf, optionsOf, timeoutOf, type Data } from '../core/options';
import { descriptorOf, OwnedDescriptor, type FromFdOptions } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import { mayAnswerInline } from '../core/turn';
import { native } from '../native';
import { type autobind, boundNameOf, nameOf, textOf, type Address } from './address';
import { SOCK_DGRAM } from './constants';
import { Destinations } from './destinations';
import { HOW } from './envelope';
import { connectFailure } from './hints';
import { PacketSocket } from './packet-socket';
import { PacketSending } from './sending';
import {
  bindNew,
  bindOrReplace,
  bindOrReplaceSync,
  unlinkBound,
  type SocketFile,
} from './socket-file';
import {
  configure,
  modeOf,
  sendPlan,
  socketPlan,
  type BindOptions,
  type EnclosureOptions,
  type SendOptions,
  type SendSyncOptions,
  type SocketOptions,
  type SocketPlan,
} from './socket-options';
import { examine } from './socket-type';

/** A configured socket. */
export interface Made {
  descriptor: OwnedDescriptor;
  plan: SocketPlan;
  file: SocketFile | undefined;
}

/** A new socket, which is closed again where `use` fails. */
function make(options: SocketOptions | undefined, use: (made: Made) => void): Made {
  const plan = socketPlan(options);
  const descriptor = new OwnedDescriptor(check(native.unixSocket(SOCK_DGRAM), 'socket'));
  const result: Made = { descriptor, plan, file: undefined };
  try {
    configure(descriptor.number, plan);
    use(result);
    return result;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/**
 * A datagram socket: whole messages, kept in order and never lost between processes of one machine,
 * to a peer that it is connected to or to any address.
 *
 * Messages wait with the receiver, one more than net.unix.max_dgram_qlen (10 by default); then senders
 * wait. Nobody is told when a peer has closed: its senders get ECONNREFUSED. Source: unix(7).
 *
 * ```js
 * const log = await unix.Datagram.connect('/dev/log');
 * await log.send('<14>posix-ipc: hello');
 *
 * const server = await unix.Datagram.openOrCreate('/run/user/1000/clock');
 * for await (const { data, from } of server)
 *   if (from !== undefined) await server.sendTo(from, answer(data)); // else it has no address
 * ```
 */
export class Datagram extends PacketSocket {
  readonly #destinations: Destinations;
  #file: SocketFile | undefined;

  /** @internal Takes it over. */
  constructor(by: ByOpener, made: Made) {
    checkOpener(by, Datagram);
    const { descriptor, plan, file } = made;
    super('datagram socket', descriptor, plan, HOW.name);
    this.#destinations = new Destinations(this.fd, this.keeper);
    this.#file = file;
  }

  // ---- opening

  /**
   * Makes a socket, and binds it where an address is given: a path or an abstract name that nobody
   * has, or `autobind`.
   *
   * Errors: EADDRINUSE, EACCES, ENOENT (no such folder), EMFILE. Source: socket(2), bind(2).
   */
  static create(address?: Address | typeof autobind, options?: BindOptions): Promise<Datagram> {
    return promised(() => Datagram.createSync(address, options));
  }

  /** As `create`, at once. */
  static createSync(address?: Address | typeof autobind, options?: BindOptions): Datagram {
    const name = address === undefined ? undefined : boundNameOf(address);
    const mode = modeOf(options);
    return new Datagram(
      byOpener,
      make(options, (socket) => {
        if (name !== undefined) socket.file = bindNew(socket.descriptor, name, mode);
      }),
    );
  }

  /**
   * As `create`; a socket file that no process has bound is replaced, one that is in use never.
   *
   * Errors: as `create`.
   */
  static async openOrCreate(address: Address, options?: BindOptions): Promise<Datagram> {
    const [name, mode] = [nameOf(address), modeOf(options)];
    const socket = make(options, () => undefined);
    try {
      socket.file = await bindOrReplace(socket.descriptor, name, mode);
      return new Datagram(byOpener, socket);
    } catch (error) {
      socket.descriptor.close();
      throw error;
    }
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(address: Address, options?: BindOptions): Datagram {
    const [name, mode] = [nameOf(address), modeOf(options)];
    return new Datagram(
      byOpener,
      make(options, (socket) => {
        socket.file = bindOrReplaceSync(socket.descriptor, name, mode);
      }),
    );
  }

  /**
   * Makes a socket without an address that is connected to one.
   *
   * Errors: ENOENT, ECONNREFUSED (nobody has it bound), EACCES, EPROTOTYPE (it is of another type),
   * EPERM (it is connected to somebody else). Source: connect(2).
   */
  static connect(address: Address, options?: SocketOptions): Promise<Datagram> {
    return promised(() => Datagram.connectSync(address, options));
  }

  /** As `connect`, at once. */
  static connectSync(address: Address, options?: SocketOptions): Datagram {
    const name = nameOf(address);
    const socket = new Datagram(
      byOpener,
      make(options, ({ descriptor }) => {
        connect(descriptor.handle, name);
      }),
    );
    socket.known.peer = textOf(name);
    return socket;
  }

  /** Uses a datagram socket that another process has passed. Errors: EBADF, ENOTSOCK, EPROTOTYPE. */
  static fromFd(fd: number, options?: FromFdOptions & SocketOptions): Promise<Datagram> {
    return promised(() => Datagram.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions & SocketOptions): Datagram {
    const plan = socketPlan(options);
    const descriptor = descriptorOf(fd, options, examine(SOCK_DGRAM, false));
    configure(descriptor.number, plan);
    return new Datagram(byOpener, { descriptor, plan, file: undefined });
  }

  // ---- the peer

  /**
   * Chooses whom `send` sends to, and from whom alone messages are taken from now on. What has arrived
   * stays, unless the socket was connected to somebody else: then it is lost, as of `disconnect`.
   * Sends that wait go to the new peer.
   *
   * Errors: as the static `connect`.
   */
  connect(address: Address): Promise<void> {
    return promised(() => {
      this.connectSync(address);
    });
  }

  /** As `connect`, at once. */
  connectSync(address: Address): void {
    this.checkOpen();
    const name = nameOf(address);
    connect(this.handle, name);
    this.known.peer = textOf(name);
  }

  /** Undoes `connect`. What has arrived and was not received is lost: the kernel drops it. */
  disconnect(): void {
    this.checkOpen();
    check(native.unixDisconnect(this.handle), 'connect');
    this.known.peer = undefined;
  }

  // ---- sending to any address

  /**
   * Sends one message to an address; waits while its receiver has no room. Those who wait for one
   * address do not hold up what is sent to another.
   *
   * Errors: as `send`; ENOENT, ECONNREFUSED (nobody has it bound), EACCES.
   */
  async sendTo(address: Address, data: Data, options?: SendOptions): Promise<void> {
    const limits = limitsOf(options); // before the data, which what it asks may take away
    const [to, sending] = this.#parcel(address, data, options);
    this.checkOpen();
    const tried = this.#destinations.isFree(to) && mayAnswerInline();
    if (tried && sending.attempt() !== undefined) return;
    const result = this.#destinations.send(sending, to, limits, methods.sendTo, tried);
    try {
      sending.own();
      await result;
    } finally {
      sending.release();
    }
  }

  /** As `sendTo`, blocking the thread. */
  sendToSync(address: Address, data: Data, options?: SendSyncOptions): void {
    const timeout = timeoutOf(optionsOf(options));
    const [to, sending] = this.#parcel(address, data, options);
    this.checkOpen();
    if (this.#destinations.isFree(to) && sending.attempt() !== undefined) return;
    this.#destinations.sendSync(sending, to, timeout);
  }

  /** As `sendTo`; false where it would have to wait. */
  trySendTo(address: Address, data: Data, options?: EnclosureOptions): boolean {
    const [to, sending] = this.#parcel(address, data, options);
    this.checkOpen();
    return this.#destinations.isFree(to) && sending.attempt() === true;
  }

  // ---- the socket itself

  /** Removes the file that this socket has made. Errors: ENOENT (it has none, or not any more). */
  unlink(): Promise<void> {
    return promised(() => {
      this.unlinkSync();
    });
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    unlinkBound(this.#file);
    this.#file = undefined;
  }

  protected override endSends(): void {
    super.endSends();
    this.#destinations.serve();
  }

  protected override release(reason: () => ClosedError): void {
    this.#destinations.end(reason);
    super.release(reason);
  }

  #parcel(
    address: Address,
    data: Data,
    options: EnclosureOptions | undefined,
  ): [to: Uint8Array, sending: PacketSending] {
    const to = nameOf(address);
    const [plan, bytes] = [sendPlan(options), bytesOf('data', data)];
    return [to, new PacketSending(this.handle, bytes, plan, this.known, to)];
  }
}

function connect(handle: number, name: Uint8Array): void {
  const result = native.unixConnect(handle, name);
  if (result < 0) throw connectFailure(result, name);
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'sendTo', unknown> = Datagram.prototype;
