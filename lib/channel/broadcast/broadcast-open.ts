/** Broadcasts in shared memory: by name, or at an offset of a mapping. */

import type { Mapping } from '../../core/mapping';
import type { Making } from '../../core/named-memory';
import { boolean, fileMode, optionsOf, ownerOf, type OwnerOptions } from '../../core/options';
import { leastCapacity } from '../layout';
import {
  capacityOf,
  checkRoom,
  kindOf,
  mostIn,
  openersOf,
  useOf,
  usualCapacity,
  type OpenChannelOptions,
  type Opened,
} from '../opening';
import { slotAt } from './layout';
import { initialise, placeOf, type BroadcastPlace } from './place';
import { shapeOf, type BroadcastShapeOptions } from './shape';

/** How this process uses a broadcast: as a channel. */
export type OpenBroadcastOptions = OpenChannelOptions;

/** What a broadcast is made with. */
export interface BroadcastOptions
  extends OpenBroadcastOptions, BroadcastShapeOptions, OwnerOptions {
  /**
   * Bytes of the ring: a power of two, 1 KiB to 1 GiB. A message takes its length, rounded up to 16,
   * and 16 more. Default 1 MiB. What fits is what a late subscriber finds, and how far one may stay
   * behind.
   */
  capacity?: number | undefined;
  /** Permission bits, exactly, whatever the umask. All must read and write. Default 0o600. */
  mode?: number | undefined;
  /** As of a channel. Default false. */
  temporary?: boolean | undefined;
}

/** A broadcast in a mapping. */
export interface BroadcastAtOptions extends OpenBroadcastOptions, BroadcastShapeOptions {
  /** Make it there; before anybody else uses it. Default false: somebody has. */
  create?: boolean | undefined;
  /** As in `BroadcastOptions`, for one that is made. Default: as much as there is room for. */
  capacity?: number | undefined;
}

function makingOf(options: BroadcastOptions): Making {
  const { capacity = usualCapacity, mode = 0o600, temporary = false } = options;
  const shape = shapeOf(options, boolean('options.temporary', temporary));
  const bytes = capacityOf(capacity);
  return {
    bytes: slotAt(bytes, shape.subscribers),
    mode: fileMode('options.mode', mode),
    owner: ownerOf(options),
    init: (mapping) => {
      initialise(mapping, 0, bytes, shape);
    },
  };
}

export const byName = openersOf<BroadcastPlace, BroadcastOptions>(
  kindOf('broadcast', slotAt(leastCapacity, 0), placeOf),
  makingOf,
);

/** The broadcast in a mapping. */
export function openAt(
  mapping: Mapping,
  byteOffset: number,
  options: BroadcastAtOptions | undefined,
): Opened<BroadcastPlace> {
  const given = optionsOf(options);
  const use = useOf(given);
  const { create: isMade = false } = given;
  boolean('options.create', isMade);
  const shape = shapeOf(given);
  const asked = given.capacity === undefined ? undefined : capacityOf(given.capacity);
  const least = (isMade ? asked : undefined) ?? leastCapacity;
  checkRoom(mapping, byteOffset, slotAt(least, isMade ? shape.subscribers : 0));
  if (isMade) {
    const bytes = asked ?? mostIn(mapping.length - byteOffset - slotAt(0, shape.subscribers));
    initialise(mapping, byteOffset, bytes, shape);
  }
  return { place: placeOf(mapping, byteOffset, undefined), use };
}
