/** A byte that, asked for its value or iterated over, would be 9. */
export function oddByte(byte: number): Uint8Array {
  const other = Uint8Array.of(9);
  return Object.assign(Uint8Array.of(byte), {
    valueOf: () => other,
    [Symbol.iterator]: () => other.values(),
  });
}
