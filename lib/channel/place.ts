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
  RECORD_HEADER,
  RING,
  SENDER_ROLE,
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

/** Where a channel lies, checked. */
export interface Place extends RingPlace {
  shape: Shape;
  /** Of each sender its own; the first is the channel's place itself. */
  lanes: readonly Place[];
  /** Where the receiver's role and bell are. */
  main: Place;
}

/** Bytes of a channel. */
export function bytesFor(capacity: number, { senders }: Shape): number {
  return senders * (RING + capacity);
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
    for (const role of [SENDER_ROLE, RECEIVER_ROLE]) {
      const result = native.mutexInit(memory, begin + role, false);
      if (result < 0) throw new SystemError(result, 'getrandom');
    }
  }
  writeShape(words, shape);
  words[CAPACITY_WORD] = capacity;
  Atomics.store(words, MAGIC_WORD, MAGIC);
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
  const most = (mapping.length - byteOffset) / shape.senders - RING;
  if (!doesFit || !isCapacity(capacity, most)) {
    throw channelFailure('EBADMSG', name, 'the channel does not fit into its memory');
  }
  const lanes: Place[] = [];
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
    };
    lanes.push(Object.assign(place, { main: lanes[0] ?? (place as unknown as Place) }));
  }
  return lanes[0] as Place;
}

/** The position in a word, if it is within what a ring can be apart from another one. */
export function distance(place: Place, to: number, from: number): number {
  const bytes = (to - from) | 0;
  if (bytes < 0 || bytes > place.capacity || (bytes & 7) !== 0) throw damaged(place);
  return bytes;
}

export const ETIMEDOUT = -errnoOf('ETIMEDOUT');
