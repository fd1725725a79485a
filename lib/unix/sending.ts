/** The sending side of a socket: one message, or the bytes of a stream. */

import { errnoOf, SystemError } from '../core/error';
import { lengthOf } from '../core/options';
import type { Action } from '../core/ready-line';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { quick3 } from '../core/quick';
import { native } from '../native';
import { textOf } from './address';
import { enclose, ENVELOPE } from './envelope';
import { copyOf, giveBack, loadShort, LONGEST_SHORT } from './scratch';
import type { SendPlan } from './socket-options';

const EAGAIN = -errnoOf('EAGAIN');

const hints = new Map([
  ['EMSGSIZE', 'longer than the send buffer holds; raise options.sendBuffer'],
  ['ETOOMANYREFS', 'too many descriptors are under way; the limit is RLIMIT_NOFILE (ulimit -n)'],
]);

function sendFailure(error: number | string, to: Uint8Array | undefined): SystemError {
  const path = to === undefined ? undefined : textOf(to);
  const plain = new SystemError(error, 'sendmsg', { path });
  const hint = hints.get(plain.code);
  return hint === undefined ? plain : new SystemError(error, 'sendmsg', { path, hint });
}

/** sendmsg that does not wait: how many bytes, or undefined where there is no room. */
function put(
  handle: number,
  data: Uint8Array,
  { fds, credentials }: SendPlan,
  to: Uint8Array | undefined,
): number | undefined {
  let sent: number;
  if (fds.length === 0 && credentials === undefined && to === undefined) {
    const length = lengthOf(data);
    sent =
      length <= LONGEST_SHORT
        ? quick3(native.unixSendQuick, handle, loadShort(data), length)
        : native.unixSend(handle, data);
  } else {
    enclose({ fds, credentials, to });
    sent = native.unixSendWith(handle, data, ENVELOPE);
  }
  if (sent >= 0) return sent;
  if (sent === EAGAIN) return undefined;
  throw sendFailure(sent, to);
}

/** What is to be sent, and goes with it. */
class Parcel {
  data: Uint8Array;
  plan: SendPlan;
  #copy: Buffer | undefined;
  #copies: OwnedDescriptor[] = [];
  #fault: { error: unknown } | undefined;

  constructor(data: Uint8Array, plan: SendPlan) {
    this.data = data;
    this.plan = plan;
  }

  /** Copies what has to wait: the caller may use its memory again, and close its descriptors. */
  own(): void {
    this.#copy = copyOf(this.data);
    this.data = this.#copy;
    try {
      for (const fd of this.plan.fds) this.#copies.push(OwnedDescriptor.copyOf(fd));
      this.plan = { ...this.plan, fds: this.#copies.map(({ number }) => number) };
    } catch (error) {
      this.#fault = { error }; // it is in line already, and fails when its turn comes
    }
  }

  protected check(): void {
    if (this.#fault !== undefined) throw this.#fault.error;
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
  readonly #handle: number;
  readonly #to: Uint8Array | undefined;

  constructor(handle: number, data: Uint8Array, plan: SendPlan, to?: Uint8Array) {
    super(data, plan);
    this.#handle = handle;
    this.#to = to;
  }

  attempt(): true | undefined {
    this.check();
    return put(this.#handle, this.data, this.plan, this.#to) === undefined ? undefined : true;
  }

  failure(error: number | string): SystemError {
    return sendFailure(error, this.#to);
  }
}

/** All bytes, in as many pieces as it takes; descriptors go with the first. */
export class StreamSending extends Parcel implements Action<number> {
  readonly #handle: number;
  #sent = 0;

  constructor(handle: number, data: Uint8Array, plan: SendPlan) {
    super(data, plan);
    this.#handle = handle;
  }

  attempt(): number | undefined {
    this.check();
    try {
      for (;;) {
        const length = lengthOf(this.data);
        const sent = put(this.#handle, this.data, this.plan, undefined);
        if (sent === undefined) return undefined;
        this.#sent += sent;
        if (sent >= length) return this.#sent;
        this.data = this.data.subarray(sent); // if it has to wait, only what is left is copied
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

  failure(error: number | string): SystemError {
    return sendFailure(error, undefined);
  }
}
