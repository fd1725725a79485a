/** Channels in shared memory: by name, or at an offset of a mapping. */

import type { Mapping } from '../core/mapping';
import type { Making } from '../core/named-memory';
import { boolean, fileMode, optionsOf, ownerOf, type OwnerOptions } from '../core/options';
import { leastCapacity, RING } from './layout';
import {
  capacityOf,
  checkRoom,
  kindOf,
  mappable,
  mostIn,
  openersOf,
  useOf,
  usualCapacity,
  type OpenChannelOptions,
  type Opened,
} from './opening';
import { bytesFor, capacityIn, initialise, placeOf, type Place } from './place';
import { ringFor, shapeOf, usualLimit, type Shape, type ShapeOptions } from './shape';

/** What a channel is made with. */
export interface ChannelOptions extends OpenChannelOptions, ShapeOptions, OwnerOptions {
  /** Permission bits, exactly, whatever the umask. Both ends must read and write. Default 0o600. */
  mode?: number | undefined;
  /**
   * Its name, and with it the object, goes with the last one who has it open: when that one closes
   * it, forgets it, or its process ends, but not by a signal. Default false: it stays until `unlink`.
   */
  temporary?: boolean | undefined;
}

/** A channel in a mapping. */
export interface ChannelAtOptions extends OpenChannelOptions, ShapeOptions {
  /** Make it there; before anybody else uses it. Default false: somebody has. */
  create?: boolean | undefined;
  /** As in `ChannelOptions`, for one that is made. Default: as much as there is room for, all of it. */
  capacity?: number | 'unbounded' | undefined;
}

/** Bytes of the ring. */
function ringOf({ capacity, limit }: ShapeOptions, shape: Shape): number | undefined {
  if (capacity === undefined) return undefined;
  if (shape.segment > 0) return limit ?? usualLimit;
  return shape.rendezvous > 0 ? ringFor(shape) : capacityOf(capacity);
}

function makingOf(options: ChannelOptions): Making {
  const { mode = 0o600, temporary = false } = options;
  const shape = shapeOf(options, boolean('options.temporary', temporary));
  const bytes = ringOf(options, shape) ?? usualCapacity;
  return {
    bytes: mappable(bytesFor(bytes, shape), 'options.senders', shape.senders),
    mode: fileMode('options.mode', mode),
    owner: ownerOf(options),
    isSparse: shape.segment > 0,
    init: (mapping, name) => {
      initialise(mapping, 0, bytes, shape, name);
    },
  };
}

export const byName = openersOf<Place, ChannelOptions>(
  kindOf('channel', RING + leastCapacity, placeOf),
  makingOf,
);

/** The channel in a mapping. */
export function openAt(
  mapping: Mapping,
  byteOffset: number,
  options: ChannelAtOptions | undefined,
): Opened<Place> {
  const given = optionsOf(options);
  const use = useOf(given);
  const { create: isMade = false } = given;
  boolean('options.create', isMade);
  const shape = shapeOf(given);
  const asked = ringOf(given, shape);
  const least = (isMade ? asked : undefined) ?? leastCapacity;
  checkRoom(mapping, byteOffset, isMade ? bytesFor(least, shape) : RING + least);
  if (isMade) {
    const bytes = asked ?? mostIn(capacityIn(mapping.length - byteOffset, shape));
    initialise(mapping, byteOffset, bytes, shape);
  }
  return { place: placeOf(mapping, byteOffset, undefined), use };
}
