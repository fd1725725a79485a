import {
  COUNT,
  DROPPED,
  HEAD,
  HIGH_WATER,
  RECEIVER_BELL,
  recordSize,
  RESERVED,
  RING_WORD,
  SENDER_BELL,
  TAIL,
  WRAP,
} from './layout';
import { checkThere, type Place } from './place';
import { countOf, lookAt, type Seen } from './position';
import type { ChannelPeer, Role } from './role';
import { dropsSent, isClaimed } from './shape';

/** What is known of a channel: a look at each, not all at one instant. */
export interface ChannelStatus {
  /** Bytes of the ring of each sender, or how many there may be; 0: a rendezvous. */
  capacity: number;
  /** Bytes that the rings have now. Of an unbounded channel, as far as its last senders have said. */
  allocated: number;
  /** Bytes of it that are in use, with headers. */
  bytes: number;
  /** The most bytes that an end has found waiting: the receiver whenever it looks, the sender where it is full;
   * added up over all senders. */
  highWater: number;
  /**
   * Messages that are published and not yet received. Of an unbounded channel, or where more than 1024 wait, by the counts:
   * with those whose receiver was killed before it had counted them.
   */
  depth: number;
  /** Messages that were published since the channel was made; modulo 2^32. */
  sent: number;
  /** Messages that were received, as far as the receiver has published it; modulo 2^32. */
  received: number;
  /** Messages that were dropped, as the channel's `full` says; modulo 2^32. */
  dropped: number;
  /** Who sends, one of them; undefined: nobody now. */
  sender: ChannelPeer | undefined;
  /** All who send. */
  senders: ChannelPeer[];
  /** Who receives, one of them; undefined: nobody now. */
  receiver: ChannelPeer | undefined;
  /** All who receive. */
  receivers: ChannelPeer[];
  /** Whether a sender sleeps until there is room. */
  senderSleeps: boolean;
  /** Whether the receiver sleeps until there is a message; of several, one of them, or one that has until lately. */
  receiverSleeps: boolean;
}

type LaneStatus = Omit<
  ChannelStatus,
  'capacity' | 'sender' | 'senders' | 'receiver' | 'receivers' | 'receiverSleeps'
>;

/** So many records are looked at. */
const mostLooked = 1024;

/**
 * The messages between both positions, by their records: where others move TAIL, too, whoever is killed before it has
 * counted leaves the count behind. undefined: they are more than are looked at, or TAIL has gone on.
 */
function messagesIn({ words, capacity }: Place, { position, seen }: Seen): number | undefined {
  let [at, count] = [position, 0];
  for (; at !== seen && count < mostLooked; count++) {
    const begin = at & (capacity - 1);
    const length = words[RING_WORD + (begin >> 2)] ?? 0;
    const isLeap = length === WRAP && begin !== 0;
    if (isLeap) count--;
    at = (at + (isLeap ? capacity - begin : recordSize(length & (capacity - 1)))) | 0;
    if (((seen - at) | 0) < 0) return undefined;
  }
  return at === seen && Atomics.load(words, TAIL) === position ? count : undefined;
}

/** What lies in one lane, and went through it. */
function laneStatus(lane: Place): LaneStatus {
  const { words, shape, capacity, piece } = lane;
  const word = (index: number): number => Atomics.load(words, index);
  // A position that others move, too, has its count only behind it.
  const isSole = !isClaimed(shape);
  const received = (isSole ? countOf(words, TAIL) : word(TAIL + COUNT)) >>> 0;
  const dropped = word(HEAD + DROPPED) >>> 0;
  const sent = countOf(words, HEAD) >>> 0;
  const seen = { position: 0, seen: 0 };
  const bytes = lookAt(lane, seen);
  const uncounted = Math.max((sent - received - (dropsSent(shape) ? dropped : 0)) | 0, 0);
  const counted = Math.min(uncounted, bytes / recordSize(0)); // who was killed may have counted too few
  const highest = Math.max(bytes, word(HEAD + HIGH_WATER), word(TAIL + HIGH_WATER));
  const segments = shape.segment > 0 ? word(HEAD + RESERVED) >>> 0 : 1;
  return {
    allocated: Math.min(segments * piece, capacity),
    bytes,
    highWater: Math.min(highest, capacity),
    // In a ring that grows they may lie where there is no memory any more.
    depth: (isSole || shape.segment > 0 ? undefined : messagesIn(lane, seen)) ?? counted,
    sent,
    received,
    dropped,
    senderSleeps: word(SENDER_BELL) !== 0,
  };
}

export function statusOf(
  place: Place,
  senderRoles: readonly Role[],
  receiverRoles: readonly Role[],
): ChannelStatus {
  checkThere(place);
  const { shape, capacity } = place;
  const lanes = place.lanes.map(laneStatus);
  const sum = (of: keyof Omit<LaneStatus, 'senderSleeps'>): number =>
    lanes.reduce((total, lane) => total + lane[of], 0);
  const sending = senderRoles.map((role) => role.holder());
  const senders = sending.flatMap((one) => one ?? []);
  const receivers = receiverRoles.flatMap((role) => role.holder() ?? []);
  return {
    capacity: shape.rendezvous > 0 ? 0 : capacity,
    allocated: sum('allocated'),
    bytes: sum('bytes'),
    highWater: sum('highWater'),
    depth: sum('depth'),
    sent: sum('sent') >>> 0,
    received: sum('received') >>> 0,
    dropped: sum('dropped') >>> 0,
    sender: senders[0],
    senders,
    receiver: receivers[0],
    receivers,
    // Who was killed asleep has left its bell so.
    senderSleeps: lanes.some(({ senderSleeps }, i) => senderSleeps && sending[i] !== undefined),
    receiverSleeps: receivers.length > 0 && Atomics.load(place.words, RECEIVER_BELL) !== 0,
  };
}
