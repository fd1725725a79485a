/** Messages of transports: how long they are, and how many of a length say enough. */

import type { Work } from '../core/params';
import type { Plan } from '../core/plan';

const KIB = 1024;

/** So many make a stream that lasts long enough. */
const COUNTS = new Map([
  [64, 200_000],
  [KIB, 100_000],
  [8 * KIB, 40_000],
  [64 * KIB, 8000],
  [KIB * KIB, 1000],
]);

export const SIZES: readonly number[] = [...COUNTS.keys()];

/** Of any size there are as many as of the next longer one. */
function countOf(size: number): number {
  const [, count = 1000] = [...COUNTS].find(([longer]) => longer >= size) ?? [];
  return count;
}

/** Work of so many messages at most. Every byte of those before is verified, which for long ones takes longer than sending them. */
export function workOf(plan: Plan, size: number, most: number, more: Partial<Work> = {}): Work {
  const work = plan.work(Math.min(countOf(size), most), { size, ...more });
  return size < 64 * KIB ? work : { ...work, warm: Math.ceil(work.warm / 10), check: 100 };
}
