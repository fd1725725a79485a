/** The sending side of a socket: one message, or the bytes of a stream. */

import { errnoOf, invalidType, type SystemError } from '../core/error';
import { lengthOf, restOf } from '../core/options';
import type { Action } from '../core/ready-line';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { quick3 } from '../core/quick';
import { native } from '../native';
import { textOf } from './address';
import { enclose, ENVELOPE } from './envelope';
import { sendFailure } from './hints';
import type { Known } from './receiving';
import { copyToKeep, giveBack, loadShort, LONGEST_SHORT } from './scratch';
import type { SendPlan } from './socket-options';

const EAGAIN = -errnoOf('EAGAIN');

/** sendmsg that does not wait: how many bytes, or a negated errno. */
function put(
  handle: number,
  data: Uint8Array,
  { fds, credentials }: SendPlan,
  to: Uint8Array | undefined,
): number {
  if (fds.length === 0 && credentials === undefined && to === undefined) {
    const length = lengthOf(data);
    return length <= LONGEST_SHORT
      ? quick3(native.unixSendQuick, handle, loadShort(data), length)
      : native.unixSend(handle, data);
  }
  enclose({ fds, credentials, to });
  return native.unixSendWith(handle, data, ENVELOPE);
}

/** What is to be sent, and goes with it. */
class Parcel {
  data: Uint8Array;
  plan: SendPlan;
  /** Of what is still to be sent. */
  protected length: number;
  readonly #handle: number;
  readonly #known: Known;
  readonly #to: Uint8Array | undefined;
  #copy: Buffer | undefined;
  #copies: OwnedDescriptor[] = [];
  #fault: { error: unknown } | undefined;

  /** `to`: its address, where it is not the peer. */
  constructor(handle: number, data: Uint8Array, plan: SendPlan, known: Known, to?: Uint8Array) {
    this.data = data;
    this.length = lengthOf(data);
    this.plan = plan;
    this.#handle = handle;
    this.#known = known;
    this.#to = to;
  }

  failure(error: number | string): SystemError {
    const path = this.#to === undefined ? this.#known.peer : textOf(this.#to);
    return sendFailure(error, this.plan, path);
  }

  /** Copies what has to wait: the caller may use its memory again, and close its descriptors. */
  own(): void {
    try {
      this.#copy = copyToKeep(this.#whole());
      this.data = this.#copy;
      for (const fd of this.plan.fds) this.#copies.push(OwnedDescriptor.copyOf(fd));
      this.plan = { ...this.plan, fds: this.#copies.map(({ number }) => number) };
    } catch (error) {
      this.#fault = { error }; // it is in line already, and fails when its turn comes
    }
  }

  /** A signal that is none, and is called when it is listened to, may take the memory away. */
  #whole(): Uint8Array {
    if (lengthOf(this.data) === this.length) return this.data;
    throw invalidType('data', 'memory that stays as it is until it is sent', this.data);
  }

  /** How many bytes were sent; undefined where there is no room. */
  protected put(): number | undefined {
    if (this.#fault !== undefined) throw this.#fault.error;
    const sent = put(this.#handle, this.data, this.plan, this.#to);
    if (sent >= 0) return sent;
    if (sent === EAGAIN) return undefined;
    throw this.failure(sent);
  }

  /** It is sent, or will not be. */
  release(): void {
    for (const copy of this.#copies.splice(0)) copy.close();
    if (this.#copy !== undefined) giveBack(this.#copy);
    this.#copy = undefined;
  }
}

/** One message, whole. */
export class PacketSending extends Parcel implements Action<true> {
  attempt(): true | undefined {
    return this.put() === undefined ? undefined : true;
  }
}

/** All bytes, in as many pieces as it takes; descriptors go with the first. */
export class StreamSending extends Parcel implements Action<number> {
  #sent = 0;

  attempt(): number | undefined {
    try {
      for (;;) {
        const sent = this.put();
        if (sent === undefined) return undefined;
        this.#sent += sent;
        this.length -= sent;
        if (this.length <= 0) return this.#sent;
        this.data = restOf(this.data, sent); // if it has to wait, only what is left is copied
        this.plan = { fds: [], credentials: undefined };
      }
    } catch (error) {
      if (this.#sent === 0) throw error;
      return this.#sent; // the next call finds it again
    }
  }

  partial(): number | undefined {
    return this.#sent > 0 ? this.#sent : undefined;
  }
}
