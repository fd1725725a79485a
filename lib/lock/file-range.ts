/** Ranges of bytes of a file, and what is left of one beside others. */

export interface FileRange {
  /** Others may have shared locks of the same bytes. */
  readonly shared: boolean;
  readonly start: number | bigint;
  /** As the kernel takes it: 0 reaches to any end. */
  readonly length: number | bigint;
  /** The first byte behind it; Infinity where it reaches to any end. */
  readonly end: number | bigint;
}

const all = { start: 0, length: 0, end: Infinity };

export const wholeFile = {
  exclusive: { ...all, shared: false } as FileRange,
  shared: { ...all, shared: true } as FileRange,
};

export function overlap(one: FileRange, other: FileRange): boolean {
  return one.start < other.end && other.start < one.end;
}

/** Whether two owners could not have both. */
export function conflict(one: FileRange, other: FileRange): boolean {
  return !(one.shared && other.shared) && overlap(one, other);
}

/** The parts of a range that none of the others covers. */
export function uncovered(range: FileRange, others: Iterable<FileRange>): FileRange[] {
  let parts = [range];
  for (const other of others) parts = parts.flatMap((part) => without(part, other));
  return parts;
}

function without(range: FileRange, other: FileRange): FileRange[] {
  if (!overlap(range, other)) return [range];
  const parts: FileRange[] = [];
  if (range.start < other.start) parts.push(part(range, range.start, other.start));
  if (other.end < range.end) parts.push(part(range, other.end, range.end));
  return parts;
}

function part({ shared }: FileRange, start: number | bigint, end: number | bigint): FileRange {
  const length = end === Infinity ? 0 : BigInt(end) - BigInt(start);
  return { shared, start, length, end };
}
