import { ClosedError, errnoOf, SystemError } from '../core/error';
import { handleOf, type Mapping } from '../core/mapping';
import { native } from '../native';
import {
  CAPACITY_WORD,
  leastCapacity,
  MAGIC,
  MAGIC_WORD,
  mostCapacity,
  RECEIVER_ROLE,
  RECEIVER_WAITS,
  RECORD_HEADER,
  RING,
  SENDER_ROLE,
  SLOT,
  SLOT_WAITS,
} from './layout';
import { readShape, writeShape, type Shape } from './shape';

/** Where a ring lies, whatever its kind, checked. */
export interface RingPlace {
  mapping: Mapping;
  /** The native handle of the mapping. */
  memory: number;
  /** Of the channel in the mapping. */
  byteOffset: number;
  /** The channel, and its ring, as views. */
  words: Int32Array;
  ring: Buffer;
  /** Bytes of the ring, a power of two. */
  capacity: number;
  /** The name, with its leading slash; undefined for a channel in a mapping. */
  name: string | undefined;
}

/** Where the slot of a receiver lies: its role is at the beginning. */
export interface Slot extends RingPlace {
  /** One word: whether a call waits, of a channel without capacity. */
  waits: Int32Array;
}

/** Where a channel lies, checked. */
export interface Place extends RingPlace {
  shape: Shape;
  /** Of each sender its own; the first is the channel's place itself. */
  lanes: readonly Place[];
  /** The first lane, where the bell of the receivers is. */
  main: Place;
  /** Of each receiver its own: of the channel, not of a lane. */
  slots: readonly Slot[];
}

/** Bytes of a channel. */
export function bytesFor(capacity: number, { senders, receivers }: Shape): number {
  return senders * (RING + capacity) + (receivers - 1) * SLOT;
}

/** How large the rings can be in so many bytes. */
export function capacityIn(bytes: number, { senders, receivers }: Shape): number {
  return (bytes - (receivers - 1) * SLOT) / senders - RING;
}

/** Where the slot of a receiver begins in a channel. */
function slotAt(receiver: number, capacity: number, shape: Shape): number {
  if (receiver === 0) return RECEIVER_ROLE;
  return bytesFor(capacity, { ...shape, receivers: receiver });
}

export function channelFailure(
  error: number | string,
  path: string | undefined,
  hint?: string,
): SystemError {
  return new SystemError(error, 'channel', { path, hint });
}

/** Somebody who is no channel has written there. */
export function damaged(place: RingPlace): SystemError {
  return channelFailure('EBADMSG', place.name, 'somebody has overwritten the memory');
}

/** All views are empty: it was closed, or whoever had a view has transferred its ArrayBuffer. */
export function gone(place: RingPlace): Error {
  if (place.mapping.closed) return new ClosedError('channel');
  return channelFailure('EFAULT', place.name, "the memory's ArrayBuffer was transferred");
}

export function isThere({ words }: RingPlace): boolean {
  return words.length > 0;
}

/** Throws EFAULT where the memory was transferred away. */
export function checkThere(place: RingPlace): void {
  if (!isThere(place)) throw gone(place);
}

/** Makes a channel in memory that nobody else uses yet. */
export function initialise(
  mapping: Mapping,
  byteOffset: number,
  capacity: number,
  shape: Shape,
): void {
  const memory = handleOf(mapping);
  const words = mapping.view(Int32Array, byteOffset, RING / 4);
  for (let lane = 0; lane < shape.senders; lane++) {
    const begin = byteOffset + lane * (RING + capacity);
    mapping.view(Int32Array, begin, RING / 4).fill(0);
    initialiseRole(memory, begin + SENDER_ROLE);
    if (lane > 0) initialiseRole(memory, begin + RECEIVER_ROLE); // nobody's
  }
  for (let receiver = 0; receiver < shape.receivers; receiver++) {
    const begin = byteOffset + slotAt(receiver, capacity, shape);
    mapping.view(Int32Array, begin, SLOT / 4).fill(0);
    initialiseRole(memory, begin);
  }
  writeShape(words, shape);
  words[CAPACITY_WORD] = capacity;
  Atomics.store(words, MAGIC_WORD, MAGIC);
}

function initialiseRole(memory: number, byteOffset: number): void {
  const result = native.mutexInit(memory, byteOffset, false);
  if (result < 0) throw new SystemError(result, 'getrandom');
}

/** Whether a ring may have so many bytes. */
export function isCapacity(capacity: number, most: number): boolean {
  const isPower = (capacity & (capacity - 1)) === 0;
  return isPower && capacity >= leastCapacity && capacity <= Math.min(mostCapacity, most);
}

/** The channel that somebody has made there. */
export function placeOf(mapping: Mapping, byteOffset: number, name: string | undefined): Place {
  const head = mapping.view(Int32Array, byteOffset, RING / 4);
  if (Atomics.load(head, MAGIC_WORD) !== MAGIC) {
    throw channelFailure('EINVAL', name, 'there is no channel');
  }
  const shape = readShape(head);
  if (shape === undefined) {
    const hint = 'the channel has a layout that this version does not know';
    throw channelFailure('EPROTO', name, hint);
  }
  const capacity = head[CAPACITY_WORD] ?? 0;
  const doesFit = shape.rendezvous <= capacity / 2 - RECORD_HEADER;
  const most = capacityIn(mapping.length - byteOffset, shape);
  if (!doesFit || !isCapacity(capacity, most)) {
    throw channelFailure('EBADMSG', name, 'the channel does not fit into its memory');
  }
  const lanes: Place[] = [];
  const slots: Slot[] = [];
  for (let lane = 0; lane < shape.senders; lane++) {
    const begin = byteOffset + lane * (RING + capacity);
    const place = {
      mapping,
      memory: handleOf(mapping),
      byteOffset: begin,
      words: mapping.view(Int32Array, begin, (RING + capacity) / 4),
      ring: Buffer.from(mapping.buffer, begin + RING, capacity),
      capacity,
      name,
      shape,
      lanes,
      slots,
    };
    lanes.push(Object.assign(place, { main: lanes[0] ?? (place as unknown as Place) }));
  }
  const main = lanes[0] as Place;
  for (let receiver = 0; receiver < shape.receivers; receiver++) {
    slots.push(slotOf(main, receiver));
  }
  return main;
}

function slotOf(main: Place, receiver: number): Slot {
  const { capacity, shape, words } = main;
  const slot = partOf(main, slotAt(receiver, capacity, shape), SLOT);
  const [at, of] = receiver === 0 ? [RECEIVER_WAITS, words] : [SLOT_WAITS, slot.words];
  return { ...slot, waits: of.subarray(at, at + 1) };
}

/** So many bytes from an offset of a place on, as a place of its own. */
export function partOf(place: RingPlace, offset: number, bytes: number): RingPlace {
  const byteOffset = place.byteOffset + offset;
  const { mapping, memory, ring, capacity, name } = place;
  const words = mapping.view(Int32Array, byteOffset, bytes / 4);
  return { mapping, memory, byteOffset, words, ring, capacity, name };
}

/** The position in a word, if it is within what a ring can be apart from another one. */
export function distance(place: Place, to: number, from: number): number {
  const bytes = (to - from) | 0;
  if (bytes < 0 || bytes > place.capacity || (bytes & 7) !== 0) throw damaged(place);
  return bytes;
}

export const ETIMEDOUT = -errnoOf('ETIMEDOUT');
