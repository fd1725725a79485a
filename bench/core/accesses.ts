/** Reading and writing memory through typed arrays: each form goes once over all of it. */

import type { Repeats } from './driver';

type Numbers = Uint8Array | Int32Array | Float64Array;

function reading(view: Numbers): number {
  let sum = 0;
  for (let i = 0; i < view.length; i++) sum += view[i] as number;
  return sum;
}

function writing(view: Numbers, value: number): void {
  for (let i = 0; i < view.length; i++) view[i] = value;
}

/**
 * The forms over memory that `make` gives. A process runs one of them, so that the loops see one
 * class of arrays.
 */
export function accesses(make: (size: number) => ArrayBuffer): Record<string, Repeats> {
  const over =
    <V>(view: (buffer: ArrayBuffer) => V, pass: (view: V, turn: number) => void): Repeats =>
    ({ size }) => {
      const memory = view(make(size));
      return (count) => {
        for (let turn = 0; turn < count; turn++) pass(memory, turn);
      };
    };
  let sum = 0;
  const read = (view: Numbers): void => {
    sum += reading(view);
    if (Number.isNaN(sum)) throw new Error('not a number');
  };
  const write = (view: Numbers, turn: number): void => {
    writing(view, turn & 0x7f);
  };
  const bytes = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);
  const words = (buffer: ArrayBuffer): Int32Array => new Int32Array(buffer);
  const doubles = (buffer: ArrayBuffer): Float64Array => new Float64Array(buffer);
  return {
    'Uint8Array, read': over(bytes, read),
    'Uint8Array, written': over(bytes, write),
    'Int32Array, read': over(words, read),
    'Int32Array, written': over(words, write),
    'Float64Array, read': over(doubles, read),
    'Float64Array, written': over(doubles, write),
    'Buffer, copied into': over(
      (buffer) => [Buffer.from(buffer), Buffer.alloc(buffer.byteLength, 7)] as const,
      ([target, source]) => {
        target.set(source);
      },
    ),
  };
}
