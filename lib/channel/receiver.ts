import type { Readable } from 'node:stream';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import type { ClosedError } from '../core/error';
import { Keeper } from '../core/keeper';
import { limitsOf } from '../core/limits';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import type { StreamOptions } from '../core/stream-options';
import type { MutexGuard } from '../lock/mutex-guard';
import { Bell, callIfAsleep, SharedBell } from './bell';
import type { Use } from './opening';
import type { Decoded } from './codec';
import type { Cursor } from './cursor';
import { sourceOf, type Source } from './lanes';
import { RECEIVER_BELL, RECEIVER_ROLE, SENDER_BELL, SENDER_ROLE } from './layout';
import { ChannelReadable } from './node-streams';
import { isThere, partOf, type Place, type Slot } from './place';
import type { Borrowed, Message, MessageInto } from './reading';
import { ReadingEnd } from './reading-end';
import { leave, leaveWith } from './role';
import { Waits } from './waits';

/** What a receiver tells of messages. */
interface Received {
  message: Message;
  into: MessageInto;
  decoded: Decoded;
  cursor: Cursor;
}

/** Serves those who wait with what is there. */
export let serveWaiting: (receiver: Receiver) => void;

/** For the channel. `slot`: the role is there. */
export function receiverOf(
  place: Place,
  role: MutexGuard,
  use: Use,
  slot = place.slots[0] as Slot,
): Receiver {
  return new Receiver(byOpener, place, role, use, slot);
}

/**
 * The receiving end of a channel: there is one at a time, or as many as the channel was made for. Of
 * several, each message goes to one: what it has taken is gone, also if it is killed then.
 *
 * A message is gone when it is received. The position is published when a quarter of the ring is
 * free again, when the ring is empty, and at the end of the tick: what a receiver took that is
 * killed before, the next receiver gets again; `flush()` publishes now.
 *
 * What waits for a message has three forms: a promise, `…Sync`, `try…`. Errors of all of them: EBUSY (a borrowed
 * message is not released, or it is called from a `forEach`), EBADMSG (somebody has overwritten the
 * memory), EFAULT (the ArrayBuffer of a view was transferred), ERR_CLOSED. A sender that closes or dies ends no wait: the next one may come.
 *
 * ```js
 * using receiver = channel.receiver();
 * for await (const { type, data } of receiver) handle(type, data);
 * ```
 */
export class Receiver extends ReadingEnd<Received> {
  readonly #reading: Source;
  readonly #role: MutexGuard;
  readonly #waits: Waits;

  static {
    serveWaiting = (receiver) => {
      receiver.#waits.overtaking();
    };
  }

  constructor(by: ByOpener, place: Place, role: MutexGuard, use: Use, slot: Slot) {
    checkOpener(by, Receiver);
    const { waiting, codec } = use;
    const keeper = new Keeper();
    const reading = sourceOf(place, place.slots.indexOf(slot));
    const ready = (): boolean => reading.ready;
    const bell = bellOf(place, slot);
    const awaits = place.shape.rendezvous > 0 ? { awaits: awaitsIn(slot) } : {};
    const waits = new Waits({ place, bell, keeper, waiting, ready, ...awaits });
    const decoded = ({ type }: Message, value: unknown): Decoded => ({ type, value });
    super('receiver', { reading, codec, waits, keeper, decoded });
    this.#reading = reading;
    this.#role = role;
    this.#waits = waits;
    leaveWith(reading, role);
    for (const lane of place.lanes) callIfAsleep(lane, SENDER_BELL); // who sleeps watches the role from now on
    if (place.slots.length > 1) callIfAsleep(place, RECEIVER_BELL);
  }

  // ---- in place, until it is released

  /**
   * The next message, in place: costs a view, an object and a promise, however long it is; where others take messages away,
   * too, also a copy. Its `data` is the channel's memory, until its `release()`, or the
   * end of a `using` block. Nothing else can be received meanwhile; a receiver that dies meanwhile leaves it to the next.
   */
  async borrow(options?: WaitOptions): Promise<Borrowed> {
    const limits = limitsOf(options);
    this.checkFree();
    return this.#waits.wait(() => this.#reading.borrow(), limits, methods.borrow);
  }

  /** As `borrow`, blocking the thread: no promise. */
  borrowSync(options?: TimeoutOptions): Borrowed {
    const timeout = timeoutOf(optionsOf(options));
    this.checkFree();
    return this.#waits.waitSync(() => this.#reading.borrow(), timeout);
  }

  /** As `borrow` if there is a message now; else undefined. No promise. */
  tryBorrow(): Borrowed | undefined {
    this.checkFree();
    return this.#waits.overtaking() ? undefined : this.#reading.borrow();
  }

  // ---- as a Node stream

  /**
   * A Node stream of the bytes of messages, whatever their types; an empty one is its end. Costs what `receive` does, and a
   * chunk of a stream each. It closes this object when it ends or is destroyed, unless `autoClose` is false.
   */
  readable(options?: StreamOptions): Readable {
    this.checkFree();
    return new ChannelReadable(this, options);
  }

  /**
   * Publishes at once what was received: no other receiver gets it again, and the sender has its
   * room.
   */
  flush(): void {
    this.checkOpen();
    this.#reading.publish();
  }

  protected override release(reason: () => ClosedError): void {
    super.release(reason);
    this.#reading.end();
    leave(this.#role);
  }
}

/**
 * Where it sleeps, and whose death wakes it. Of several receivers each watches the others, too: when a
 * sender dies before it rings, the kernel wakes one of those who watch it, and that one may be killed
 * before it wakes the others.
 */
function bellOf(place: Place, own: Slot): Bell {
  if (place.slots.length === 1) return new Bell(place, RECEIVER_BELL, SENDER_ROLE, place.lanes);
  const senders = place.lanes.map((lane) => partOf(lane, SENDER_ROLE, RECEIVER_ROLE - SENDER_ROLE));
  const others = place.slots.filter((slot) => slot !== own);
  return new SharedBell(place, RECEIVER_BELL, 0, [...senders, ...others]);
}

/** Where a sender sees whether this one waits. */
function awaitsIn(slot: Slot): (isAwaited: boolean) => void {
  const tell = (isAwaited: boolean): void => {
    if (isThere(slot)) Atomics.store(slot.waits, 0, isAwaited ? 1 : 0);
  };
  tell(false); // the last one may have been killed
  return tell;
}

/** Where the stack of an error begins: at the caller of it. */
const methods: Record<'borrow', unknown> = Receiver.prototype;
