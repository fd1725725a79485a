/** What fcntl(2) and flock(2) say of who has which bytes, and what FileLock adds: one byte, one cell. */

import type { lock } from 'posix-ipc';

/** Of so many bytes; the last one stands for all that come behind. */
export const cells = 12;

/** Cells from `first` to `last`, both included. */
export interface Span {
  first: number;
  last: number;
  shared: boolean;
}

export type Cell = '' | 'r' | 'w';

export function overlap(one: Span, other: Span): boolean {
  return one.first <= other.last && other.first <= one.last;
}

export function conflict(one: Span, other: Span): boolean {
  return !(one.shared && other.shared) && overlap(one, other);
}

/** What the kernel has of one owner. */
export class Bytes {
  readonly #cells: Cell[] = Array.from({ length: cells }, () => '');

  static of(spans: Iterable<Span>): Bytes {
    const bytes = new Bytes();
    for (const span of spans) bytes.set(span, span.shared ? 'r' : 'w');
    return bytes;
  }

  set({ first, last }: Span, cell: Cell): void {
    this.#cells.fill(cell, first, last + 1);
  }

  /** Whether they keep another owner from a span. */
  bar({ first, last, shared }: Span): boolean {
    return this.#cells
      .slice(first, last + 1)
      .some((cell) => cell === 'w' || (cell === 'r' && !shared));
  }

  /** As the kernel tells them: neighbours that are alike are one. */
  runs(): Span[] {
    const runs: Span[] = [];
    for (const [index, cell] of this.#cells.entries()) {
      const before = runs.at(-1);
      const shared = cell === 'r';
      if (cell === '') continue;
      if (before?.last === index - 1 && before.shared === shared) before.last = index;
      else runs.push({ first: index, last: index, shared });
    }
    return runs;
  }
}

/** A span as an option, somewhere in the file. */
export function rangeOf({ first, last, shared }: Span, base: bigint): lock.FileRangeOptions {
  const length = last === cells - 1 ? 0 : last - first + 1;
  const start = base + BigInt(first);
  return { shared, start: base === 0n ? Number(start) : start, length };
}

/** The spans of what `held` says, in the order of their bytes. */
export function spansOf(held: lock.FileLockRange[], base: bigint): Span[] {
  return held
    .map(({ start, length, shared }) => ({
      first: Number(start - base),
      last: length === 0n ? cells - 1 : Number(start + length - base) - 1,
      shared,
    }))
    .toSorted((one, other) => one.first - other.first);
}
