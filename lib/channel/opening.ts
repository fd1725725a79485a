/** What opening a channel and opening a broadcast have in common. */

import { constants } from 'node:buffer';

import { check, outOfRange } from '../core/error';
import { handleOf, type Mapping } from '../core/mapping';
import { word } from '../core/mapping-options';
import {
  createNamed,
  openNamed,
  openOrCreateNamed,
  type Making,
  type NamedKind,
} from '../core/named-memory';
import { integer, optionsOf } from '../core/options';
import { nameOf } from '../core/shared-object';
import { native } from '../native';
import { codecOf, type Codec, type CodecName, type InPlace } from './codec';
import { leastCapacity, mostCapacity } from './layout';
import { channelFailure, type RingPlace } from './place';
import { powerOfTwo } from './shape';
import type { Waiting } from './waits';

/** How this process uses a channel. */
export interface OpenChannelOptions {
  /** How its ends wait. Default `'adaptive'`. */
  waiting?: Waiting | undefined;
  /** How `sendValue` and `receiveValue` encode; both ends must agree. Default `'v8'`. */
  codec?: CodecName | Codec | undefined;
}

/** The same, checked. */
export interface Use {
  waiting: Waiting;
  codec: Codec | InPlace;
}

/** What was just opened or made. */
export interface Opened<P> {
  place: P;
  use: Use;
}

/** By name: a new one, or the one that is there, or either. */
export interface Openers<P, O> {
  create(name: string | undefined, options: O | undefined): Opened<P>;
  open(name: string, options: OpenChannelOptions | undefined): Opened<P>;
  openOrCreate(name: string | undefined, options: O | undefined): Opened<P>;
}

export const usualCapacity = 1 << 20;
const alignment = 64;

const ways: Record<Waiting, Waiting> = { spin: 'spin', adaptive: 'adaptive', block: 'block' };

export function useOf({ waiting = 'adaptive', codec }: OpenChannelOptions): Use {
  return { waiting: word('options.waiting', ways, waiting), codec: codecOf(codec) };
}

export function capacityOf(capacity: unknown): number {
  return powerOfTwo('options.capacity', capacity, leastCapacity, mostCapacity);
}

/** So many bytes, refused before any are reserved that nobody could map: for what was `given`. */
export function mappable(bytes: number, option: string, given: number): number {
  const most = constants.MAX_LENGTH;
  if (bytes <= most) return bytes;
  throw outOfRange(
    option,
    `so small that all rings fit into a buffer, ${String(most)} bytes`,
    given,
  );
}

/** `what`: in the words of an error message. `bytes`: of the smallest one. */
export function kindOf<P extends RingPlace & { shape: { temporary: boolean } }>(
  what: string,
  bytes: number,
  placeOf: (mapping: Mapping, byteOffset: number, name: string | undefined) => P,
): NamedKind<P> {
  return {
    bytes,
    tooSmall: (name) => channelFailure('EINVAL', name, `there is no ${what}`),
    open: (mapping, name) => placeOf(mapping, 0, name),
    discard: ({ mapping }) => {
      mapping.close();
    },
    isTemporary: ({ shape }) => shape.temporary,
  };
}

export function openersOf<P, O extends OpenChannelOptions>(
  kind: NamedKind<P>,
  makingOf: (options: Partial<O>) => Making,
): Openers<P, O> {
  return {
    create(name, options) {
      const given = optionsOf(options);
      const use = useOf(given);
      return { place: createNamed(kind, name, makingOf(given)).opened, use };
    },
    open(name, options) {
      const use = useOf(optionsOf(options));
      return { place: openNamed(kind, name).opened, use };
    },
    openOrCreate(name, options) {
      const given = optionsOf(options);
      const use = useOf(given);
      return { place: openOrCreateNamed(kind, name, makingOf(given)).opened, use };
    },
  };
}

/** The largest power of two. */
export function mostIn(bytes: number): number {
  return Math.min(2 ** Math.floor(Math.log2(Math.max(bytes, 1))), mostCapacity);
}

/** Whether so many bytes can be shared at an offset of a mapping. */
export function checkRoom(mapping: Mapping, byteOffset: number, bytes: number): void {
  handleOf(mapping);
  if (mapping.access !== 'write') {
    throw outOfRange('mapping.access', "'write'", `'${mapping.access}'`);
  }
  if (mapping.length < bytes) {
    throw outOfRange('mapping.length', `at least ${String(bytes)} bytes`, mapping.length);
  }
  integer('byteOffset', byteOffset, 0, mapping.length - bytes);
  if (byteOffset % alignment !== 0) {
    throw outOfRange('byteOffset', `a multiple of ${String(alignment)}`, byteOffset);
  }
}

/** Removes a name. */
export function unlink(name: string): void {
  const path = nameOf(name);
  check(native.shmUnlink(path), 'shm_unlink', { path });
}
