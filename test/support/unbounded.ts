/** Unbounded channels, small enough to reach their limit soon. */

import { statSync } from 'node:fs';

import type { channel } from 'posix-ipc';

export const segment = 4096;
/** Four segments. */
export const limit = 4 * segment;
export const unbounded = { capacity: 'unbounded', limit, segment } as const;
/** Messages of eight bytes that have room in a segment. */
export const inSegment = segment / 16;
/** Messages of eight bytes that have room in all. */
export const most = limit / 16;
/** Bytes before the ring that have memory. */
export const headBytes = 4096;

/** Bytes of memory that the kernel has given to a named channel. */
export function memoryOf({ name }: channel.Channel): number {
  return 512 * statSync(`/dev/shm${name}`).blocks;
}
