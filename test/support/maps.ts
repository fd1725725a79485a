/** What is mapped into this process. */

import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

/** How many mappings of this process are of a file, or have something else in their line. */
export function mappingsOf(part: string): number {
  const lines = readFileSync('/proc/self/maps', 'latin1').split('\n');
  return lines.filter((line) => line.includes(part)).length;
}

/** Buffers are finalised in a later turn of the event loop. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}
