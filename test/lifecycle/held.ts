/** What has no name: this process holds its descriptors, and one that it starts gets them as 3 and on. */

import { closeSync } from 'node:fs';

const held = new Map<number, readonly number[]>();

const first = 3;

/** Keeps descriptors for what is known by a number. They are close-on-exec. */
export function hold(id: number, descriptors: readonly number[]): void {
  held.set(id, descriptors);
}

/** In the process that holds them, or in one that it has started. */
export function descriptorsOf(id: number): [one: number, other: number] {
  const [one = first, other = first + 1] = held.get(id) ?? [];
  return [one, other];
}

/** What a process is started with. */
export function inheritance(id: number): readonly number[] {
  return held.get(id) ?? [];
}

export function letGo(id: number): void {
  for (const fd of held.get(id) ?? []) closeSync(fd);
  held.delete(id);
}
