/** Copies between a ring and memory that is met again and again, which goes word by word. */

import { copyIn, copyOut, copyPart } from '../../lib/channel/copy';
import { RING } from '../../lib/channel/layout';
import type { RingPlace } from '../../lib/channel/place';
import { pattern } from '../support/files';

const size = 512;
const [at, beside] = [64, 16];
/** So often at least before memory is kept. */
const times = 40;

function ringIn(buffer: ArrayBuffer): RingPlace {
  const ring = Buffer.from(buffer, RING);
  return { words: new Int32Array(buffer), ring, buffer, ringAt: RING } as unknown as RingPlace;
}

const lengths = Array.from({ length: 161 }, (_, length) => length);

describe.each([0, 1, 2, 3])('memory that begins %d bytes behind a word', (begin) => {
  test.each(lengths)('%d bytes, and none beside them', (length) => {
    const place = ringIn(new ArrayBuffer(RING + size));
    const from = pattern(size, length).subarray(begin, begin + length);
    const into = Buffer.from(new ArrayBuffer(size)).subarray(begin);
    const expected = Buffer.alloc(size);
    expected.set(from, at);
    for (let i = 0; i < times; i++) {
      place.ring.fill(0);
      copyIn(place, at, from, length);
    }
    expect(place.ring).toEqual(expected);
    for (let i = 0; i < times; i++) {
      into.fill(0);
      copyOut(place, at, into, length);
    }
    expect(into.subarray(0, length)).toEqual(from);
    expect(into.subarray(length)).toEqual(Buffer.alloc(size - begin - length));
  });
});

test.each(lengths.filter((length) => length % 4 === 0))('a part of %d bytes', (length) => {
  const place = ringIn(new ArrayBuffer(RING + size));
  const memory = new ArrayBuffer(size);
  place.ring.set(pattern(length + beside, length), at);
  const into = { words: new Int32Array(memory), ring: Buffer.from(memory), buffer: memory };
  copyPart(place, at, { ...into, ringAt: 0 }, length);
  expect(into.ring.subarray(0, length)).toEqual(
    pattern(length + beside, length).subarray(0, length),
  );
  expect(into.ring.subarray(length)).toEqual(Buffer.alloc(size - length));
});
