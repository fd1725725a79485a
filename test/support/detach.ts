import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { markAsUntransferable } from 'node:worker_threads';

/** Empties an ArrayBuffer, as its transfer() does, which Node has from 22 on. */
export function detach(buffer: ArrayBufferLike): void {
  setFlagsFromString('--allow-natives-syntax');
  const empty = runInThisContext('(buffer) => %ArrayBufferDetach(buffer)') as (
    buffer: ArrayBufferLike,
  ) => void;
  try {
    empty(buffer); // compiled now
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

/** Whether what is marked as untransferable can be emptied all the same: not in newer Node. */
export function emptiesMarked(): boolean {
  const buffer = new ArrayBuffer(8);
  markAsUntransferable(buffer);
  try {
    detach(buffer);
  } catch {
    return false;
  }
  return true;
}
