import { longestPooled, pooledRoom, skipPooled, takePooled } from '../../lib/core/pool';

interface Pool {
  pooledRoom: (likely: number) => number;
  takePooled: (length: number) => Buffer;
}

/** Many pieces, each filled with its own byte. */
function pieces(pool: Pool, count: number, length: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    expect(pool.pooledRoom(length)).toBeGreaterThanOrEqual(length);
    return pool.takePooled(length).fill(i % 251);
  });
}

test.each([0, 1, 7, 64, 1023, 1024, 4096, longestPooled])(
  'pieces of %i bytes have no byte in common, over several pools',
  (length) => {
    const count = Math.ceil(600_000 / Math.max(length, 64));
    const all = pieces({ pooledRoom, takePooled }, count, length);
    expect(all.filter((one, i) => one.equals(Buffer.alloc(length, i % 251)))).toHaveLength(count);
  },
);

test('a header that was passed over belongs to no piece', () => {
  pooledRoom(longestPooled);
  const first = takePooled(8);
  skipPooled(16);
  const second = takePooled(8);
  if (first.buffer === second.buffer) {
    expect(second.byteOffset - first.byteOffset).toBe(24);
  }
  expect(second).toHaveLength(8);
});

test('a piece is a Buffer as any other', () => {
  pooledRoom(64);
  const piece = takePooled(64);
  expect(Object.getPrototypeOf(piece)).toBe(Buffer.prototype);
  expect(Buffer.isBuffer(piece.subarray(1))).toBe(true);
  expect(piece.constructor).toBe(Buffer);
});

test('where Node does not tell what makes Buffers, they are made as anybody makes them', () => {
  const species = Object.getOwnPropertyDescriptor(Buffer, Symbol.species);
  Object.defineProperty(Buffer, Symbol.species, { value: undefined, configurable: true });
  try {
    jest.isolateModules(() => {
      const [piece] = pieces(jest.requireActual<Pool>('../../lib/core/pool'), 1, 64);
      expect(Object.getPrototypeOf(piece)).toBe(Buffer.prototype);
      expect(piece).toEqual(Buffer.alloc(64, 0));
    });
  } finally {
    if (species !== undefined) Object.defineProperty(Buffer, Symbol.species, species);
  }
});

// Node 22 lets it happen in spite of what marks the memory, later ones refuse; before, there is no transfer().
test('a pool whose memory somebody has transferred away is not written to any more', () => {
  expect(pooledRoom(longestPooled)).toBeGreaterThanOrEqual(longestPooled);
  const { buffer } = takePooled(8);
  const { transfer } = ArrayBuffer.prototype as {
    transfer?: (this: unknown, size: number) => unknown;
  };
  try {
    transfer?.call(buffer, 0);
  } catch (error) {
    expect(error).toMatchObject({ name: 'TypeError' });
  }
  expect(pooledRoom(64)).toBeGreaterThanOrEqual(64);
  expect(takePooled(8)).toHaveLength(8);
});
