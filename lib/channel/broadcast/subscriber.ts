import { byOpener, checkOpener, type ByOpener } from '../../core/by-opener';
import type { ClosedError } from '../../core/error';
import { Keeper } from '../../core/keeper';
import { SharedBell } from '../bell';
import type { Use } from '../opening';
import type { MutexGuard } from '../../lock/mutex-guard';
import { ringIfAsleep } from '../bell';
import { isThere } from '../place';
import { ReadingEnd } from '../reading-end';
import { leave, leaveWith } from '../role';
import { Slot } from './slots';
import { Waits } from '../waits';
import type { SubscriberCursor } from './cursor';
import {
  Following,
  type BroadcastDecoded,
  type BroadcastMessage,
  type BroadcastMessageInto,
  type From,
} from './following';
import { BELL, PUBLISHER_BELL, PUBLISHER_ROLE } from './layout';
import type { BroadcastPlace, SlotPlace } from './place';

/** What a subscriber tells of messages. */
interface Received {
  message: BroadcastMessage;
  into: BroadcastMessageInto;
  decoded: BroadcastDecoded;
  cursor: SubscriberCursor;
}

/** The slot of a subscriber that the publisher waits for. */
export interface TakenSlot {
  place: SlotPlace;
  role: MutexGuard;
}

/** For the broadcast. `closed` is called when it is. */
export function subscriberOf(
  place: BroadcastPlace,
  from: From,
  use: Use,
  closed: (subscriber: Subscriber) => void,
  taken?: TakenSlot,
): Subscriber {
  return new Subscriber(byOpener, place, from, use, closed, taken);
}

/**
 * Who receives each message of a broadcast, of any number of those: the publisher knows none of
 * them, and waits for none, but where the broadcast was made so. One that is so slow that messages were overwritten before it came goes
 * on at the oldest kept one, and `lost` tells exactly how many it has missed.
 *
 * It copies what has been published, up to 64 KiB at a time or one message, into memory of its own:
 * that much it cannot lose any more.
 *
 * What waits for a message has three forms: a promise, `…Sync`, `try…`. Errors of all of them: EBUSY
 * (called from a `forEach`), EBADMSG (somebody has overwritten the memory), EFAULT (the ArrayBuffer
 * of a view was transferred), ERR_CLOSED. A publisher that closes or dies ends no wait: the next one
 * may come.
 *
 * ```js
 * using subscriber = broadcast.subscribe({ from: 'oldest' });
 * for await (const { type, data, lost } of subscriber) handle(type, data, lost);
 * ```
 */
export class Subscriber extends ReadingEnd<Received> {
  readonly #following: Following;
  readonly #onClose: (subscriber: Subscriber) => void;
  readonly #leave: () => void;

  constructor(
    by: ByOpener,
    place: BroadcastPlace,
    from: From,
    use: Use,
    onClose: (subscriber: Subscriber) => void,
    taken?: TakenSlot,
  ) {
    checkOpener(by, Subscriber);
    const { waiting, codec } = use;
    const keeper = new Keeper();
    const slot = taken && new Slot(place, taken.place);
    const following = new Following(place, from, slot);
    const ready = (): boolean => following.ready;
    const bell = new SharedBell(place, BELL, PUBLISHER_ROLE);
    const waits = new Waits({ place, bell, keeper, waiting, ready });
    const decoded = ({ type, lost }: BroadcastMessage, value: unknown): BroadcastDecoded => ({
      type,
      value,
      lost,
    });
    super('subscriber', { reading: following, codec, waits, keeper, decoded });
    this.#following = following;
    this.#onClose = onClose;
    this.#leave = () => {
      if (taken === undefined) return;
      slot?.end();
      leave(taken.role);
      if (isThere(place)) ringIfAsleep(place, PUBLISHER_BELL);
    };
    if (taken !== undefined && slot !== undefined) leaveWith(slot, taken.role);
  }

  /** So many messages were lost since it subscribed, as far as it knows by now. */
  get lost(): number {
    return this.#following.lost;
  }

  protected override release(reason: () => ClosedError): void {
    super.release(reason);
    this.#leave();
    this.#onClose(this);
  }
}
