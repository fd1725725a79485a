import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';

/** Empties an ArrayBuffer, as its transfer() does, which Node has from 22 on. */
export function detach(buffer: ArrayBufferLike): void {
  setFlagsFromString('--allow-natives-syntax');
  const empty = runInThisContext('(buffer) => %ArrayBufferDetach(buffer)') as (
    buffer: ArrayBufferLike,
  ) => void;
  empty(buffer); // compiled now
  setFlagsFromString('--no-allow-natives-syntax');
}
