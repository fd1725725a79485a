import { byOpener } from '../core/by-opener';
import { check } from '../core/error';
import { laterLimitsOf, limitsOf } from '../core/limits';
import { word } from '../core/mapping-options';
import { iterate, iteration } from '../core/message-iterator';
import { OpenFile } from '../core/open-file';
import {
  optionsOf,
  timeoutOf,
  type Data,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import type { Action } from '../core/ready-line';
import { native } from '../native';
import { addressOf, type Address } from './address';
import { SHUT_RD, SHUT_RDWR, SHUT_WR, SO_PASSCRED, SO_RCVBUF, SO_SNDBUF } from './constants';
import { credentialsIn, HOW, type Credentials } from './envelope';
import { ReceivedDescriptor } from './received-descriptor';
import { ReceivingInto, type Known, type Message, type MessageInto } from './receiving';
import { bufferSize, setOption, type SocketPlan } from './socket-options';

const directions = { read: SHUT_RD, write: SHUT_WR, both: SHUT_RDWR };
const three = new Int32Array(3);

/** What all Unix sockets have that messages or bytes come from. */
export abstract class Socket extends OpenFile implements AsyncIterable<Message> {
  /** See HOW. */
  readonly #how: number;
  readonly #receiving: Action<Message | null>;
  protected readonly known: Known;

  protected constructor(
    what: string,
    descriptor: OwnedDescriptor,
    plan: SocketPlan,
    how: number,
    receiving: (handle: number, how: number, known: Known) => Action<Message | null>,
    peer?: string,
  ) {
    super(what, descriptor);
    // Somebody may have asked for credentials before the socket was passed to us.
    const passes = check(native.unixOption(this.fd, SO_PASSCRED), 'getsockopt') !== 0;
    this.#how = how | plan.fds | (passes ? HOW.credentials : 0);
    this.known = { readEnded: false, peer };
    this.#receiving = receiving(this.handle, this.#how, this.known);
  }

  // ---- receiving

  /**
   * Takes what comes next; waits while there is nothing. Resolves with null at the end.
   *
   * Errors: ECONNRESET (the peer has closed without reading all that was sent to it; once, and a
   * `SeqPacket` then goes on with the messages that have come), ETIMEDOUT, ERR_CLOSED. Source: recvmsg(2).
   */
  async receive(options?: WaitOptions): Promise<Message | null> {
    this.beforeReceiving();
    return this.incoming.run(this.#receiving, limitsOf(options), methods.receive);
  }

  /** As `receive`, blocking the thread. */
  receiveSync(options?: TimeoutOptions): Message | null {
    this.beforeReceiving();
    return this.incoming.runSync(this.#receiving, timeoutOf(optionsOf(options)));
  }

  /** As `receive`; undefined where it would have to wait. */
  tryReceive(): Message | null | undefined {
    this.beforeReceiving();
    return this.incoming.try(this.#receiving);
  }

  /** As `receive`, into the caller's memory, which is written when the promise is about to resolve. */
  async receiveInto(
    memory: Exclude<Data, string>,
    options?: WaitOptions,
  ): Promise<MessageInto | null> {
    this.beforeReceiving();
    const receiving = new ReceivingInto(this.handle, this.#how, this.known, memory);
    return this.incoming.run(receiving, limitsOf(options), methods.receiveInto);
  }

  /** As `receiveInto`, blocking the thread. */
  receiveIntoSync(memory: Exclude<Data, string>, options?: TimeoutOptions): MessageInto | null {
    this.beforeReceiving();
    const receiving = new ReceivingInto(this.handle, this.#how, this.known, memory);
    return this.incoming.runSync(receiving, timeoutOf(optionsOf(options)));
  }

  /** As `receiveInto`; undefined where it would have to wait. */
  tryReceiveInto(memory: Exclude<Data, string>): MessageInto | null | undefined {
    this.beforeReceiving();
    return this.incoming.try(new ReceivingInto(this.handle, this.#how, this.known, memory));
  }

  /**
   * Iterates over what comes, waiting for each, until the end or until the object is closed. Nothing
   * is taken ahead. Throws what `receive` rejects with.
   *
   * ```js
   * for await (const { data, fds } of socket) handle(data, fds);
   * ```
   */
  messages(options?: WaitOptions): AsyncIterableIterator<Message> {
    const check = (): void => {
      this.beforeReceiving();
    };
    return iterate(laterLimitsOf(options), check, (limits) =>
      this.incoming.run(this.#receiving, limits, iteration.next),
    );
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.messages();
  }

  // ---- the socket itself

  /** Where it is bound; undefined where it has no address. Source: getsockname(2). */
  get address(): Address | undefined {
    this.checkOpen();
    return addressOf(this.handle, false);
  }

  /** Where its peer is bound; undefined where that has no address. Errors: ENOTCONN. Source: getpeername(2). */
  get peerAddress(): Address | undefined {
    this.checkOpen();
    return addressOf(this.handle, true);
  }

  /**
   * Who was at the other end when the connection was made, as the kernel vouches: who has connected,
   * who listens, who has made the pair. Source: unix(7), SO_PEERCRED.
   */
  get peerCredentials(): Credentials {
    this.checkOpen();
    check(native.unixPeerCredentials(this.handle, three), 'getsockopt');
    return credentialsIn(three, 0);
  }

  /**
   * A descriptor of the process in `peerCredentials`, which cannot mean another one with the same
   * number later. Errors: ENOPROTOOPT (before Linux 6.5), ESRCH, ENODATA.
   */
  peerPidfd(): ReceivedDescriptor {
    this.checkOpen();
    const handle = check(native.unixPeerPidfd(this.handle), 'getsockopt');
    return new ReceivedDescriptor(byOpener, new OwnedDescriptor(handle));
  }

  /** SO_SNDBUF: twice what was set, for the kernel's own needs. */
  get sendBuffer(): number {
    return check(native.unixOption(this.fd, SO_SNDBUF), 'getsockopt');
  }

  set sendBuffer(size: number) {
    setOption(this.fd, SO_SNDBUF, bufferSize('sendBuffer', size));
  }

  /** SO_RCVBUF: kept, and of no effect on Unix sockets. */
  get receiveBuffer(): number {
    return check(native.unixOption(this.fd, SO_RCVBUF), 'getsockopt');
  }

  set receiveBuffer(size: number) {
    setOption(this.fd, SO_RCVBUF, bufferSize('receiveBuffer', size));
  }

  /**
   * Ends one direction or both, for all who share the socket. Sends that wait here end with EPIPE
   * where it is theirs. Source: shutdown(2).
   */
  shutdown(how: 'read' | 'write' | 'both'): Promise<void> {
    return promised(() => {
      this.shutdownSync(how);
    });
  }

  /** As `shutdown`, at once. */
  shutdownSync(how: 'read' | 'write' | 'both'): void {
    this.checkOpen();
    check(native.unixShutdown(this.handle, word('how', directions, how)), 'shutdown');
    if (how !== 'write') this.known.readEnded = true;
    if (how !== 'read') this.endSends();
  }

  /** Sends that wait fail now: poll(2) is not told that there can be no more. */
  protected endSends(): void {
    this.outgoing.isFree();
  }

  /** Throws ERR_CLOSED after `close`. What changes the socket for all who share it waits until here. */
  protected beforeReceiving(): void {
    this.checkOpen();
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'receive' | 'receiveInto', unknown> = Socket.prototype;
