import { ClosedError, errnoOf, SystemError } from '../core/error';
import { handleOf, type Mapping } from '../core/mapping';
import { failureOf } from '../core/shared-object';
import { native } from '../native';
import {
  CAPACITY_WORD,
  fewestSegments,
  HEAD,
  leastCapacity,
  leastSegment,
  MAGIC,
  MAGIC_WORD,
  mostCapacity,
  mostSegments,
  RECEIVER_ROLE,
  RECEIVER_WAITS,
  RECORD_HEADER,
  RESERVED,
  RING,
  RING_WORD,
  SEGMENTS,
  SENDER_ROLE,
  SLOT,
  SLOT_WAITS,
  TABLE,
} from './layout';
import { fewestReserved, prepare, prepareLane } from './growing-memory';
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
  /** What the ring lies in, and where: to ask `ring` for them is a call each. */
  buffer: ArrayBufferLike;
  ringAt: number;
  /** Bytes of the ring, a power of two; of one that grows, how many there may be. */
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
  /** Bytes of the ring that lie in one piece, a power of two: the capacity, or a segment. */
  piece: number;
  /** Of each sender its own; the first is the channel's place itself. */
  lanes: readonly Place[];
  /** The first lane, where the bell of the receivers is. */
  main: Place;
  /** Of each receiver its own: of the channel, not of a lane. */
  slots: readonly Slot[];
}

/** Where the ring of a lane is. */
function headOf({ segment }: Shape): number {
  return segment > 0 ? SEGMENTS : RING;
}

/** Bytes of a channel. */
export function bytesFor(capacity: number, shape: Shape): number {
  return shape.senders * (headOf(shape) + capacity) + (shape.receivers - 1) * SLOT;
}

/** How large the rings can be in so many bytes. */
export function capacityIn(bytes: number, shape: Shape): number {
  return (bytes - (shape.receivers - 1) * SLOT) / shape.senders - headOf(shape);
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

/** Makes a channel in memory that nobody else uses yet. `name`: that the memory is going to have. */
export function initialise(
  mapping: Mapping,
  byteOffset: number,
  capacity: number,
  shape: Shape,
  name?: string,
): void {
  const memory = handleOf(mapping);
  if (shape.segment > 0) prepareGrowing(memory, byteOffset, capacity, shape, name);
  const words = mapping.view(Int32Array, byteOffset, RING / 4);
  const head = shape.segment > 0 ? TABLE : RING_WORD;
  for (let lane = 0; lane < shape.senders; lane++) {
    const begin = byteOffset + lane * (headOf(shape) + capacity);
    const own = mapping.view(Int32Array, begin, head).fill(0);
    if (shape.segment > 0) own[HEAD + RESERVED] = fewestReserved;
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

/** Gives memory to what is always there. */
function prepareGrowing(
  memory: number,
  byteOffset: number,
  capacity: number,
  shape: Shape,
  name?: string,
): void {
  const failure =
    name === undefined
      ? (error: number | string) => new SystemError(error, 'madvise')
      : failureOf('madvise', name);
  for (let lane = 0; lane < shape.senders; lane++) {
    const begin = byteOffset + lane * (SEGMENTS + capacity);
    prepareLane(memory, begin, capacity, shape.segment, failure);
  }
  const slots = (shape.receivers - 1) * SLOT;
  if (slots > 0) prepare(memory, byteOffset + bytesFor(capacity, shape) - slots, slots, failure);
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

function isSegment(segment: number, capacity: number): boolean {
  const isPower = (segment & (segment - 1)) === 0;
  const count = capacity / segment;
  return isPower && segment >= leastSegment && count >= fewestSegments && count <= mostSegments;
}

/**
 * Whether the longest message of a channel without capacity fits twice, and it has one sender, that
 * waits; or, of a ring that grows, the segments are as they must be.
 */
function shapeFits({ full, rendezvous, segment, senders }: Shape, capacity: number): boolean {
  if (rendezvous > 0 && (senders > 1 || full !== 'wait')) return false;
  if (segment === 0) return rendezvous <= capacity / 2 - RECORD_HEADER;
  return rendezvous === 0 && isSegment(segment, capacity);
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
  const { segment } = shape;
  const most = capacityIn(mapping.length - byteOffset, shape);
  if (!shapeFits(shape, capacity) || !isCapacity(capacity, most)) {
    throw channelFailure('EBADMSG', name, 'the channel does not fit into its memory');
  }
  const lanes: Place[] = [];
  const slots: Slot[] = [];
  for (let lane = 0; lane < shape.senders; lane++) {
    const begin = byteOffset + lane * (headOf(shape) + capacity);
    const length = headOf(shape) + capacity;
    const place = {
      mapping,
      memory: handleOf(mapping),
      byteOffset: begin,
      words: mapping.view(Int32Array, begin, length / 4),
      ring: Buffer.from(mapping.buffer, begin + RING, length - RING),
      buffer: mapping.buffer,
      ringAt: begin + RING,
      capacity,
      piece: segment > 0 ? segment : capacity,
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
  const { mapping, memory, ring, buffer, ringAt, capacity, name } = place;
  const words = mapping.view(Int32Array, byteOffset, bytes / 4);
  return { mapping, memory, byteOffset, words, ring, buffer, ringAt, capacity, name };
}

/** Where a position lies in the ring, whatever its table of segments says. */
export function placeAt(place: Place, position: number): number {
  const { words, piece, capacity } = place;
  const within = position & (piece - 1);
  if (piece === capacity) return within;
  const shift = 31 - Math.clz32(piece);
  const segment = words[TABLE + ((position & (capacity - 1)) >>> shift)] ?? 0;
  const last = (capacity >>> shift) - 1;
  return SEGMENTS - RING + ((segment & last) << shift) + within;
}

/** The position in a word, if it is within what a ring can be apart from another one. */
export function distance(place: Place, to: number, from: number): number {
  const bytes = (to - from) | 0;
  if (bytes < 0 || bytes > place.capacity || (bytes & 7) !== 0) throw damaged(place);
  return bytes;
}

export const ETIMEDOUT = -errnoOf('ETIMEDOUT');
