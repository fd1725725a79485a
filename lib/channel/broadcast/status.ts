import { SLEEPS } from '../bell';
import { checkThere } from '../place';
import type { ChannelPeer, Role } from '../role';
import { HEAD, OLDEST, PUBLISHER_BELL, STEP } from './layout';
import type { BroadcastPlace } from './place';
import { startAt } from './position';
import { behind } from './slots';

/** Who subscribes, where the publisher waits for subscribers. */
export interface BroadcastPeer extends ChannelPeer {
  /** Bytes of the ring that it has not received, with headers. */
  bytes: number;
}

/** What is known of a broadcast: a look at each, not all at one instant. */
export interface BroadcastStatus {
  /** Bytes of the ring. */
  capacity: number;
  /** Bytes of it that hold kept messages, with headers. */
  bytes: number;
  /** Messages that are kept for late subscribers. */
  kept: number;
  /** Messages that were published since the broadcast was made. */
  published: number;
  /** Who publishes; undefined: nobody now. */
  publisher: ChannelPeer | undefined;
  /** Whether the publisher sleeps until there is room. */
  publisherSleeps: boolean;
  /** Whom the publisher waits for. Of other subscribers nobody knows. */
  subscribers: BroadcastPeer[];
}

export function statusOf(
  place: BroadcastPlace,
  publisher: Role,
  slots: readonly Role[],
): BroadcastStatus {
  checkThere(place);
  const oldest = startAt(place, OLDEST); // first: the publisher may go on meanwhile
  const head = startAt(place, HEAD);
  const holder = publisher.holder();
  return {
    capacity: place.capacity,
    bytes: Math.min((head.position - oldest.position) * STEP, place.capacity),
    kept: head.number - oldest.number,
    published: head.number,
    publisher: holder,
    publisherSleeps: holder !== undefined && Atomics.load(place.words, PUBLISHER_BELL) === SLEEPS,
    subscribers: place.slots.flatMap((slot, i) => {
      const peer = slots[i]?.holder();
      return peer ? { ...peer, bytes: behind(place, slot, head.position) * STEP } : [];
    }),
  };
}
