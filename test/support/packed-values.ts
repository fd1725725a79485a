/** Values that the codec `packed` knows, at random. */

import type { Seeded } from '../campaigns/seeded';

const texts = ['', 'red', 'round', 'é', '€', '\ud800', 'x'.repeat(63), 'y'.repeat(64), '__proto__'];
const keys = ['id', 'name', 'x', 'y', 'é', '__proto__', 'constructor', '7', 'a b', '"'];

function scalar(seeded: Seeded): unknown {
  const make = seeded.oneOf<() => unknown>([
    () => seeded.below(2 ** 31) - seeded.below(2 ** 31),
    () => seeded.below(200),
    () => seeded.below(2 ** 31) / 1000,
    () => seeded.oneOf(texts),
    () => seeded.chance(0.5),
    () => seeded.oneOf([null, undefined, NaN, -0]),
    () => BigInt(seeded.below(2 ** 31)) ** BigInt(seeded.below(5)),
    () => new Date(seeded.below(2 ** 31)),
    () => Uint8Array.from({ length: seeded.below(9) }, () => seeded.below(256)),
  ]);
  return make();
}

/** Nested up to so deep. */
export function anyValue(seeded: Seeded, depth: number): unknown {
  const kind = depth === 0 ? 0 : seeded.below(4);
  if (kind < 2) return scalar(seeded);
  const count = seeded.below(6);
  const values = Array.from({ length: count }, () => anyValue(seeded, depth - 1));
  if (kind === 2) return values;
  return Object.fromEntries(values.map((value) => [seeded.oneOf(keys), value]));
}
