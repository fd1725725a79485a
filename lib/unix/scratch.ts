/** Memory that messages pass through. */

import { copyInto, copyOf, lengthOf } from '../core/options';
import { native } from '../native';

/** Up to this a copy is cheaper than an address that crosses into C++. */
export const LONGEST_SHORT = 1024;

const short = new Uint8Array(LONGEST_SHORT);

const SHORT = native.registerSlab(short);

/** Puts a short message where the addon finds it: at the address that it answers. */
export function loadShort(payload: Uint8Array): number {
  short.set(payload);
  return SHORT;
}

/*
 * Copies of what has to wait. Fresh memory costs a page fault every 4 KiB, and its end a system call:
 * so the memory of a large copy is kept for the next one.
 */

/** Smaller copies come from where others come from, too. */
const leastKept = 64 * 1024;

/** More is not kept while nobody needs it. */
const mostKept = 4 * 1024 * 1024;

let kept: Buffer | undefined;

/** A copy; giveBack() when it is not needed any more. */
export function copyToKeep(bytes: Uint8Array): Buffer {
  const length = lengthOf(bytes);
  if (length < leastKept) return copyOf(bytes);
  let memory = kept;
  kept = undefined;
  if (memory === undefined || memory.length < length) memory = Buffer.allocUnsafeSlow(length);
  copyInto(memory, bytes);
  return memory.subarray(0, length);
}

/** Nobody uses the copy any more. */
export function giveBack(copy: Buffer): void {
  const { buffer } = copy;
  const size = buffer.byteLength;
  if (copy.length < leastKept || size > mostKept || size < (kept?.length ?? 0)) return;
  kept = Buffer.from(buffer);
}
