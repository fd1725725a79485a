/** Messages that tell their number by all their bytes. */

const longest = 300;
const bytes = Buffer.alloc(longest + 256);
for (let i = 0; i < bytes.length; i++) bytes[i] = i * 7;

export function lengthOf(index: number): number {
  return (index * 31) % (longest + 1);
}

export function numbered(index: number): Buffer {
  const from = index & 255;
  return bytes.subarray(from, from + lengthOf(index));
}

export function checkNumbered(index: number, type: number, data: Buffer): void {
  if (type === index && data.equals(numbered(index))) return;
  throw new Error(
    `expected message ${String(index)}, got ${String(type)}: ${data.toString('hex')}`,
  );
}
