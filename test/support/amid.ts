/** A channel amid memory that is none of its own, so that whoever reads or writes beside it is found out. */

import { channel, type memory } from 'posix-ipc';

import { limit } from './unbounded';

export const margin = 4096;
export const headerBytes = 768;
export const amidCapacity = 1024;
export const amidBytes = 3 * margin;
export const amidUnbounded = 65_536 + limit + 3 * margin;

/** Every byte around the channel. What is written into the channel has one bit of it nowhere. */
export const foreign = 0xee;
export const notForeign = ~0x0202_0202;

/** Makes the channel. */
export function surround(
  mapping: memory.Mapping,
  options?: channel.ChannelAtOptions,
): channel.Channel {
  clear(mapping, options);
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

function clear(mapping: memory.Mapping, options?: Kind): void {
  mapping.bytes.fill(foreign);
  wordsAmid(mapping, options).fill(0);
}

/** Which channel it is: what its bytes follow from. */
export type Kind = Pick<channel.ChannelAtOptions, 'capacity' | 'receivers'>;

/** Where the ring is in the channel, and how long. */
export function ringAmid({ capacity }: Kind = {}): { at: number; bytes: number } {
  if (capacity === 'unbounded') return { at: 65_536, bytes: limit };
  return { at: headerBytes, bytes: amidCapacity };
}

/** Bytes of the channel. */
export function channelBytes(options: Kind = {}): number {
  const { at, bytes } = ringAmid(options);
  return at + bytes + slotBytes(options.receivers ?? 1);
}

/** Bytes behind the ring of a channel of so many receivers. */
export function slotBytes(receivers: number): number {
  return 128 * (receivers - 1);
}

/** All words of the channel. */
export function wordsAmid(mapping: memory.Mapping, options?: Kind): Int32Array {
  return mapping.view(Int32Array, margin, channelBytes(options) / 4);
}

/** Whether nobody has written beside it, or beside a broadcast with slots of so many bytes. */
export function isUntouched(mapping: memory.Mapping, options?: Kind, slots = 0): boolean {
  const { bytes } = mapping;
  const behind = margin + channelBytes(options) + slots;
  const around = [bytes.subarray(0, margin), bytes.subarray(behind)];
  return around.every((part) => part.every((byte) => byte === foreign));
}
