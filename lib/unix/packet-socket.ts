import { limitsOf } from '../core/limits';
import { bytesOf, optionsOf, timeoutOf, type Data } from '../core/options';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import { done, rejected } from '../core/promised';
import { HOW } from './envelope';
import { PacketReceiving } from './receiving';
import { PacketSending } from './sending';
import { Socket } from './socket';
import {
  sendPlan,
  type EnclosureOptions,
  type SendOptions,
  type SendSyncOptions,
  type SocketPlan,
} from './socket-options';

/** A socket that keeps the boundaries of messages. */
export abstract class PacketSocket extends Socket {
  protected constructor(
    what: string,
    descriptor: OwnedDescriptor,
    plan: SocketPlan,
    how: number,
    peer?: string,
  ) {
    super(
      what,
      descriptor,
      plan,
      how | HOW.packets,
      (...socket) => new PacketReceiving(...socket),
      peer,
    );
  }

  /**
   * Sends one message to the peer; waits while there is no room for it.
   *
   * The bytes are read, and descriptors that have to wait are copied, before the call returns.
   * Errors: EPIPE (the peer has closed), ECONNREFUSED (a datagram's receiver has), ECONNRESET,
   * EMSGSIZE, ENOTCONN, EBADF and ETOOMANYREFS (descriptors), EPERM (credentials), ETIMEDOUT,
   * ERR_CLOSED. Source: sendmsg(2).
   */
  send(data: Data, options?: SendOptions): Promise<void> {
    try {
      this.checkOpen();
      const limits = limitsOf(options); // before the data, which what it asks may take away
      const sending = this.#sending(data, options);
      const result = this.outgoing.run(sending, limits, methods.send);
      return done(result === true ? result : sentLater(sending, result));
    } catch (error) {
      return rejected(error);
    }
  }

  /** As `send`, blocking the thread. */
  sendSync(data: Data, options?: SendSyncOptions): void {
    this.checkOpen();
    const timeout = timeoutOf(optionsOf(options));
    this.outgoing.runSync(this.#sending(data, options), timeout);
  }

  /** As `send`; false where it would have to wait. */
  trySend(data: Data, options?: EnclosureOptions): boolean {
    this.checkOpen();
    const sending = this.#sending(data, options);
    return this.outgoing.try(sending) === true;
  }

  #sending(data: Data, options: EnclosureOptions | undefined): PacketSending {
    const plan = sendPlan(options);
    return new PacketSending(this.handle, bytesOf('data', data), plan, this.known);
  }
}

/** Until then it is a copy. */
async function sentLater(sending: PacketSending, sent: Promise<true>): Promise<true> {
  try {
    sending.own();
    return await sent;
  } finally {
    sending.release();
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'send', unknown> = PacketSocket.prototype;
