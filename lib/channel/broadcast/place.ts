import { SystemError } from '../../core/error';
import { handleOf, type Mapping } from '../../core/mapping';
import { native } from '../../native';
import { channelFailure, isCapacity, type RingPlace } from '../place';
import { CAPACITY_WORD, MAGIC, MAGIC_WORD, PUBLISHER_ROLE, RING, slotAt, STEP } from './layout';
import { readShape, writeShape, type BroadcastShape } from './shape';

/** Where a slot lies: its role is at its beginning. */
export interface SlotPlace extends RingPlace {
  pairs: BigInt64Array;
}

/** Where a broadcast lies, checked. */
export interface BroadcastPlace extends RingPlace {
  /** The words in pairs: for positions. */
  pairs: BigInt64Array;
  /** Capacity in steps, a power of two. */
  steps: number;
  shape: BroadcastShape;
  /** Of each subscriber that the publisher waits for. */
  slots: readonly SlotPlace[];
}

/** Makes a broadcast in memory that nobody else uses yet. */
export function initialise(
  mapping: Mapping,
  byteOffset: number,
  capacity: number,
  shape: BroadcastShape,
): void {
  const words = mapping.view(Int32Array, byteOffset, RING / 4 + STEP / 4);
  words.fill(0); // the first record's number, too
  const slots = byteOffset + slotAt(capacity, 0);
  const end = slotAt(capacity, shape.subscribers) + byteOffset;
  mapping.view(Uint8Array, slots, end - slots).fill(0);
  const roles = Array.from({ length: shape.subscribers }, (_, slot) => slotAt(capacity, slot));
  for (const role of [PUBLISHER_ROLE, ...roles]) {
    const result = native.mutexInit(handleOf(mapping), byteOffset + role, false);
    if (result < 0) throw new SystemError(result, 'getrandom');
  }
  writeShape(words, shape);
  words[CAPACITY_WORD] = capacity;
  Atomics.store(words, MAGIC_WORD, MAGIC);
}

/** The broadcast that somebody has made there. */
export function placeOf(
  mapping: Mapping,
  byteOffset: number,
  name: string | undefined,
): BroadcastPlace {
  const head = mapping.view(Int32Array, byteOffset, RING / 4);
  if (Atomics.load(head, MAGIC_WORD) !== MAGIC) {
    throw channelFailure('EINVAL', name, 'there is no broadcast');
  }
  const shape = readShape(head);
  if (shape === undefined) {
    const hint = 'the broadcast has a layout that this version does not know';
    throw channelFailure('EPROTO', name, hint);
  }
  const capacity = head[CAPACITY_WORD] ?? 0;
  if (!isCapacity(capacity, mapping.length - byteOffset - slotAt(0, shape.subscribers))) {
    throw channelFailure('EBADMSG', name, 'the broadcast does not fit into its memory');
  }
  const { buffer } = mapping;
  const ringAt = byteOffset + RING;
  const ring = Buffer.from(buffer, ringAt, capacity);
  const common = { mapping, memory: handleOf(mapping), ring, buffer, ringAt, capacity, name };
  const slots = Array.from({ length: shape.subscribers }, (_, slot): SlotPlace => {
    const begin = byteOffset + slotAt(capacity, slot);
    const bytes = slotAt(0, 1) - slotAt(0, 0);
    const words = mapping.view(Int32Array, begin, bytes / 4);
    const pairs = mapping.view(BigInt64Array, begin, bytes / 8);
    return { ...common, byteOffset: begin, words, pairs };
  });
  return {
    ...common,
    byteOffset,
    words: mapping.view(Int32Array, byteOffset, (RING + capacity) / 4),
    pairs: mapping.view(BigInt64Array, byteOffset, RING / 8),
    steps: capacity / STEP,
    shape,
    slots,
  };
}
