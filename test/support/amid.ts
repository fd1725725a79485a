/** A channel amid memory that is none of its own, so that whoever reads or writes beside it is found out. */

import { channel, type memory } from 'posix-ipc';

export const margin = 4096;
export const headerBytes = 768;
export const amidCapacity = 1024;
export const amidBytes = 3 * margin;

/** Every byte around the channel. What is written into the channel has one bit of it nowhere. */
export const foreign = 0xee;
export const notForeign = ~0x0202_0202;

/** Makes the channel. */
export function surround(
  mapping: memory.Mapping,
  options?: channel.ChannelAtOptions,
): channel.Channel {
  clear(mapping);
  return channel.Channel.at(mapping, margin, {
    create: true,
    capacity: amidCapacity,
    ...options,
  });
}

/** Makes a broadcast instead, which takes as much memory, and 256 bytes for each slot. */
export function surroundBroadcast(
  mapping: memory.Mapping,
  options?: channel.BroadcastShapeOptions,
): channel.Broadcast {
  clear(mapping);
  return channel.Broadcast.at(mapping, margin, {
    create: true,
    capacity: amidCapacity,
    ...options,
  });
}

function clear(mapping: memory.Mapping): void {
  mapping.bytes.fill(foreign);
  wordsAmid(mapping).fill(0);
}

/** Bytes behind the ring of a channel of so many receivers. */
export function slotBytes(receivers: number): number {
  return 128 * (receivers - 1);
}

/** All words of the channel. */
export function wordsAmid(mapping: memory.Mapping, slots = 0): Int32Array {
  return mapping.view(Int32Array, margin, (headerBytes + amidCapacity + slots) / 4);
}

/** Whether nobody has written beside it; `slots`: bytes behind it that are its own, too. */
export function isUntouched(mapping: memory.Mapping, slots = 0): boolean {
  const { bytes } = mapping;
  const around = [
    bytes.subarray(0, margin),
    bytes.subarray(margin + headerBytes + amidCapacity + slots, amidBytes),
  ];
  return around.every((part) => part.every((byte) => byte === foreign));
}
